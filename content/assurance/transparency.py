"""What is listed for a country, who checked it how and when, and what is withheld and why: never a withheld number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from django.db.models import TextChoices

from content.compiling.eligibility import channel_eligibility, covers
from content.compiling.rendering import href, isolate
from content.compiling.snapshot import ChannelFact, Policy, ServiceFact, service_facts
from content.linting.numbers import number_runs
from content.models import Assurance, Service
from content.models.assurance import Method
from content.models.service import Status
from content.resolver.types import PackContent, PackedChannel, PackedService
from content.terms import WORLDWIDE, Role

_HOW = {
    Method.READ: "the organization’s own page was read",
    Method.OPENED: "the address was opened and worked",
    Method.RUNG: "the number was rung or texted and answered",
    Method.CONFIRMED: "the organization confirmed it",
}


class Reason(TextChoices):
    """Why a channel is withheld."""

    WITHDRAWN = "withdrawn", "It was taken away from readers; two people have to put it back."
    RETIRED = "retired", "The service is no more."
    CLOSED = "closed", "The service is closed for a time."
    NEVER_CHECKED = "never-checked", "Nobody has checked it yet."
    EXPIRED = "expired", "Its last check is no longer good."
    WAITING = "waiting", "It waits for the next release."


@dataclass(frozen=True)
class ListedChannel:
    """One listed channel; `how` is None where no check of these values was written down."""

    type: str
    display: str | None
    checked_on: date | None
    how: str | None
    good_until: date | None
    overdue: bool


@dataclass(frozen=True)
class ListedService:
    """One listed service; `name` and `organization` are isolated."""

    name: str
    organization: str
    roles: tuple[str, ...]
    worldwide: bool
    emergency: bool
    channels: tuple[ListedChannel, ...]


@dataclass(frozen=True)
class Withheld:
    """Channels of one service and type that are withheld for the same reason; `name` is None where it would tell one."""

    name: str | None
    roles: tuple[str, ...]
    type: str
    count: int
    reason: Reason
    since: date | None


@dataclass(frozen=True)
class Trust:
    """All that the page tells; `unapproved`: services of which no number or address was approved by two people."""

    listed: tuple[ListedService, ...]
    withheld: tuple[Withheld, ...]
    unapproved: int


def trust(pack: PackContent, *, country: str, policy: Policy) -> Trust:
    """Compare the published pack with what is known of the country's services on the policy's day."""
    facts = [fact for fact in service_facts() if covers(fact, country)]
    checks = _checks(service["id"] for service in pack["services"])
    listed = [_listed(service, checks, policy.day) for service in pack["services"]]
    listed.sort(key=lambda service: (not service.emergency, service.worldwide))
    shown = {
        (service["id"], channel["position"], channel["type"], channel["href"])
        for service in pack["services"]
        for channel in service["channels"]
    }
    statuses = dict(Service.objects.values_list("pk", "status"))
    withheld = [entry for fact in facts for entry in _withheld(fact, statuses[fact.id], shown, policy)]
    names = {service["id"] for service in pack["services"]}
    unapproved = sum(1 for fact in facts if not fact.channels and fact.id not in names)
    return Trust(tuple(listed), tuple(withheld), unapproved)


def _listed(service: PackedService, checks: Mapping[tuple[str, int], Sequence[Assurance]], day: date) -> ListedService:
    return ListedService(
        name=service["name_display"],
        organization=service["organization"]["name_display"],
        roles=tuple(service["roles"]),
        worldwide=service["country"] == WORLDWIDE,
        emergency=Role.EMERGENCY in service["roles"],
        channels=tuple(
            _listed_channel(channel, checks.get((service["id"], channel["position"]), ()), day) for channel in service["channels"]
        ),
    )


def _listed_channel(channel: PackedChannel, checks: Sequence[Assurance], day: date) -> ListedChannel:
    # A check covers the values it was made of: those of a number that waits for the next release say nothing of this one.
    same = [check for check in checks if _values(check) == (channel["type"], channel["dial"], channel["href"])]
    last = same[-1] if same else None
    until = last.until if last is not None else _day(channel["assured_until"])
    return ListedChannel(
        type=channel["type"],
        display=channel["display"],
        checked_on=last.at.date() if last is not None else _day(channel["checked_on"]),
        how=_HOW.get(Method(last.method)) if last is not None else None,
        good_until=until,
        overdue=until is not None and until < day,
    )


def _checks(services: Iterator[str]) -> dict[tuple[str, int], list[Assurance]]:
    found: dict[tuple[str, int], list[Assurance]] = defaultdict(list)
    rows = Assurance.objects.filter(revision__service_id__in=list(services)).select_related("revision").order_by("at", "pk")
    for check in rows:
        if check.revision.position is not None:
            found[check.revision.service_id, check.revision.position].append(check)
    return found


def _values(check: Assurance) -> tuple[str, str | None, str | None]:
    revision = check.revision
    return revision.type, revision.dial or None, href(revision)


def _withheld(fact: ServiceFact, status: str, shown: set[tuple[str, int, str, str | None]], policy: Policy) -> Iterator[Withheld]:
    kinds: dict[tuple[str, Reason, date | None], int] = defaultdict(int)
    for channel in fact.channels:
        kind = channel.type
        if (fact.id, channel.position, kind, href(channel)) not in shown:
            kinds[(kind, *_reason(fact, status, channel, policy))] += 1
    for (kind, reason, since), count in kinds.items():
        yield Withheld(_name(fact), fact.roles, kind, count, reason, since)


def _reason(fact: ServiceFact, status: str, channel: ChannelFact, policy: Policy) -> tuple[Reason, date | None]:
    if fact.withdrawn:
        return Reason.WITHDRAWN, None
    if not fact.active:
        return (Reason.CLOSED if status == Status.TEMPORARILY_CLOSED else Reason.RETIRED), None
    if channel_eligibility(fact, channel, policy).served:
        return Reason.WAITING, None
    if channel.assured_until is not None:
        return Reason.EXPIRED, channel.assured_until
    return Reason.NEVER_CHECKED, None


def _name(fact: ServiceFact) -> str | None:
    """Return the isolated name, or None where it holds a number or an address: some services are called by theirs."""
    hosts = {urlsplit(href(channel) or "").hostname or "" for channel in fact.channels}
    told = any(host.removeprefix("www.") in fact.name.lower() for host in hosts if host)
    return None if told or any(number_runs(fact.name)) else isolate(fact.name)


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
