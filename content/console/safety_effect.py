"""What a safety change of a source text takes from readers, as staff read it before they save."""

from __future__ import annotations

from content.console.unit_names import UnitNames
from content.models import Target, Tip, Unit


def safety_effect(unit: Unit) -> str:
    """Return in words which languages lose their translation of the text, and the tip with it."""
    approved = Target.objects.filter(unit=unit).exclude(approved_text="").order_by("locale__name")
    languages = list(approved.values_list("locale__name", flat=True))
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
