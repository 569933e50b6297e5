"""The trust page: what is listed and how it was checked, what is withheld and why, and never a withheld number."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from content.assurance.record import record_assurance
from content.models import Channel, ChannelRevision, Release, Service
from content.models.assurance import Method
from content.models.channel_revision import Act
from content.publishing.publish import publish
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def today() -> datetime:
    return datetime.now(UTC)


def content(today: datetime) -> None:
    """Make a country with an emergency number, a line that was rung, and a worldwide address that was opened."""
    make.small_content()
    for service, method in (("gb-line", Method.RUNG), ("zz-line", Method.OPENED)):
        assure(service, method, today)


def assure(service: str, method: Method, at: datetime, *, days: int = 30) -> None:
    channel = Channel.objects.filter(service=service).order_by("position").last()
    assert channel is not None
    record_assurance(channel, by=make.checker(), at=at, method=method, until=(at + timedelta(days=days)).date())


def read(api: Client, country: str = "GB") -> str:
    response = api.get(f"/trust/{country}")
    assert response.status_code == 200, response.content
    return html.unescape(response.content.decode())


def told(page: str, part: str) -> str:
    """Return the text of one part of the page, in one line."""
    found = re.search(rf'<h2 id="{part}">(.*?)(<h2|</main>)', page, re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_each_channel_is_listed_with_the_day_and_the_way_of_its_last_check(api: Client, today: datetime, settings: Any) -> None:
    settings.SERVE_UNREVIEWED = True
    content(today)
    make.release()

    listed = told(read(api), "listed")

    day = f"{today:%-d %B %Y}"
    assert (
        f"Phone \u20660800 1111\u2069 Last checked on {day} : a person called or texted the number and got an answer." in listed
    )
    assert f"Last checked on {day} : a person opened the link and it worked." in listed
    assert f"Next check due by {today + timedelta(days=30):%-d %B %Y}" in listed
    assert "Run by \u2066An Organization\u2069" in listed


def test_an_emergency_number_that_nobody_checked_or_whose_check_ended_stays_and_is_marked(
    api: Client, today: datetime, settings: Any
) -> None:
    settings.SERVE_UNREVIEWED = True
    content(today)
    make.release()
    unchecked = told(read(api), "listed")
    assure("gb-emergency", Method.READ, today - timedelta(days=100))
    make.release()
    overdue = told(read(api), "listed")

    assert unchecked.index("gb-emergency") < unchecked.index("gb-line") < unchecked.index("zz-line")
    assert "\u2066999\u2069 Not checked by a person yet. Emergency numbers stay listed." in unchecked
    assert re.search(r"\u2066999\u2069 Last checked on .*? Overdue: the check expired on .*? Emergency numbers stay", overdue)


def withhold(service: str, how: str, today: datetime) -> None:
    """Bring the service's channel into a state in which it is withheld."""
    if how == "expired":
        assure(service, Method.READ, today - timedelta(days=100))
    elif how == "withdrawn":
        from content.publishing.withdrawal import withdraw

        withdraw(service, by=make.checker(), at=today)
    elif how in ("defunct", "temporarily closed"):
        Service.objects.get(pk=service).amend(by=make.checker(), at=today, status=how)


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("never checked", "Not checked yet."),
        ("expired", "Its last check has expired. The check expired on"),
        ("withdrawn", "Withdrawn. Two people have to agree before it is listed again."),
        ("defunct", "The service no longer exists."),
        ("temporarily closed", "The service is temporarily closed."),
    ],
)
def test_what_is_withheld_is_told_with_its_reason_and_its_number_is_in_none_of_the_outputs(
    api: Client, today: datetime, settings: Any, tmp_path: Any, how: str, sentence: str
) -> None:
    from django.core.management import call_command

    # Not as in the sandbox: nothing that nobody checked is served.
    settings.SERVE_UNREVIEWED = False
    make.world()
    make.labels(approved=True)
    make.emergency()
    make.service("gb-line")
    make.tip(approved=True)
    make.service("zz-line", country="ZZ", channels=0)
    make.channel(Service.objects.get(pk="zz-line"), type="url")
    assure("gb-line", Method.RUNG, today)
    assure("zz-line", Method.OPENED, today)
    hidden = make.service("gb-hidden", name="The hidden line", channels=0)
    make.channel(hidden, dial="0808 2000 247", address="+448082000247")
    make.channel(hidden, type="url", address="https://hidden.example/form")
    withhold("gb-hidden", how, today)
    release = make.compile_release(by=make.person("compiler", "publisher"), at=today)
    publish(release, by=make.checker(), at=today)
    call_command("export_open_data", str(tmp_path / "open.json"))

    page = read(api)
    outputs = [page, (tmp_path / "open.json").read_text()]
    for path in ("/hsds/services?full=true", "/hsds/services?page=1", "/hsds/", "/trust/ZZ", "/trust/JP"):
        outputs.append(api.get(path).content.decode())

    assert sentence in told(page, "withheld")
    assert "The hidden line" in told(page, "withheld")
    assert "0800 1111" in page
    for output in outputs:
        digits = re.sub(r"[^0-9]", "", re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", output))
        assert "8082000247" not in digits
        assert "0808 2000 247" not in output
        assert "hidden.example" not in output
    assert api.get("/hsds/services/gb-hidden").status_code in (404, 410)


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("Line 3018", {"number_type": "short", "dial": "3018", "address": "3018"}),
        ("Line ٣٠١٨", {"number_type": "short", "dial": "3018", "address": "3018"}),
        ("Hidden.Example", {"type": "url", "address": "https://www.hidden.example/form"}),
    ],
)
def test_a_withheld_service_that_is_called_by_its_number_or_address_is_not_named(
    api: Client, today: datetime, name: str, facts: dict[str, Any]
) -> None:
    make.small_content()
    hidden = make.service("gb-number", name=name, channels=0)
    make.channel(hidden, **facts)
    assure("gb-number", Method.READ, today - timedelta(days=100))
    _publish_drafts(today)

    page = read(api)

    assert name not in page
    assert "A service whose name contains its number or address (helpline):" in told(page, "withheld")


