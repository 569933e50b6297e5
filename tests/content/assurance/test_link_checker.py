"""What the link checker stores, how it takes turns, and that it never changes what readers get."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from content import tasks
from content.assurance.links import checker
from content.assurance.links.url_policy import SafeUrl
from content.assurance.links.visit import Visitor, VisitResult
from content.models import Channel, LinkCheck, LinkHost
from content.models.link import LinkResult
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db


class ScriptedVisitor(Visitor):
    """A visitor that returns given results and records the URLs that it was sent to."""

    def __init__(self, *found: VisitResult) -> None:
        object.__setattr__(self, "found", list(found))
        object.__setattr__(self, "visited", [])

    def visit(self, url: str) -> VisitResult:
        self.visited.append(url)  # type: ignore[attr-defined]
        return self.found.pop(0) if len(self.found) > 1 else self.found[0]  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def lines() -> None:
    make.world()
    make.service("gb-line")
    for number, address in enumerate(["https://one.example.org/a", "https://one.example.org/b", "https://two.example.org/"]):
        make.channel(make.service(f"gb-page-{number}", channels=0), type="url", address=address)


def revision(service: str) -> int:
    return Channel.objects.get(service=service).revision_id


def test_urls_are_visited_in_turn_and_a_host_at_most_once_a_minute() -> None:
    visitor = ScriptedVisitor(VisitResult(LinkResult.WORKS, 200))

    first = [checker.check_next(at=NOON, visitor=visitor) for _ in range(3)]
    later = checker.check_next(at=NOON + timedelta(seconds=61), visitor=visitor)

    assert visitor.visited == ["https://one.example.org/a", "https://two.example.org/", "https://one.example.org/b"]  # type: ignore[attr-defined]
    assert first[2] is None
    assert later is not None
    assert later.next_at == NOON + timedelta(seconds=61, days=7)
    assert checker.check_next(at=NOON + timedelta(days=6), visitor=visitor) is None


def test_failures_are_counted_until_the_link_works_again() -> None:
    visitor = ScriptedVisitor(
        VisitResult(LinkResult.UNREACHABLE), VisitResult(LinkResult.FAILING, 503), VisitResult(LinkResult.WORKS, 200)
    )
    seen = []

    for day in range(3):
        LinkCheck.objects.record(revision("gb-page-0"), result=LinkResult.WORKS, at=NOON + timedelta(days=day))
        LinkCheck.objects.record(revision("gb-page-1"), result=LinkResult.WORKS, at=NOON + timedelta(days=day))
        check = checker.check_next(at=NOON + timedelta(days=day, minutes=5 * day), visitor=visitor)
        assert check is not None
        seen.append((check.result, check.failures, check.failing_since, check.needs_attention))

    assert seen == [
        (LinkResult.UNREACHABLE, 1, NOON, False),
        (LinkResult.FAILING, 2, NOON, True),
        (LinkResult.WORKS, 0, None, False),
    ]


def test_two_workers_do_not_visit_one_host_at_once(transactional_db: None, at_once: Callable[..., list[Any]]) -> None:
    LinkHost.objects.create(name="one.example.org", not_before=NOON)

    def take() -> bool:
        return LinkHost.objects.reserve("one.example.org", at=NOON, seconds=60)

    assert sorted(at_once(take, take, take)) == [False, False, True]


def test_robots_txt_is_fetched_once_a_day() -> None:
    fetches = []

    def fetch() -> str:
        fetches.append(1)
        return "User-agent: *\nDisallow: /x\0"

    place = SafeUrl("https", "one.example.org", "/")
    texts = [checker.cached_robots(NOON + timedelta(hours=hours))(place, fetch) for hours in (0, 23, 25)]

    assert texts == ["User-agent: *\nDisallow: /x"] * 3
    assert len(fetches) == 2


def test_results_never_change_what_readers_get() -> None:
    from content.compiling.facts import Policy
    from content.compiling.snapshot import read_snapshot

    before = read_snapshot(Policy(NOON.date()))
    for service in ("gb-page-0", "gb-page-1", "gb-page-2"):
        LinkCheck.objects.record(revision(service), result=LinkResult.GONE, at=NOON, http_status=404)

    assert read_snapshot(Policy(NOON.date())) == before


def test_a_sandbox_visits_no_server(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    visits = []
    monkeypatch.setattr("content.tasks.checker.check_next", lambda **_: visits.append(1))

    tasks.check_link()
    settings.SANDBOX = False
    tasks.check_link()
    settings.FCM_ENDPOINT = "https://fcm.googleapis.com"
    tasks.check_link()

    assert visits == [1]


def test_the_url_of_a_retired_service_is_not_visited() -> None:
    for channel in Channel.objects.filter(type="url"):
        make.service_facts(channel.service_id, status="defunct")

    assert checker.check_next(at=NOON, visitor=ScriptedVisitor(VisitResult(LinkResult.WORKS))) is None
