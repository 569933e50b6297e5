"""/a/{id}: the current text of an alert as a page, under a neutral title, and gone once the alert was stopped."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from content.models import Unit
from notifications.campaigns import lifecycle
from notifications.delivery import planner
from notifications.models import Campaign
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served")]


def texts(**titles: str) -> dict[str, Any]:
    """Return texts by locale with these titles in the app."""
    return {
        locale: {"outer": {"title": "New", "body": "Read it."}, "inner": {"title": title, "body": "Do not pay.\nTell us."}}
        for locale, title in titles.items()
    }


TEXTS = texts(en="About threats", ar="حول التهديدات")


@pytest.fixture
def alert(api: Client) -> Campaign:
    make.small_release()
    return opened()


def opened(**changes: Any) -> Campaign:
    """Make an alert that the feed shows."""
    make.app(push_mode="feed")
    campaign = make.campaign(**{"messages": TEXTS} | changes)
    assert planner.plan_audience(campaign, at=datetime.now(UTC))
    return campaign


def page(api: Client, campaign: Campaign, query: str = "", **headers: str) -> Any:
    return api.get(f"/a/{campaign.pk}{query}", headers=headers)


def test_the_page_shows_text_services_and_qr_code(api: Client, alert: Campaign) -> None:
    answer = page(api, alert)
    html = answer.content.decode()

    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert "<h1>About threats</h1>" in html
    assert f"{datetime.now(UTC):%-d %B %Y}</time>" in html
    assert "<p>Do not pay.</p>" in html
    assert "The gb-line service" in html
    assert "0800 1111" in html
    assert "<svg" in html
    assert f"/a/{alert.pk}</bdi>" in html


def test_its_title_says_nothing_of_the_subject_and_no_search_engine_keeps_it(api: Client, alert: Campaign) -> None:
    html = page(api, alert).content.decode()

    assert re.findall(r"<title>(.*?)</title>", html) == ["Fingerpost"]
    assert '<meta name="robots" content="noindex">' in html
    assert "og:" not in html


def test_it_loads_nothing_from_elsewhere_and_sets_no_cookie(api: Client, alert: Campaign) -> None:
    answer = page(api, alert)
    html = answer.content.decode()

    assert not answer.cookies
    assert "<script" not in html
    assert not re.search(r"\sstyle=|<style", html)
    assert all(
        url.startswith(("/static/", "data:,"))
        for url in re.findall(r'<(?:link rel="(?:icon|stylesheet)" href|img src)="([^"]+)"', html)
    )


def test_it_is_kept_in_caches_for_at_most_five_seconds(api: Client, alert: Campaign) -> None:
    assert page(api, alert)["Cache-Control"] == "public, max-age=5"


def test_it_is_read_in_the_language_that_is_asked_for(api: Client, alert: Campaign) -> None:
    chosen, accepted = page(api, alert, "?locale=ar"), page(api, alert, accept_language="ar-EG")

    for answer in (chosen, accepted):
        html = answer.content.decode()
        assert '<html lang="ar" dir="rtl">' in html
        assert "<h1>حول التهديدات</h1>" in html
        assert f'href="/a/{alert.pk}?locale=en" lang="en"' in html
    assert 'lang="ar" hreflang="ar"><bdi>العربية</bdi>' in page(api, alert).content.decode()


def test_an_earlier_revision_shows_the_current_text_under_the_same_address(api: Client, alert: Campaign) -> None:
    update = opened(kind="update", references=alert.pk, messages=texts(en="About threats: corrected", ar="تصحيح"))

    old, new = page(api, alert).content.decode(), page(api, update).content.decode()

    assert "<h1>About threats: corrected</h1>" in old
    assert old == new
    assert re.findall(r'rel="canonical" href="[^"]*(/a/[0-9]+)"', old) == [f"/a/{alert.pk}"]


def test_after_a_stop_the_page_is_gone_in_words(api: Client, alert: Campaign) -> None:
    lifecycle.stop(alert, by=make.campaign_staff()[0], at=datetime.now(UTC))

    answer = page(api, alert)

    assert answer.status_code == 410
    assert "no longer available" in answer.content.decode()
    assert "About threats" not in answer.content.decode()
    assert answer["Cache-Control"] == "public, max-age=5"


def test_before_its_opening_and_for_other_numbers_there_is_no_page(api: Client, alert: Campaign) -> None:
    start = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    later = make.campaign(schedule={"at": start})

    for number in (later.pk, 999_999, 0):
        assert api.get(f"/a/{number}").status_code == 404
    assert api.get(f"/a/{alert.pk}?age=15").status_code == 400


def test_the_handouts_of_an_alert_are_on_its_page_and_in_its_documents(api: Client) -> None:
    make.small_release()
    alert = opened(handouts=["for-school", "for-home"])

    html = page(api, alert).content.decode()
    document = api.get(f"/v1/alerts/{alert.pk}").json()["alert"]
    cap = api.get(f"/v1/alerts/{alert.pk}/cap").content.decode()

    assert re.findall(r'href="[^"]*(/handout/[^"]+)"', html) == [
        "/handout/GB/en/for-home", "/handout/GB/en/for-home.pdf", "/handout/GB/en/for-school", "/handout/GB/en/for-school.pdf",
    ]  # fmt: skip
    assert document["handouts"] == ["for-home", "for-school"]
    assert cap.count("/handout/") == 4
    assert cap.rindex("</resource><area>") > cap.rindex(".pdf</uri>")


def test_the_page_offers_the_text_of_each_region_as_a_link(api: Client) -> None:
    english = make.definition()["messages"]["en"]
    in_wales = english | {"inner": {"title": "For parents in Wales", "body": "There is help in Wales."}}
    welsh = english | {"inner": {"title": "I rieni", "body": "Mae help ar gael."}}
    alert = opened(messages={"en": english | {"variants": {"GB-WLS": in_wales}}, "cy": welsh})

    def regions(html: str) -> list[tuple[str, str]]:
        head = html.partition("<h1>")[0]
        return re.findall(r'(?:href="([^"]*)"|aria-current="true")><bdi>([^<]*)', head)

    everybody, wales = (page(api, alert, f"?locale=en{region}").content.decode() for region in ("", "&region=GB-WLS"))

    assert f"<h1>{english['inner']['title']}</h1>" in everybody
    assert regions(everybody) == [("", "United Kingdom"), (f"/a/{alert.pk}?locale=en&amp;region=GB-WLS", "Wales")]
    assert "<h1>For parents in Wales</h1>" in wales
    assert regions(wales) == [(f"/a/{alert.pk}?locale=en", "United Kingdom"), ("", "Wales")]
    assert f"/a/{alert.pk}?locale=cy&amp;region=GB-WLS" in wales
    assert "<title>Fingerpost</title>" in wales
    assert "<script" not in wales
    # A language without a text for the region, and a region without a text, show the text for everybody.
    assert regions(page(api, alert, "?locale=cy&region=GB-WLS").content.decode()) == []
    scotland = page(api, alert, "?locale=en&region=GB-SCT").content.decode()
    assert f"<h1>{english['inner']['title']}</h1>" in scotland
    assert regions(scotland) == regions(everybody)
    assert page(api, alert, "?region=Wales").status_code == 400


def test_an_alert_for_every_country_calls_its_common_text_that_of_the_world(api: Client) -> None:
    make.app(push_mode="feed")
    words = make.definition()["messages"]["en"]
    alert = opened(
        messages={"en": words | {"variants": {"GB-WLS": words}}}, audience={"countries": "all", "audiences": ["parent"]}
    )

    assert "<bdi>world</bdi>" in page(api, alert, "?locale=en").content.decode()


def test_handouts_go_by_situation_and_language(api: Client) -> None:
    make.small_content()
    make.target("handout.for-home", "cy", "I deuluoedd", approved=True)
    make.release()
    alert = opened(handouts=["for-home"], handout_situations=["image-shared", "blackmail"])

    def pages(locale: str) -> list[tuple[str, str]]:
        document = api.get(f"/v1/alerts/{alert.pk}?country=GB&locale={locale}").json()["alert"]
        return [(one["page"].partition("/handout/")[2], one["about"]) for one in document["handout_pages"]]

    html = page(api, alert).content.decode()
    cap = api.get(f"/v1/alerts/{alert.pk}/cap").content.decode()

    about = {slug: Unit.objects.get(key=f"situation.{slug}").text for slug in ("blackmail", "image-shared")}
    assert pages("en") == [("GB/en/for-home", about["blackmail"]), ("GB/en/for-home-2", about["image-shared"])]
    # The alert has no Welsh text; its handouts have. Icelandic is no language of the release.
    assert [place for place, _ in pages("cy")] == ["GB/cy/for-home", "GB/cy/for-home-2"]
    assert pages("is") == pages("en")
    assert f": {about['image-shared']}</resourceDesc>" in re.sub(r"<span[^>]*>|</span>", "", cap)
    assert "/handout/GB/en/for-home-2.pdf</uri>" in cap
    assert about["image-shared"] in html
    assert api.get("/handout/GB/en/for-home-2").status_code == 200
    assert api.get("/handout/GB/en/for-home-1").status_code == 404
    assert api.get("/v1/alerts?country=GB&locale=en").json()["alerts"][0]["handout_situations"] == ["blackmail", "image-shared"]
