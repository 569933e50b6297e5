"""The transparency page: what is listed and how it was checked, what is withheld and why, and no withheld number."""

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
    """Create a country with an emergency number, a checked phone line and a checked worldwide web page."""
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


def text_of(page: str, part: str) -> str:
    """Return the text of one section of the page, in one line."""
    found = re.search(rf'<h2 id="{part}">(.*?)(<h2|</main>)', page, re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split())


def test_each_channel_is_listed_with_date_and_method_of_its_check(api: Client, today: datetime, settings: Any) -> None:
    settings.SERVE_UNREVIEWED = True
    content(today)
    make.release()

    listed = text_of(read(api), "listed")

    day = f"{today:%-d %B %Y}"
    assert (
        f"Phone \u20660800 1111\u2069 Last checked on {day} : a person called or texted the number and got an answer." in listed
    )
    assert f"Last checked on {day} : a person opened the link and it worked." in listed
    assert f"Next check due by {today + timedelta(days=30):%-d %B %Y}" in listed
    assert "Run by \u2066An Organization\u2069" in listed


def test_an_unchecked_or_overdue_emergency_number_stays_marked(api: Client, today: datetime, settings: Any) -> None:
    settings.SERVE_UNREVIEWED = True
    content(today)
    make.release()
    unchecked = text_of(read(api), "listed")
    assure("gb-emergency", Method.READ, today - timedelta(days=100))
    make.release()
    overdue = text_of(read(api), "listed")

    assert unchecked.index("gb-emergency") < unchecked.index("gb-line") < unchecked.index("zz-line")
    assert "\u2066999\u2069 Not checked by a person yet. Emergency numbers stay listed." in unchecked
    assert re.search(r"\u2066999\u2069 Last checked on .*? Overdue: the check expired on .*? Emergency numbers stay", overdue)


def withhold(service: str, how: str, today: datetime) -> None:
    """Change the service so that its channel is withheld."""
    if how == "expired":
        assure(service, Method.READ, today - timedelta(days=100))
    elif how == "withdrawn":
        from content.publishing.withdrawal import withdraw

        withdraw(service, by=make.checker(), at=today)
    elif how in ("defunct", "temporarily closed"):
        make.service_facts(service, at=today, status=how)


@pytest.mark.sampled
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
def test_withheld_channels_have_a_reason_and_appear_nowhere(
    api: Client, today: datetime, settings: Any, tmp_path: Any, how: str, sentence: str
) -> None:
    from django.core.management import call_command

    # As in production: unchecked channels are not served.
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
    for path in ("/hsds/services?full=true", "/hsds/services?page=1", "/hsds/", "/trust/ZZ", "/trust/NO"):
        outputs.append(api.get(path).content.decode())

    assert sentence in text_of(page, "withheld")
    assert "The hidden line" in text_of(page, "withheld")
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
def test_a_withheld_service_named_by_its_number_is_not_named(
    api: Client, today: datetime, name: str, facts: dict[str, Any]
) -> None:
    make.small_content()
    hidden = make.service("gb-number", name=name, channels=0)
    make.channel(hidden, **facts)
    assure("gb-number", Method.READ, today - timedelta(days=100))
    _publish_drafts(today)

    page = read(api)

    assert name not in page
    assert "A service whose name contains its number or address (helpline):" in text_of(page, "withheld")


def _publish_drafts(today: datetime) -> None:
    from django.test import override_settings

    with override_settings(SERVE_UNREVIEWED=True):
        release = make.compile_release(by=make.person("compiler", "publisher"), at=today)
    publish(release, by=make.checker(), at=today)


def test_a_changed_number_waits_for_the_next_release_and_its_check(api: Client, today: datetime, settings: Any) -> None:
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
    assert "Waiting for the next release." in text_of(page, "withheld")
    assert f"\u20660800 1111\u2069 Last checked on {today - timedelta(days=2):%-d %B %Y} : a person called" in text_of(
        page, "listed"
    )


def test_services_without_an_approved_number_are_only_counted(api: Client, today: datetime) -> None:
    make.small_content()
    make.service("gb-proposed", name="The proposed line", channels=0)
    _publish_drafts(today)

    page = read(api)

    assert "1 more service has no number or address yet that two people have approved." in text_of(page, "withheld")
    assert "The proposed line" not in page


def test_a_country_without_services_shows_the_worldwide_ones(api: Client, small_release: Release) -> None:
    page = read(api, "jp")

    assert "<h1>What we list: Japan</h1>" in page
    assert "We do not list any service of this country yet." in page
    assert "Take It Down" in page


def test_the_page_is_html_without_content_from_elsewhere(api: Client, small_release: Release) -> None:
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


def test_before_the_first_release_the_answer_is_503(api: Client) -> None:
    assert api.get("/trust/GB").status_code == 503
