"""For which revision of its source a translation can be approved."""

from __future__ import annotations

from content.models.target import Target
from content.models.unit import Unit
from content.models.unit_lifecycle import UnitState


def source_to_approve(unit: Unit, target: Target) -> int | None:
    """Return the approved revision of the source that an approval is for; None where nobody has approved the right one."""
    if unit.state == UnitState.APPROVED:
        return unit.revision
    approved = unit.approved_revision
    return approved if approved is not None and target.source_revision <= approved else None
