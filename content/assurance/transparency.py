"""What is listed for a country and how it was checked, and what is withheld and why, without any withheld number or URL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from django.db.models import TextChoices

from content.compiling.eligibility import channel_eligibility, covers
from content.compiling.facts import ChannelFact, Policy, ServiceFact
from content.compiling.rendering import href, isolate
from content.compiling.snapshot import service_facts
from content.linting.numbers import number_runs
from content.models import Assurance, Service
from content.models.assurance import Method
from content.models.service_facts import Status
from content.resolver.types import PackContent, PackedChannel, PackedService
from content.terms import WORLDWIDE, Role

_HOW = {
    Method.READ: "a person read the organization’s own page",
    Method.OPENED: "a person opened the link and it worked",
    Method.RUNG: "a person called or texted the number and got an answer",
    Method.CONFIRMED: "the organization confirmed it",
}


class WithholdingReason(TextChoices):
    """Why a channel is withheld."""

    WITHDRAWN = "withdrawn", "Withdrawn. Two people have to agree before it is listed again."
    RETIRED = "retired", "The service no longer exists."
    CLOSED = "closed", "The service is temporarily closed."
    NEVER_CHECKED = "never-checked", "Not checked yet."
    EXPIRED = "expired", "Its last check has expired."
    WAITING = "waiting", "Waiting for the next release."


@dataclass(frozen=True)
class ListedChannel:
    """One listed channel; `how` is None if no check of its present values is recorded."""

    type: str
    display: str | None
    checked_on: date | None
    how: str | None
    good_until: date | None
    overdue: bool


@dataclass(frozen=True)
class ListedService:
    """One listed service; `name` and `organization` are wrapped in Unicode isolates."""

    name: str
    organization: str
    roles: tuple[str, ...]
    worldwide: bool
    emergency: bool
    channels: tuple[ListedChannel, ...]


@dataclass(frozen=True)
class WithheldChannels:
    """Channels of one service and type, withheld for the same reason; `name` is None if it contains a number or a host."""

    name: str | None
    roles: tuple[str, ...]
    type: str
    count: int
    reason: WithholdingReason
    since: date | None


@dataclass(frozen=True)
class TransparencyReport:
    """The contents of the page; `unapproved` counts services without any channel that two people have approved."""

    listed: tuple[ListedService, ...]
    withheld: tuple[WithheldChannels, ...]
    unapproved: int


def transparency_report(pack: PackContent, *, country: str, policy: Policy) -> TransparencyReport:
    """Compare the published pack with the country's services in the database on the policy's day."""
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
    return TransparencyReport(tuple(listed), tuple(withheld), unapproved)


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
    # A check counts only for the values it was made of, not for those that wait for the next release.
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


def _withheld(
    fact: ServiceFact, status: str, shown: set[tuple[str, int, str, str | None]], policy: Policy
) -> Iterator[WithheldChannels]:
    kinds: dict[tuple[str, WithholdingReason, date | None], int] = defaultdict(int)
    for channel in fact.channels:
        kind = channel.type
        if (fact.id, channel.position, kind, href(channel)) not in shown:
            kinds[(kind, *_reason(fact, status, channel, policy))] += 1
    for (kind, reason, since), count in kinds.items():
        yield WithheldChannels(_name(fact), fact.roles, kind, count, reason, since)


def _reason(fact: ServiceFact, status: str, channel: ChannelFact, policy: Policy) -> tuple[WithholdingReason, date | None]:
    if fact.withdrawn:
        return WithholdingReason.WITHDRAWN, None
    if not fact.active:
        return (WithholdingReason.CLOSED if status == Status.TEMPORARILY_CLOSED else WithholdingReason.RETIRED), None
    if channel_eligibility(fact, channel, policy).served:
        return WithholdingReason.WAITING, None
    if channel.assured_until is not None:
        return WithholdingReason.EXPIRED, channel.assured_until
    return WithholdingReason.NEVER_CHECKED, None


def _name(fact: ServiceFact) -> str | None:
    """Return the name in isolates, or None if it contains a number or a host, as the names of some services do."""
    hosts = {urlsplit(href(channel) or "").hostname or "" for channel in fact.channels}
    contains_host = any(host.removeprefix("www.") in fact.name.lower() for host in hosts if host)
    return None if contains_host or any(number_runs(fact.name)) else isolate(fact.name)


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
