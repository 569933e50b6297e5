"""The alert feed and the receipt counters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from api.reads import edition_store
from api.reads.edition_store import EditionStore
from api.v1 import alerts
from notifications.campaigns import lifecycle
from notifications.delivery import planner
from notifications.models import App, Campaign, ReceiptCount
from tests import make

pytestmark = pytest.mark.django_db

WELSH = {
    "outer": {"title": "Cyngor newydd yn yr ap", "body": "Cymerwch ddwy funud i'w ddarllen."},
    "inner": {"title": "Os bydd rhywun yn bygwth", "body": "Peidiwch â thalu."},
}


@pytest.fixture(autouse=True)
def _world(db: None) -> None:
    make.world()


def opened(*, at: datetime | None = None, **changed: Any) -> Campaign:
    """Create an alert that has opened; its app only reads the feed, so no registrations are needed."""
    make.app(push_mode="feed")
    campaign = make.campaign(at=at, **changed)
    assert planner.plan_audience(campaign, at=at or datetime.now(UTC))
    return campaign


def test_an_approved_alert_is_in_the_feed(api: Client) -> None:
    campaign = opened()

    answer = api.get("/v1/alerts?country=GB&locale=en").json()

    (alert,) = answer["alerts"]
    assert alert["id"] == str(campaign.pk)
    assert alert["title"].startswith("If someone threatens")
    assert (alert["locale"], alert["status"]) == ({"requested": "en", "served": "en", "reason": None}, "Actual")
    assert api.get(f"/v1/alerts/{campaign.pk}?locale=en").json()["alert"] == alert


@pytest.fixture
def between_looks(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[EditionStore]:
    """Let a thread look at the database once, as in a web process, and not again during the test."""
    monkeypatch.setattr(edition_store, "POLL_SECONDS", 3600.0)
    store = edition_store.store
    store.start()
    store.current()
    yield store
    store.stop()


@pytest.mark.parametrize("path", ["/v1/alerts/{}?locale=en", "/v1/alerts/{}/cap", "/a/{}"])
def test_an_alert_can_be_read_before_the_web_process_has_looked_again(
    between_looks: EditionStore, api: Client, path: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    campaign = opened()

    answer = api.get(path.format(campaign.pk))

    assert answer.status_code == 200
    assert "If someone threatens" in answer.content.decode()
    assert between_looks.current().feed.campaigns == ()
    # An invented number costs one look into the index of the primary key.
    with django_assert_max_num_queries(1):
        assert api.get(path.format(campaign.pk + 1)).status_code == 404


def test_an_unknown_alert_is_unavailable_while_the_database_is_down(between_looks: EditionStore, api: Client) -> None:
    campaign = opened()
    between_looks._last_success -= edition_store.DOWN_AFTER_SECONDS

    answer = api.get(f"/v1/alerts/{campaign.pk}")

    assert (answer.status_code, answer.json()["type"]) == (503, "/v1/problems/unavailable")


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_an_unapproved_alert_is_not_in_the_feed(api: Client, state: str) -> None:
    campaign = make.campaign(state=state)

    assert api.get("/v1/alerts?country=GB").json()["alerts"] == []
    assert api.get(f"/v1/alerts/{campaign.pk}").status_code == 404


def test_alerts_of_other_countries_audiences_and_regions_are_left_out(api: Client) -> None:
    opened(audience={"countries": ["GB"], "audiences": ["parent"], "regions": ["GB-WLS"]})

    def count(query: str) -> int:
        return len(api.get(f"/v1/alerts?{query}").json()["alerts"])

    assert count("country=GB") == count("country=GB&audience=parent") == count("country=GB&region=GB-WLS") == 1
    assert count("country=FR") == count("country=GB&audience=teen") == count("country=GB&region=GB-SCT") == 0


@pytest.mark.parametrize(
    ("query", "header", "lang", "requested", "reason"),
    [
        ("&locale=cy", "en", "cy", "cy", None),
        ("&locale=CY", "en", "cy", "CY", None),
        ("&locale=cy-GB", "en", "cy", "cy-GB", "same-language"),
        ("&locale=fr", "cy", "en", "fr", "not-translated"),
        ("", "cy-GB, en;q=0.5", "cy", None, "accept-language"),
        ("", "fr", "en", None, "default"),
        ("", None, "en", None, "default"),
    ],
)
def test_an_alert_is_in_the_readers_language_or_says_otherwise(
    api: Client, query: str, header: str | None, lang: str, requested: str | None, reason: str | None
) -> None:
    number = opened(messages={**make.definition()["messages"], "cy": WELSH}).pk
    headers = {"accept-language": header} if header else {}

    listed = api.get(f"/v1/alerts?country=GB{query}", headers=headers)
    one = api.get(f"/v1/alerts/{number}?{query.removeprefix('&')}", headers=headers)

    (alert,) = listed.json()["alerts"]
    assert alert == one.json()["alert"]
    assert (alert["lang"], alert["locale"]) == (lang, {"requested": requested, "served": lang, "reason": reason})
    for response, path in ((listed, "/v1/alerts?country=GB&"), (one, f"/v1/alerts/{number}?")):
        assert response.headers.get("Vary") == (None if query else "Accept-Language")
        assert response["Content-Language"] == lang
        assert response.headers.get("Content-Location") == (None if requested == lang else f"{path}locale={lang}")


def test_a_list_in_several_languages_names_them_and_has_no_other_address(api: Client) -> None:
    opened()
    opened(messages={**make.definition()["messages"], "cy": WELSH})

    response = api.get("/v1/alerts?country=GB", headers={"accept-language": "cy"})

    assert response["Content-Language"] == "cy, en"
    assert "Content-Location" not in response


def test_the_reasons_of_alerts_are_in_the_documentation() -> None:
    table = (Path(__file__).resolve().parents[3] / "docs" / "api.md").read_text(encoding="utf-8")

    for reason in ("same-language", "not-translated", "accept-language", "default"):
        assert f"| `{reason}` |" in table


def test_older_alerts_are_reached_by_following_the_link(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    soon, late = ((now + timedelta(hours=hours)).isoformat() for hours in (1, 24))
    campaigns = [
        opened(at=now - timedelta(hours=hours), not_after=until)
        for hours, until in ((5, soon), (4, late), (3, soon), (2, late), (1, late))
    ]
    monkeypatch.setattr("django.utils.timezone.now", lambda: now + timedelta(hours=2))
    monkeypatch.setattr(alerts, "_PAGE_SIZE", 3)

    pages, url = [], "/v1/alerts?country=GB&locale=en"
    while url:
        answer = api.get(url).json()
        pages.append([alert["id"] for alert in answer["alerts"]])
        url = answer["older"]

    oldest, second, expired, fourth, newest = (str(campaign.pk) for campaign in campaigns)
    assert pages == [[newest, fourth, second], [expired, second, oldest]]


def test_nothing_older_is_offered_where_there_is_nothing(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "_PAGE_SIZE", 2)
    assert api.get("/v1/alerts?country=GB&locale=en").json() == {"alerts": [], "older": None}

    for _ in range(2):
        opened()

    assert api.get("/v1/alerts?country=GB&locale=en").json()["older"] is None
    assert api.get("/v1/alerts?country=GB&locale=en&before=2099-01-01T00:00:00Z").json()["older"] is None


def test_the_same_alerts_are_the_same_bytes_at_any_time(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    opened()
    first = api.get("/v1/alerts?country=GB&locale=en")

    later = datetime.now(UTC) + timedelta(hours=3)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    again = api.get("/v1/alerts?country=GB&locale=en", headers={"if-none-match": first["ETag"]})

    assert again.status_code == 304


@pytest.mark.parametrize("name", ["999999", "abc", "9" * 40, "-1", "1%00", "0"])
def test_an_unknown_alert_is_404(api: Client, name: str) -> None:
    response = api.get(f"/v1/alerts/{name}")

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_an_alert_has_one_address(api: Client) -> None:
    number = str(opened().pk)
    in_arabic = number.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"))

    for path in ("/v1/alerts/{}", "/v1/alerts/{}/cap", "/a/{}"):
        assert api.get(path.format(number)).status_code == 200
        for other in (f"0{number}", f"+{number}", f"{number}.0", in_arabic, f"%20{number}"):
            assert api.get(path.format(other)).status_code == 404, other


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 400),
        ("country=XX", 404),
        ("country=GB&before=now", 400),
        ("country=GB&region=FR-75", 400),
        ("country=GB&page=2", 400),
    ],
)
def test_an_invalid_alert_query_is_refused(api: Client, query: str, status: int) -> None:
    assert api.get(f"/v1/alerts?{query}").status_code == status


def test_a_stopped_alert_is_gone(api: Client) -> None:
    campaign = opened()
    _, approver = make.campaign_staff()

    lifecycle.stop(campaign, by=approver, at=datetime.now(UTC), reason="It was wrong.")

    assert api.get("/v1/alerts?country=GB").json()["alerts"] == []
    assert api.get(f"/v1/alerts/{campaign.pk}").status_code == 410


def test_every_form_of_an_alert_leaves_caches_within_five_seconds(api: Client) -> None:
    number = opened().pk

    for path in ("/v1/alerts?country=GB", f"/v1/alerts/{number}", f"/v1/alerts/{number}/cap", "/v1/alerts.atom?country=GB"):
        answer = api.get(path)
        assert (answer.status_code, answer["Cache-Control"]) == (200, "public, max-age=5"), path


def test_receipts_only_increase_a_counter(api: Client) -> None:
    campaign = opened()
    App.objects.update(push_mode="registrations")
    body = {"app": "parent", "alert": str(campaign.pk), "event": "opened"}

    answers = [api.post("/v1/receipts", body, content_type="application/json") for _ in range(3)]

    assert [a.status_code for a in answers] == [204, 204, 204]
    assert list(ReceiptCount.objects.values_list("event", "total")) == [("opened", 3)]


def test_an_app_that_stores_no_addresses_sends_no_receipts(api: Client) -> None:
    campaign = opened()
    make.app("teen", push_mode="feed")

    response = api.post(
        "/v1/receipts", {"app": "teen", "alert": str(campaign.pk), "event": "opened"}, content_type="application/json"
    )

    assert response.status_code == 409
    assert not ReceiptCount.objects.exists()


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"alert": "999999"}, 404),
        ({"alert": 1}, 422),
        ({"alert": "01"}, 422),
        ({"event": "read"}, 422),
        ({"app": "nobody"}, 422),
        ({"who": "me"}, 422),
    ],
)
def test_an_invalid_receipt_is_refused(api: Client, changed: dict[str, Any], status: int) -> None:
    make.app()

    response = api.post(
        "/v1/receipts", {"app": "parent", "alert": "1", "event": "opened", **changed}, content_type="application/json"
    )

    assert response.status_code == status
