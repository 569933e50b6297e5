"""What a file says of a service's channels against what stands: each difference becomes a proposal for a second person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from content.importing.facts_file import ChannelEntry
from content.models import Channel, ChannelRevision
from content.models.channel_revision import Act, RevisionState
from core.models import User

Facts = dict[str, Any]


@dataclass
class Slots:
    """The channels of one service by position: what stands, what waits for approval, and all that ever was."""

    standing: dict[int, Channel] = field(default_factory=dict)
    waiting: dict[int, ChannelRevision] = field(default_factory=dict)
    past: list[ChannelRevision] = field(default_factory=list)

    @classmethod
    def by_service(cls) -> dict[str, Slots]:
        """Read the slots of all services."""
        slots: dict[str, Slots] = {}
        for channel in Channel.objects.all():
            slots.setdefault(channel.service_id, cls()).standing[channel.position] = channel
        for revision in ChannelRevision.objects.order_by("pk"):
            own = slots.setdefault(revision.service_id, cls())
            own.past.append(revision)
            if revision.state == RevisionState.PROPOSED:
                own.waiting[revision.position] = revision
        return slots

    def known_before(self, facts: Facts) -> bool:
        """Tell whether these very facts stood once or were turned down: then people decided, and the file is the older one."""
        return any(revision.act != Act.REMOVE and revision.facts() == facts for revision in self.past)

    def removal_declined(self, position: int) -> bool:
        """Tell whether people kept the channel that stands although its removal was proposed."""
        since = self.standing[position].revision_id
        return any(r.act == Act.REMOVE and r.position == position and r.pk > since for r in self.past)


@dataclass
class Difference:
    """What to propose and what to take back; where each entry stands; what people decided otherwise."""

    propose: list[tuple[int, Act, Facts]] = field(default_factory=list)
    withdraw: list[ChannelRevision] = field(default_factory=list)
    positions: dict[int, ChannelEntry] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


def compare(entries: Iterable[ChannelEntry], slots: Slots, *, by: User) -> Difference:
    """Match the file's channels with those there are by type and address, then by type alone (a changed number)."""
    found = Difference()
    there = {position: channel.facts() for position, channel in slots.standing.items()}
    there |= {position: waiting.facts() for position, waiting in slots.waiting.items()}
    left = list(entries)
    for keys in (("type", "address"), ("type",)):
        for entry in list(left):
            position = next((p for p, facts in there.items() if all(entry.facts[k] == facts[k] for k in keys)), None)
            if position is not None:
                left.remove(entry)
                del there[position]
                found.positions[position] = entry
                _settle(found, slots, position, entry.facts, by)
    for position in there:
        _settle(found, slots, position, None, by)
    # A position is never given twice: words refer to it.
    free = max((revision.position for revision in slots.past), default=0) + 1
    for entry in left:
        if slots.known_before(entry.facts):
            found.kept.append(f"{entry.facts['dial'] or entry.facts['address']} stays away, as people decided")
            continue
        found.positions[free] = entry
        found.propose.append((free, Act.ADD, entry.facts))
        free += 1
    return found


def _settle(found: Difference, slots: Slots, position: int, wanted: Facts | None, by: User) -> None:
    """Decide one position: `wanted` is what the file says of it, None where the file has it no more."""
    standing, waiting = slots.standing.get(position), slots.waiting.get(position)
    now = standing.facts() if standing else None
    if waiting is not None:
        if wanted == (None if waiting.act == Act.REMOVE else waiting.facts()):
            return
        if waiting.proposed_by_id != by.pk:
            found.kept.append(f"channel {position} has another proposal waiting")
            return
        found.withdraw.append(waiting)
    if wanted == now:
        return
    if wanted is None:
        assert now is not None
        if slots.removal_declined(position):
            found.kept.append(f"channel {position} stays, as people decided")
        else:
            found.propose.append((position, Act.REMOVE, now))
    elif slots.known_before(wanted):
        found.kept.append(f"channel {position} stays as people approved it")
    else:
        found.propose.append((position, Act.CHANGE if standing else Act.ADD, wanted))
