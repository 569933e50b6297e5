"""What a change of a source text does to its translations, as staff read it before they save."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from content.console.unit_names import UnitNames
from content.models import Target, Tip, Unit
from content.models.target_lifecycle import TargetState
from content.models.target_status import TargetStatus
from content.terms import Change

#: Translations that a clarity change makes outdated; the others are behind the source already, or about to be removed.
_UP_TO_DATE = frozenset({TargetStatus.APPROVED, TargetStatus.NEEDS_REVIEW})


def change_effects(unit: Unit) -> Mapping[Change, str]:
    """Return in words, for each kind of change, which translations of the text it concerns, by language."""
    targets = Target.objects.with_status().filter(unit=unit).exclude(state=TargetState.EMPTY).order_by("locale__name")
    rows = list(targets.values_list("locale__name", "status", "approved_text"))
    current = [name for name, status, _ in rows if status in _UP_TO_DATE]
    behind = [name for name, status, _ in rows if status not in _UP_TO_DATE]
    return {
        Change.COSMETIC: f"{_translations(rows)} {_are(rows)} not affected." if rows else "There is no translation of this text.",
        Change.CLARITY: _clarity(current, behind),
        Change.SAFETY: _safety(unit, [name for name, _, approved in rows if approved]),
    }


def _clarity(current: list[str], behind: list[str]) -> str:
    if not current and not behind:
        return "There is no translation of this text."
    become = "becomes" if len(current) == 1 else "become"
    found = f"{_translations(current)} {become} outdated: {', '.join(current)}." if current else ""
    older = f"{_translations(behind)} {_are(behind)} behind the source text already: {', '.join(behind)}." if behind else ""
    return f"{found} {older}".strip()


def _safety(unit: Unit, languages: list[str]) -> str:
    if not languages:
        return "No translation of this text is approved, so readers lose none."
    count = f"{len(languages)} language{'' if len(languages) == 1 else 's'}"
    found = f"The translation into {count} is withdrawn: {', '.join(languages)}."
    owner, _, slug = unit.owner.partition(":")
    tip = Tip.objects.current().filter(pk=slug).first() if owner == "tip" else None
    if tip is not None and unit.key in (key for _, key in tip.keys()):  # noqa: SIM118  a method of the tip
        name = UnitNames([f"tip.{slug}"]).name(f"tip.{slug}")
        found += f" Readers of these languages then see the whole tip “{name}” in English."
    return found


def _translations(found: Collection[object]) -> str:
    return f"{len(found)} translation{'' if len(found) == 1 else 's'}"


def _are(found: Collection[object]) -> str:
    return "is" if len(found) == 1 else "are"
