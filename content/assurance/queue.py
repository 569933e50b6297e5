"""The assurance queue: which channel to check next, by how soon its check expires and by the impact if it is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import IntEnum

from django.db.models import F, Max, Sum

from content.compiling.facts import ChannelFact, ServiceFact
from content.compiling.snapshot import service_facts
from content.models import Assurance, Channel, CorrectionCount, LinkCheck, Reply
from content.resolver.essential_services import is_crisis_line
from content.terms import ChannelType, Role

#: Days before a check expires at which its priority becomes SOON, and NEXT.
SOON_DAYS, NEXT_DAYS = 14, 30
#: Reports from which a channel's priority is NOW. More reports never count for more: a crowd, or one person acting as a crowd,
#: can bring a channel to the front and do nothing else.
MANY_REPORTS = 5


class Priority(IntEnum):
    """How soon to check a channel."""

    NOW = 0
    SOON = 1
    NEXT = 2
    LATER = 3


@dataclass(frozen=True)
class Impact:
    """What it means for a reader if the channel is wrong: points to sort by, and words."""

    points: int
    words: str


@dataclass(frozen=True)
class QueueEntry:
    """One channel in the queue, with the reasons for its position."""

    service: ServiceFact
    channel: ChannelFact
    revision: int
    priority: Priority
    impact: Impact
    #: Why to check it now or later, each in a few words.
    reasons: tuple[str, ...]
    link: LinkCheck | None
    reports: Mapping[str, int]
    replied: bool

    @property
    def until(self) -> date | None:
        """Return the day on which the last check expires."""
        return self.channel.assured_until


_IMPACT = {
    Role.EMERGENCY: Impact(6, "emergency number"),
    Role.HELPLINE: Impact(3, "helpline"),
    Role.POLICE_REPORT: Impact(3, "police report"),
    Role.IMAGE_REMOVAL: Impact(3, "image removal"),
    Role.HOTLINE_CSAM_REPORT: Impact(3, "hotline"),
    Role.PLATFORM_REPORT: Impact(2, "platform report"),
    Role.ADVICE: Impact(1, "advice"),
}


def queue_entries(*, at: datetime) -> list[QueueEntry]:
    """Return every channel of an active service, in the order in which to check them."""
    day = at.astimezone(UTC).date()
    services = [service for service in service_facts() if service.active]
    alone = Counter((service.country, role) for service in services for role in service.roles)
    revisions = {
        (service, position): pk for service, position, pk in Channel.objects.values_list("service_id", "position", "revision_id")
    }
    links = {check.revision_id: check for check in LinkCheck.objects.all()}
    reports = _reports(day)
    replied = set(Reply.objects.waiting().values_list("revision_id", flat=True))
    entries = [
        _entry(
            service,
            channel,
            revisions[service.id, channel.position],
            day,
            alone=alone,
            links=links,
            reports=reports,
            replied=replied,
        )
        for service in services
        for channel in service.channels
    ]
    return sorted(entries, key=lambda e: (e.priority, -e.impact.points, e.until or date.min, e.service.id, e.channel.position))


def impact_of(service: ServiceFact, channel: ChannelFact, *, alone: bool) -> Impact:
    """Return the impact if the channel is wrong; `alone` if the country has no other service of its weightiest role."""
    worst = max((_IMPACT[Role(role)] for role in service.roles), key=lambda impact: impact.points)
    points, words = worst.points, [worst.words]
    if is_crisis_line(service.roles, service.named_situations, (other.type for other in service.channels)):
        points, words = max(points, 4), [*words, "for a crisis"]
    if channel.type in (ChannelType.PHONE, ChannelType.SMS):
        # A page that is gone shows an error; a wrong number reaches a stranger.
        points += 1
        words += [] if Role.EMERGENCY in service.roles else ["a number"]
    if alone:
        points += 1
        words.append("the only one in its country")
    return Impact(points, ", ".join(words))


def _entry(
    service: ServiceFact,
    channel: ChannelFact,
    revision: int,
    day: date,
    *,
    alone: Mapping[tuple[str, str], int],
    links: Mapping[int, LinkCheck],
    reports: Mapping[int, Mapping[str, int]],
    replied: set[int],
) -> QueueEntry:
    link, own_reports = links.get(revision), reports.get(revision, {})
    heaviest = max(service.roles, key=lambda role: _IMPACT[Role(role)].points)
    found = [
        _expiry(channel.assured_until, day),
        _link_problem(link),
        _report_count(sum(own_reports.values())),
        (Priority.SOON, "the organization replied") if revision in replied else None,
    ]
    known = [one for one in found if one is not None]
    return QueueEntry(
        service=service,
        channel=channel,
        revision=revision,
        priority=min(priority for priority, _ in known),
        impact=impact_of(service, channel, alone=alone[service.country, heaviest] == 1),
        reasons=tuple(words for _, words in known),
        link=link,
        reports=own_reports,
        replied=revision in replied,
    )


def _expiry(until: date | None, day: date) -> tuple[Priority, str]:
    if until is None:
        return Priority.NOW, "not checked yet"
    days = (until - day).days
    if days < 0:
        return Priority.NOW, f"the check expired on {until:%-d %b %Y}"
    priority = Priority.SOON if days <= SOON_DAYS else Priority.NEXT if days <= NEXT_DAYS else Priority.LATER
    return priority, f"the check expires on {until:%-d %b %Y}"


def _link_problem(link: LinkCheck | None) -> tuple[Priority, str] | None:
    if link is None or not link.needs_attention:
        return None
    since = f", since {link.failing_since:%-d %b}" if link.failing_since else ""
    return Priority.NOW, f"the link is {link.get_result_display().lower()}{since}"


def _report_count(total: int) -> tuple[Priority, str] | None:
    if not total:
        return None
    words = f"{min(total, MANY_REPORTS)}{' or more' if total >= MANY_REPORTS else ''} report{'s' if total > 1 else ''}"
    return (Priority.NOW if total >= MANY_REPORTS else Priority.SOON), f"{words} that it does not work"


def _reports(day: date) -> dict[int, dict[str, int]]:
    """Return the recent reports by revision and problem, without those from before the last check."""
    checked = dict(Assurance.objects.order_by().values("revision").annotate(last=Max("at")).values_list("revision", "last"))
    rows = (
        CorrectionCount.objects.recent(on=day)
        .values("revision", "problem", "day")
        .annotate(n=Sum(F("total")))
        .values_list("revision", "problem", "day", "n")
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for revision, problem, on, n in rows:
        # Reports count by the day: those on the day of the check may have come after it, so they count.
        if revision not in checked or on >= checked[revision].date():
            found[revision][problem] = found[revision].get(problem, 0) + n
    return found