def _publish_drafts(today: datetime) -> None:
    from django.test import override_settings

    with override_settings(SERVE_UNREVIEWED=True):
        release = make.compile_release(by=make.person("compiler", "publisher"), at=today)
    publish(release, by=make.checker(), at=today)


def test_a_changed_number_waits_for_the_next_release_and_the_check_of_one_says_nothing_of_the_other(
    api: Client, today: datetime, settings: Any
) -> None:
    settings.SERVE_UNREVIEWED = True
    content(today - timedelta(days=2))
    make.release()
    channel = Channel.objects.get(service="gb-line")
    facts = channel.facts() | {"dial": "0808 800 5000", "address": "+448088005000"}
    revision = ChannelRevision.objects.propose(
        service_id="gb-line", position=1, act=Act.CHANGE, by=make.person("eva", "localisation-editor"), at=today, facts=facts,
        reason="A new number.",
    )  # fmt: skip
    revision.approve(by=make.checker(), at=today)
    assure("gb-line", Method.CONFIRMED, today)

    page = read(api)

    assert "0808 800 5000" not in page
    assert "It will be listed with the next release." in told(page, "withheld")
    assert f"\u20660800 1111\u2069 Last checked on {today - timedelta(days=2):%-d %B %Y} : a person called" in told(
        page, "listed"
    )


def test_services_without_an_approved_number_are_counted_and_not_named(api: Client, today: datetime) -> None:
    make.small_content()
    make.service("gb-proposed", name="The proposed line", channels=0)
    _publish_drafts(today)

    page = read(api)

    assert "1 more service has no number or address yet that two people have approved." in told(page, "withheld")
    assert "The proposed line" not in page


def test_a_country_without_services_of_its_own_shows_what_works_worldwide(api: Client, small_release: Release) -> None:
    page = read(api, "jp")

    assert "<h1>What we list: Japan</h1>" in page
    assert "We do not list any service of this country yet." in page
    assert "Take It Down" in page


def test_the_page_is_plain_html_from_this_server_alone(api: Client, small_release: Release) -> None:
    response = api.get("/trust/GB")
    page = response.content.decode()

    assert page.startswith("<!doctype html>")
    assert '<html lang="en" dir="ltr">' in page
    assert not re.search(r"<script|\son[a-z]+=|<style|\sstyle=|<img|<iframe", page)
    assert re.findall(r'<link rel="stylesheet" href="([^"]+)"', page) == ["/static/api/transparency.css"]
    assert not response.cookies
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert response["Content-Type"] == "text/html; charset=utf-8"
    again = api.get("/trust/GB", headers={"if-none-match": response["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/trust/XX", 404),
        ("/trust/GBR", 404),
        ("/trust/%00", 404),
        ("/trust/GB?age=15", 400),
        ("/trust/GB?situation=blackmail", 400),
    ],
)
def test_bad_input_is_a_problem_document(api: Client, small_release: Release, path: str, status: int) -> None:
    response = api.get(path)

    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")


def test_before_anything_is_published_it_says_so(api: Client) -> None:
    assert api.get("/trust/GB").status_code == 503
