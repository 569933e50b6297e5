"""Contact checks: the order of the queue, its reasons, how long each kind of check is valid, and the pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.celery import app
from content import tasks
from content.assurance import queue
from content.assurance.queue import Priority, QueueEntry
from content.assurance.record import record_assurance
from content.assurance.validity import longest_days, methods
from content.models import Assurance, Channel, ChannelRevision, CorrectionCount, LinkCheck, Service
from content.models.assurance import Method
from content.models.channel_revision import Act
from content.models.link import LinkResult
from content.terms import ChannelType
from core.errors import Invalid
from core.models import User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def asta() -> User:
    make.world()
    return make.person("asta", "assurer")


def entry(service: str, *, at: object = NOON) -> QueueEntry:
    return next(e for e in queue.queue_entries(at=at) if e.service.id == service)  # type: ignore[arg-type]


def channel(service: str) -> Channel:
    return Channel.objects.select_related("service").get(service=service)


def checked(service: str, by: User, *, days: int) -> None:
    fitting = methods(channel(service).service.roles, channel(service).type)[0]
    record_assurance(channel(service), by=by, at=NOON, method=fitting, until=(NOON + timedelta(days=days)).date(), note="Seen.")


def test_the_queue_is_sorted_by_the_end_of_the_check_then_by_impact(asta: User) -> None:
    for name, roles, situations in (
        ("gb-advice", ["advice"], ["blackmail"]),
        ("gb-crisis", ["helpline"], ["self-harm-risk"]),
        ("gb-talk", ["helpline"], ["blackmail"]),
        ("gb-later", ["helpline"], ["self-harm-risk"]),
        ("gb-soon", ["helpline"], ["blackmail"]),
        ("gb-next", ["helpline"], ["blackmail"]),
    ):
        make.service(name, roles=roles, situations=situations)
    make.emergency()
    for name, days in (("gb-later", 80), ("gb-soon", 14), ("gb-next", 30)):
        checked(name, asta, days=days)

    order = [(e.service.id, e.priority) for e in queue.queue_entries(at=NOON)]

    assert order == [
        ("gb-emergency", Priority.NOW),
        ("gb-crisis", Priority.NOW),
        ("gb-talk", Priority.NOW),
        ("gb-advice", Priority.NOW),
        ("gb-soon", Priority.SOON),
        ("gb-next", Priority.NEXT),
        ("gb-later", Priority.LATER),
    ]
    assert entry("gb-later", at=NOON + timedelta(days=81)).reasons == ("the check expired on 19 Feb 2027",)


def test_a_number_weighs_more_than_a_page_and_an_only_one_even_more(asta: User) -> None:
    page = make.service("gb-page", channels=0)
    make.channel(page, type="url")
    make.service("gb-line")
    make.service("nz-line", country="NZ")

    points = {e.service.id: e.impact.points for e in queue.queue_entries(at=NOON)}

    assert points["nz-line"] > points["gb-line"] > points["gb-page"]
    assert "the only one in its country" in entry("nz-line").impact.words


@pytest.mark.parametrize(
    ("reports", "priority"), [(0, Priority.LATER), (1, Priority.SOON), (4, Priority.SOON), (5, Priority.NOW), (900, Priority.NOW)]
)
def test_reports_raise_the_priority_of_a_channel_up_to_a_limit(asta: User, reports: int, priority: Priority) -> None:
    make.service("gb-line")
    checked("gb-line", asta, days=60)
    for _ in range(reports):
        CorrectionCount.objects.report(service="gb-line", position=1, problem="no-answer", at=NOON + timedelta(days=1))

    found = entry("gb-line", at=NOON + timedelta(days=2))

    assert found.priority == priority
    assert dict(found.reports) == ({"no-answer": reports} if reports else {})


def test_reports_end_with_a_check_or_with_their_age(asta: User) -> None:
    make.service("gb-line")
    CorrectionCount.objects.report(service="gb-line", position=1, problem="no-answer", at=NOON)

    assert dict(entry("gb-line", at=NOON + timedelta(days=29)).reports) == {"no-answer": 1}
    assert dict(entry("gb-line", at=NOON + timedelta(days=31)).reports) == {}
    record_assurance(channel("gb-line"), by=asta, at=NOON + timedelta(days=2), method=Method.RUNG, note="Answered.")
    assert entry("gb-line", at=NOON + timedelta(days=3)).priority == Priority.LATER


def test_reports_are_deleted_when_they_no_longer_count(asta: User, monkeypatch: pytest.MonkeyPatch) -> None:
    make.service("gb-line")
    for days in range(3):
        CorrectionCount.objects.report(service="gb-line", position=1, problem="no-answer", at=NOON + timedelta(days=days))
    at = NOON + timedelta(days=31)
    before = queue.queue_entries(at=at)
    monkeypatch.setattr("content.tasks.timezone.now", lambda: at)

    tasks.forget_corrections(added_by_a_newer_version=True)
    tasks.forget_corrections()

    assert [count.day for count in CorrectionCount.objects.all()] == [(NOON + timedelta(days=2)).date()]
    assert queue.queue_entries(at=at) == before
    assert app.conf.beat_schedule["forget-corrections"]["task"] == tasks.forget_corrections.name


@pytest.mark.parametrize(
    ("result", "times", "priority"),
    [
        (LinkResult.WORKS, 2, Priority.LATER),
        (LinkResult.DISALLOWED, 2, Priority.LATER),
        (LinkResult.UNREACHABLE, 1, Priority.LATER),
        (LinkResult.UNREACHABLE, 2, Priority.NOW),
        (LinkResult.GONE, 1, Priority.NOW),
        (LinkResult.BLOCKED, 1, Priority.NOW),
    ],
)
def test_an_address_that_fails_twice_or_is_gone_comes_first(
    asta: User, result: LinkResult, times: int, priority: Priority
) -> None:
    make.channel(make.service("gb-page", channels=0), type="url")
    checked("gb-page", asta, days=60)
    for _ in range(times):
        LinkCheck.objects.record(channel("gb-page").revision_id, result=result, at=NOON)

    assert entry("gb-page").priority == priority


def test_retired_services_are_not_in_the_queue(asta: User) -> None:
    make.service("gb-line")
    make.service_facts("gb-line", status="defunct")

    assert queue.queue_entries(at=NOON) == []


# How long a check is valid.


def kinds() -> Iterator[tuple[list[str], str, Method, int]]:
    yield ["helpline"], "phone", Method.RUNG, 90
    yield ["helpline"], "phone", Method.CONFIRMED, 180
    yield ["platform-report"], "app", Method.OPENED, 60
    yield ["hotline-csam-report"], "url", Method.OPENED, 90
    yield ["emergency"], "phone", Method.READ, 365


@pytest.mark.parametrize(("roles", "type_", "method", "days"), list(kinds()))
def test_a_check_is_valid_for_as_long_as_its_kind_allows(roles: list[str], type_: str, method: Method, days: int) -> None:
    assert longest_days(roles, type_, method) == days


@pytest.mark.parametrize("type_", ChannelType.values)
def test_every_kind_of_channel_can_be_checked(type_: str) -> None:
    assert Method.CONFIRMED in methods(["helpline"], type_)
    assert Method.RUNG not in methods(["emergency", "police-report"], type_)


def test_a_check_without_an_end_is_valid_for_the_longest_time_allowed(asta: User) -> None:
    make.service("gb-line")

    check = record_assurance(channel("gb-line"), by=asta, at=NOON, method=Method.RUNG, note="Answered.")

    assert check.until == (NOON + timedelta(days=90)).date()
    with pytest.raises(Invalid, match="until 1 March 2027"):
        record_assurance(channel("gb-line"), by=asta, at=NOON, method=Method.RUNG, until=(NOON + timedelta(days=91)).date())
    with pytest.raises(Invalid, match="checked by: rung, read, confirmed"):
        record_assurance(channel("gb-line"), by=asta, at=NOON, method=Method.OPENED)


def test_an_emergency_number_is_never_checked_by_calling_it(asta: User) -> None:
    make.emergency()

    with pytest.raises(Invalid, match="checked by: read, confirmed"):
        record_assurance(channel("gb-emergency"), by=asta, at=NOON, method=Method.RUNG)


# The pages.


def page(service: str) -> str:
    return reverse("admin:channel", args=[service, 1])


def test_a_channel_that_does_not_exist_gets_a_page_of_the_console(client: Client, asta: User) -> None:
    client.force_login(asta)

    answer = client.get(page("gb-nothing"))

    assert answer.status_code == 404
    assert "There is no such channel." in answer.content.decode()
    assert "Contact checks" in answer.content.decode()


def test_the_queue_links_to_the_channel_where_the_check_is_recorded(client: Client, asta: User) -> None:
    make.service("gb-line")
    client.force_login(asta)
    listed = client.get(reverse("admin:assurance-queue")).content.decode()

    answer = client.post(
        page("gb-line"),
        {
            "action": "assure",
            "position": "1",
            "revision": str(channel("gb-line").revision_id),
            "c1-method": "rung",
            "c1-note": "A counsellor answered after two rings.",
        },
    )
    check = Assurance.objects.get()

    assert page("gb-line") in listed
    assert answer.status_code == 302
    assert (check.method, check.until) == ("rung", (timezone.now() + timedelta(days=90)).date())
    assert "A counsellor answered after two rings." in client.get(page("gb-line")).content.decode()


@pytest.mark.parametrize("changed", [{"c1-note": ""}, {"c1-note": "ok"}, {"c1-method": "opened"}, {"c1-until": "2099-01-01"}])
def test_a_check_without_evidence_or_with_a_wrong_method_is_refused(client: Client, asta: User, changed: dict[str, str]) -> None:
    make.service("gb-line")
    client.force_login(asta)
    form = {
        "action": "assure",
        "position": "1",
        "revision": str(channel("gb-line").revision_id),
        "c1-method": "rung",
        "c1-note": "They answered.",
    }

    assert client.post(page("gb-line"), form | changed).status_code == 400
    assert not Assurance.objects.exists()


def test_the_history_shows_each_value_of_a_field_and_who_changed_it(client: Client, asta: User) -> None:
    line = make.service("gb-line")
    eva = make.person("eva", "localisation-editor")
    facts = channel("gb-line").facts()
    for changed in ({"cost": "standard"}, {"cost": "standard", "dial": "0808 800 5002", "address": "+448088005002"}):
        ChannelRevision.objects.propose(
            service_id=line.pk, position=1, act=Act.CHANGE, by=eva, at=NOON, facts=facts | changed
        ).approve(by=asta, at=NOON)
    client.force_login(asta)

    history = dict(client.get(page("gb-line")).context["history"])

    assert [(value, proposer, approver) for value, _, proposer, approver in history["Cost"]] == [
        ("Standard rate", "eva", "asta"),
        ("Free", "Fingerpost itself", "checker"),
    ]
    assert [value for value, *_ in history["Number to dial"]] == ["0808 800 5002", "0800 1111"]
    assert [value for value, *_ in history["Opening hours"]] == ["24/7"]


def test_the_queue_is_filtered_by_country_type_and_priority(client: Client, asta: User) -> None:
    make.service("gb-line")
    make.service("nz-line", country="NZ")
    make.channel(Service.objects.get(pk="nz-line"), type="url")
    client.force_login(asta)

    def filtered(query: str) -> list[str]:
        rows = client.get(reverse("admin:assurance-queue") + query).context["rows"]
        return [f"{row[0].service.id} {row[0].channel.position}" for row in rows]

    assert filtered("?country=GB") == ["gb-line 1"]
    assert filtered("?type=url") == ["nz-line 2"]
    assert filtered("?urgency=later") == []
