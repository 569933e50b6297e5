"""No campaign page shows a code, a slug or an instant for machines; each needs a fixed number of queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.db.models import TextChoices
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from content.terms import Audience, Role, Situation
from core.models import User
from notifications.campaigns import lifecycle
from notifications.delivery import planner
from notifications.models import Campaign, CampaignState
from notifications.models.campaign import CampaignKind
from tests import make

pytestmark = pytest.mark.django_db

#: Enumerations whose values would show through; those of one everyday word ("draft", "teen") are read as words.
ENUMERATIONS: tuple[type[TextChoices], ...] = (CampaignState, CampaignKind, Situation, Role, Audience)
_VALUES = "|".join(re.escape(value) for kind in ENUMERATIONS for value in kind.values if "-" in value)
CODES = {
    "an instant for machines": re.compile(r"\d{4}-\d\d-\d\dT\d\d"),
    "a date for machines": re.compile(r"\b\d{4}-\d\d-\d\d\b"),
    "a region code": re.compile(r"\b[A-Z]{2}-[A-Z]{3}\b"),
    "a time zone's code": re.compile(r"\b(?:Europe|America|Asia|Africa|Australia|Pacific|Atlantic)/[A-Z]\w+"),
    "an identifier": re.compile(r"\b[a-z]+_[a-z_]+\b"),
    "a service's slug": re.compile(r"\b(?:gb|zz)-[a-z]+\b"),
    "a Python value": re.compile(r"\b(?:None|True|False)\b|\[\]|\{\}"),
    "an enum value": re.compile(rf"(?<![\w/-])(?:{_VALUES})(?![\w-])"),
}
#: Parts of a page whose text nobody reads as prose: code for machines, and the digest that two people compare.
NOT_PROSE = {"script", "style", "template", "symbol", "textarea", "option"}


class _Text(HTMLParser):
    """Collects the text that a page shows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NOT_PROSE:
            self._hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.parts.append(" ".join(data.split()))


def shown(html: str) -> list[str]:
    reader = _Text()
    reader.feed(html.partition("<main")[2] or html)
    return reader.parts


def findings(html: str) -> list[tuple[str, str]]:
    return [(what, part) for part in shown(html) for what, pattern in CODES.items() if pattern.search(part)]


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
    return [draft, waiting, planned, going, halted, back]


def pages(campaigns: list[Campaign]) -> list[str]:
    """Return the addresses of the shell, the lists and the pages of each campaign that this guard covers."""
    names = ("campaign", "campaign-history", "campaign-delete")
    lists = [reverse(f"admin:{name}") for name in ("index", "campaigns", "calendar", "history", "my-settings", "stop-everything")]
    week = f"{reverse('admin:calendar')}?view=week"
    return [*lists, week, *(reverse(f"admin:{name}", args=[campaign.pk]) for campaign in campaigns for name in names)]


def test_no_campaign_page_shows_a_code(client: Client, campaigns: list[Campaign]) -> None:
    client.force_login(User.objects.create_superuser("root", password=None))
    found = []

    for address in pages(campaigns):
        answer = client.get(address)
        assert answer.status_code == 200, address
        # The builder names its service by the slug.
        found += [(address, *one) for one in findings(answer.content.decode().replace("The gb-line service", "A helpline"))]

    assert found == []


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
    ],
)
def test_the_guard_finds_each_kind_of_code(html: str, what: str) -> None:
    assert what in {kind for kind, _ in findings(html)}


def test_the_guard_does_not_mind_words_and_attributes() -> None:
    html = '<main><time datetime="2026-12-01T06:00:00Z">Tuesday 1 December 2026 at 06:00 London time</time> half-term</main>'

    assert findings(html) == []


def test_campaign_pages_need_a_fixed_number_of_queries(client: Client, campaigns: list[Campaign]) -> None:
    client.force_login(make.person("nora", "campaign-author", "campaign-approver"))
    count = _counter(client)
    first = {address: count(address) for address in pages(campaigns)}
    for number in range(6):
        make.campaign(state="submitted", name=f"More {number}", schedule=in_hours(6 + number))
        make.campaign(state="draft", name=f"Draft {number}")

    again = {address: count(address) for address in first}

    assert again == first
    assert max(first.values()) <= 20


def _counter(client: Client) -> Callable[[str], int]:
    def count(address: str) -> int:
        client.get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    return count
