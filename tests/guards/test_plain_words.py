"""No campaign page shows a code, a slug or an instant for machines; each needs a fixed number of queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import User
from notifications.campaigns import audience, fingerprint, forecast, lifecycle
from notifications.campaigns.checks import wave_help
from notifications.delivery import canary_failures, outcomes, planner, second_groups
from notifications.models import Campaign, CampaignState
from tests import make
from tests.plain_words import INSIDERS, findings

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).resolve().parents[2]

#: Pages that may need more than 20 queries: Help reads the services of every country, as the compiler does.
MORE = {"help": 23}
#: Other words, with a time in them.
CORRECTED = {
    "en": {
        "outer": {"title": "New advice in the app", "body": "Take two minutes to read it."},
        "inner": {"title": "If someone makes threats", "body": "Watch at {time:20-30} with us."},
    }
}


def in_hours(hours: float) -> dict[str, str]:
    return {"at": (datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")}


@pytest.fixture
def campaigns() -> list[Campaign]:
    """Make a campaign in each of the states that pages word differently."""
    make.small_content()
    make.app()
    make.installations(25)
    author, approver = make.campaign_staff()
    now = datetime.now(UTC)
    audience = {"countries": ["GB"], "regions": ["GB-WLS"], "audiences": ["parent"]}
    draft = make.campaign(
        state="draft", name="Half written", audience=audience, tips={"parent": "first-hour"}, schedule=in_hours(3)
    )
    lifecycle.edit(draft, make.definition(name="Written", schedule=in_hours(4)), by=author, at=now)
    waiting = make.campaign(state="submitted", name="Waiting", schedule=in_hours(5))
    planned = make.campaign(name="Planned", schedule={"local": (now + timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M")})
    going = make.campaign(name="Going")
    assert planner.plan_audience(going, at=now)
    halted = make.campaign(name="Trouble")
    lifecycle.halt(halted, "FCM refuses the credentials.", at=now)
    back = make.campaign(state="submitted", name="Came back")
    lifecycle.send_back(back, by=approver, at=now, reason="The second sentence is unclear.")
    corrected = make.campaign(state="submitted", name="Corrected", kind="update", references=going.pk, messages=CORRECTED)
    for campaign in (draft, waiting, planned, going, halted, back):
        campaign.refresh_from_db()
    return [draft, waiting, planned, going, halted, back, corrected]


def pages(campaigns: list[Campaign]) -> list[str]:
    """Return the addresses of the shell, the lists and the pages of each campaign that this guard covers."""
    parts = ("history", "delete", "live", "report", "approve", "read", "correct", "stop", "test")
    names = ("campaign", *(f"campaign-{part}" for part in parts))
    shell = ("index", "campaigns", "calendar", "history", "status", "my-settings", "stop-everything")
    lists = [reverse(f"admin:{name}") for name in shell]
    week = f"{reverse('admin:calendar')}?view=week"
    tasks = [
        reverse(f"admin:campaign-{name}", args=[campaign.pk])
        for campaign in campaigns
        if campaign.state == CampaignState.DRAFT
        for name in ("edit", "purpose", "who", "words", "help", "when", "check")
    ]
    return [*lists, week, *tasks, *(reverse(f"admin:{name}", args=[campaign.pk]) for campaign in campaigns for name in names)]


@pytest.mark.slow
def test_no_campaign_page_shows_a_code(client: Client, campaigns: list[Campaign]) -> None:
    client.force_login(User.objects.create_superuser("root", password=None))
    found = []

    for address in pages(campaigns):
        answer = client.get(address)
        assert answer.status_code == 200, address
        # The builder names its service by the slug, and the account of its app by an identifier.
        html = re.sub(r"The gb-[a-z]+ service", "A helpline", answer.content.decode()).replace("fingerpost-test", "test")
        found += [(address, *one) for one in findings(html, insiders=True)]

    assert "\n".join(map(str, found)) == ""


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ("<p>starts 2026-12-01T06:00:00Z</p>", "an instant for machines"),
        ("<td>GB-WLS</td>", "a region code"),
        ("<td>Europe/London</td>", "a time zone's code"),
        ("<dd>not_after</dd>", "an identifier"),
        ("<a>gb-line</a>", "a service's slug"),
        ("<p>all-clear</p>", "an enum value"),
        ("<p>By None</p>", "a Python value"),
        ("<p>English in United Kingdom</p>", "a country without its article"),
        ("<p>At 06:00 Buenos Aires time (09:00 UTC)</p>", "a time in two zones"),
    ],
)
def test_the_guard_finds_each_kind_of_code(html: str, what: str) -> None:
    assert what in {kind for kind, _ in findings(html)}


def test_the_guard_does_not_mind_words_and_attributes() -> None:
    html = '<main><time datetime="2026-12-01T06:00:00Z">Tuesday 1 December 2026 at 06:00 London time</time> half-term</main>'

    assert findings(html) == []


@pytest.mark.slow
def test_campaign_pages_need_a_fixed_number_of_queries(client: Client, campaigns: list[Campaign]) -> None:
    client.force_login(make.person("nora", "campaign-author", "campaign-approver"))
    count = _counter(client)
    first = {address: count(address) for address in pages(campaigns)}
    for number in range(6):
        make.campaign(state="submitted", name=f"More {number}", schedule=in_hours(6 + number))
        make.campaign(state="draft", name=f"Draft {number}")

    again = {address: count(address) for address in first}

    assert again == first
    most = {address: MORE.get(address.rsplit("/", 2)[-2], 20) for address in first}
    assert {address: number for address, number in first.items() if number > most[address]} == {}


def _reasons() -> Iterator[str]:
    """Yield every sentence with which the product halts a campaign, holds it back, or refuses to send it."""
    codes = ("", "UNREGISTERED", "INVALID_ARGUMENT", "SENDER_ID_MISMATCH", "THIRD_PARTY_AUTH_ERROR", "QUOTA_EXCEEDED")
    for status in (200, 307, 400, 401, 403, 404, 418, 429, 500, 502, 503):
        for code in codes:
            violations = [{"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": "message.data"}]}]
            error = {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}
            body = orjson.dumps({"error": {"details": [error, *violations]}})
            outcome = outcomes.read_response(status, None, body)
            yield from (outcome.halt_reason, outcome.block_reason)
    yield outcomes.UNREACHABLE.block_reason
    yield from (canary_failures.MOSTLY_GONE, canary_failures.PLATFORM_GONE)
    yield from (second_groups._SECOND_FAILED, second_groups._SECOND_LATE)
    refusals = (audience.TooFew, audience.NotForReaders, audience.NotForTestDevices, forecast.NobodyDue, wave_help.HelpLapsed)
    yield from (kind().detail for kind in (*refusals, fingerprint.FingerprintDiffers))


def test_no_reason_for_a_halt_is_in_words_for_insiders() -> None:
    reasons = {reason for reason in _reasons() if reason}

    assert len(reasons) > 15
    assert sorted(reason for reason in reasons if INSIDERS.search(reason) or "device" in reason) == []


#: What a page said of an act → the one word that every page has for it.
ONE_WORD = {
    re.compile(r">Copy\b|\bcopy (it|this|one)\b|\"Copy\b", re.IGNORECASE): "duplicate",
    re.compile(r"\brevok(e|ed)\b", re.IGNORECASE): "withdraw",
    re.compile(r"\ba cancel\b|\"Cancel:"): "recall",
}


def test_each_act_has_one_word_on_every_page() -> None:
    files = [path for package in ("core", "content", "notifications") for path in (ROOT / package / "templates").rglob("*.html")]
    files += list((ROOT / "notifications" / "console").rglob("*.py"))

    assert len(files) > 150
    found = [
        f"{path.relative_to(ROOT)}: “{hit[0]}” is called “{word}” elsewhere"
        for path in files
        for pattern, word in ONE_WORD.items()
        for hit in pattern.finditer(re.sub(r"{[{%].*?[%}]}", "", path.read_text(encoding="utf-8")))
    ]
    assert found == []


def _counter(client: Client) -> Callable[[str], int]:
    def count(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    return count
