"""Compare the channels in a file with those in the database; each difference becomes a proposal for a second person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from content.importing.facts_file import ImportedChannel
from content.models import Channel, ChannelRevision
from content.models.channel_revision import Act
from content.models.revision import RevisionState
from core.models import User

Facts = dict[str, Any]


@dataclass
class ChannelSlots:
    """The channels of one service by position: in force, proposed, and every revision there has been."""

    in_force: dict[int, Channel] = field(default_factory=dict)
    proposed: dict[int, ChannelRevision] = field(default_factory=dict)
    revisions: list[ChannelRevision] = field(default_factory=list)

    @classmethod
    def by_service(cls) -> dict[str, ChannelSlots]:
        """Read the slots of all services."""
        slots: dict[str, ChannelSlots] = {}
        for channel in Channel.objects.all():
            slots.setdefault(channel.service_id, cls()).in_force[channel.position] = channel
        for revision in ChannelRevision.objects.order_by("pk"):
            own = slots.setdefault(revision.service_id, cls())
            own.revisions.append(revision)
            if revision.state == RevisionState.PROPOSED:
                own.proposed[revision.position] = revision
        return slots

    def decided_before(self, facts: Facts) -> bool:
        """Return whether people have approved or rejected exactly these facts: the file is then older than their decision."""
        return any(revision.act != Act.REMOVE and revision.facts() == facts for revision in self.revisions)

    def removal_rejected(self, position: int) -> bool:
        """Return whether the removal of the channel in force was proposed and people kept the channel."""
        since = self.in_force[position].revision_id
        return any(r.act == Act.REMOVE and r.position == position and r.pk > since for r in self.revisions)


@dataclass
class Difference:
    """What to propose and which proposals to withdraw; the position of each channel; what people decided otherwise."""

    propose: list[tuple[int, Act, Facts]] = field(default_factory=list)
    withdraw: list[ChannelRevision] = field(default_factory=list)
    positions: dict[int, ImportedChannel] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


def compare(channels: Iterable[ImportedChannel], slots: ChannelSlots, *, by: User) -> Difference:
    """Match the file's channels with existing ones by type and contact, then by type alone (the contact has changed)."""
    difference = Difference()
    existing = {position: channel.facts() for position, channel in slots.in_force.items()}
    existing |= {position: revision.facts() for position, revision in slots.proposed.items()}
    unmatched = list(channels)
    for keys in (("type", "address"), ("type",)):
        for channel in list(unmatched):
            position = next((p for p, facts in existing.items() if all(channel.facts[k] == facts[k] for k in keys)), None)
            if position is not None:
                unmatched.remove(channel)
                del existing[position]
                difference.positions[position] = channel
                _compare_position(difference, slots, position, channel.facts, by)
    for position in existing:
        _compare_position(difference, slots, position, None, by)
    # A position is never reused, because texts refer to it.
    free = max((revision.position for revision in slots.revisions), default=0) + 1
    for channel in unmatched:
        if slots.decided_before(channel.facts):
            contact = channel.facts["dial"] or channel.facts["address"]
            difference.kept.append(f"{contact} is not added again, because people removed or rejected it")
            continue
        difference.positions[free] = channel
        difference.propose.append((free, Act.ADD, channel.facts))
        free += 1
    return difference


def _compare_position(difference: Difference, slots: ChannelSlots, position: int, wanted: Facts | None, by: User) -> None:
    """Decide what to propose for one position; `wanted` is None where the file no longer has the channel."""
    channel, proposal = slots.in_force.get(position), slots.proposed.get(position)
    now = channel.facts() if channel else None
    if proposal is not None:
        if wanted == (None if proposal.act == Act.REMOVE else proposal.facts()):
            return
        if proposal.proposed_by_id != by.pk:
            difference.kept.append(f"channel {position} already has another proposal")
            return
        difference.withdraw.append(proposal)
    if wanted == now:
        return
    if wanted is None:
        assert now is not None
        if slots.removal_rejected(position):
            difference.kept.append(f"channel {position} is kept, because people rejected its removal")
        else:
            difference.propose.append((position, Act.REMOVE, now))
    elif slots.decided_before(wanted):
        difference.kept.append(f"channel {position} is kept as people approved it")
    else:
        difference.propose.append((position, Act.CHANGE if channel else Act.ADD, wanted))
