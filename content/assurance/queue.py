"""The assurance desk's queue: which channel to check next, by how soon its check ends and by the harm if it is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import IntEnum

from django.db.models import F, Max, Sum

from content.compiling.snapshot import ChannelFact, ServiceFact, service_facts
from content.models import Assurance, Channel, CorrectionCount, LinkCheck, Reply
from content.models.correction_count import Problem
from content.resolver.essential_services import is_crisis_line
from content.terms import ChannelType, Role

#: Days before its end at which a check is to be renewed soon, and next.
SOON_DAYS, NEXT_DAYS = 14, 30
#: From so many reports on a channel is to be looked at at once. More never count for more: a crowd, or somebody who plays
#: one, can bring a channel to the front and nothing else.
MANY_REPORTS = 5


class Urgency(IntEnum):
    """How soon a channel is to be checked."""

    NOW = 0
    SOON = 1
    NEXT = 2
    LATER = 3


@dataclass(frozen=True)
class Harm:
    """What it means for a reader when the channel is wrong: points to sort by, and words."""

    points: int
    words: str


@dataclass(frozen=True)
class Entry:
    """One channel in the queue, and why it stands where it stands."""

    service: ServiceFact
    channel: ChannelFact
    revision: int
    urgency: Urgency
    harm: Harm
    #: What speaks for looking, each in one short sentence.
    reasons: tuple[str, ...]
    link: LinkCheck | None
    reports: Mapping[str, int]
    replied: bool

    @property
    def until(self) -> date | None:
        """Return the day on which the last check ends."""
        return self.channel.assured_until


_HARM = {
    Role.EMERGENCY: Harm(6, "emergency number"),
    Role.HELPLINE: Harm(3, "helpline"),
    Role.POLICE_REPORT: Harm(3, "police report"),
    Role.IMAGE_REMOVAL: Harm(3, "image removal"),
    Role.HOTLINE_CSAM_REPORT: Harm(3, "hotline"),
    Role.PLATFORM_REPORT: Harm(2, "platform report"),
    Role.ADVICE: Harm(1, "advice"),
}


def queue(*, at: datetime) -> list[Entry]:
    """Return every channel of an active service, the most pressing first."""
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
        _entry(service, channel, revisions[service.id, channel.position], day, alone, links, reports, replied)
        for service in services
        for channel in service.channels
    ]
    return sorted(entries, key=lambda e: (e.urgency, -e.harm.points, e.until or date.min, e.service.id, e.channel.position))


def harm(service: ServiceFact, channel: ChannelFact, *, alone: bool) -> Harm:
    """Say what is at stake; `alone` where the country has no other service of its heaviest role."""
    worst = max((_HARM[Role(role)] for role in service.roles), key=lambda h: h.points)
    points, words = worst.points, [worst.words]
    if is_crisis_line(service.roles, service.named_situations):
        points, words = max(points, 4), [*words, "for a crisis"]
    if channel.type in (ChannelType.PHONE, ChannelType.SMS):
        # A dead page says that it is dead; a wrong number rings at a stranger.
        points += 1
        words += [] if Role.EMERGENCY in service.roles else ["a number"]
    if alone:
        points += 1
        words.append(f"the only one in {service.country}")
    return Harm(points, ", ".join(words))


def _entry(
    service: ServiceFact,
    channel: ChannelFact,
    revision: int,
    day: date,
    alone: Mapping[tuple[str, str], int],
    links: Mapping[int, LinkCheck],
    reports: Mapping[int, Mapping[str, int]],
    replied: set[int],
) -> Entry:
    link, told = links.get(revision), reports.get(revision, {})
    heaviest = max(service.roles, key=lambda role: _HARM[Role(role)].points)
    found = [
        _of_end(channel.assured_until, day),
        _of_link(link),
        _of_reports(sum(told.values())),
        (Urgency.SOON, "the organization answered") if revision in replied else None,
    ]
    known = [one for one in found if one is not None]
    return Entry(
        service=service,
        channel=channel,
        revision=revision,
        urgency=min(urgency for urgency, _ in known),
        harm=harm(service, channel, alone=alone[service.country, heaviest] == 1),
        reasons=tuple(words for _, words in known),
        link=link,
        reports=told,
        replied=revision in replied,
    )


def _of_end(until: date | None, day: date) -> tuple[Urgency, str]:
    if until is None:
        return Urgency.NOW, "nobody has checked it"
    days = (until - day).days
    if days < 0:
        return Urgency.NOW, f"the check ended on {until:%-d %b %Y}"
    urgency = Urgency.SOON if days <= SOON_DAYS else Urgency.NEXT if days <= NEXT_DAYS else Urgency.LATER
    return urgency, f"the check ends on {until:%-d %b %Y}"


def _of_link(link: LinkCheck | None) -> tuple[Urgency, str] | None:
    if link is None or not link.troubles:
        return None
    since = f", since {link.failing_since:%-d %b}" if link.failing_since else ""
    return Urgency.NOW, f"its address is {link.get_result_display().lower()}{since}"


def _of_reports(total: int) -> tuple[Urgency, str] | None:
    if not total:
        return None
    words = f"{min(total, MANY_REPORTS)}{' or more' if total >= MANY_REPORTS else ''} report{'s' if total > 1 else ''}"
    return (Urgency.NOW if total >= MANY_REPORTS else Urgency.SOON), f"{words} that it does not work"


def _reports(day: date) -> dict[int, dict[str, int]]:
    """Return the young reports by revision and problem, as far as they came after the last check."""
    checked = dict(Assurance.objects.order_by().values("revision").annotate(last=Max("at")).values_list("revision", "last"))
    rows = (
        CorrectionCount.objects.young(on=day)
        .values("revision", "problem", "day")
        .annotate(n=Sum(F("total")))
        .values_list("revision", "problem", "day", "n")
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for revision, problem, on, n in rows:
        # On the day of the check itself nobody knows which came first; they are counted.
        if revision not in checked or on >= checked[revision].date():
            found[revision][problem] = found[revision].get(problem, 0) + n
    return found


def reported(reports: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    """Yield the problems in words with how often they were reported, most frequent first."""
    for problem, n in sorted(reports.items(), key=lambda item: (-item[1], item[0])):
        yield Problem(problem).label, n
