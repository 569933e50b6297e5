"""The reading age of a whole tip while one of its texts is edited: one text alone has too few words to measure."""

from __future__ import annotations

from content.linting.fault import Fault
from content.linting.reading_age import MEASURED, reading_faults
from content.linting.tokens import without_tokens
from content.models import Target, Tip, Unit


def tip_reading_faults(unit: Unit, text: str, locale: str) -> list[Fault]:
    """Return a warning where the unit's tip is hard to read in the locale, with `text` in place of the unit's own.

    Texts of the tip that do not exist yet in the locale are left out; a unit of no tip has no warning.
    """
    owner, _, slug = unit.owner.partition(":")
    if owner != "tip" or locale.partition("-")[0] not in MEASURED or (tip := Tip.objects.filter(pk=slug).first()) is None:
        return []
    keys = [key for _, key in tip.keys()]  # noqa: SIM118  a method of the tip
    if locale == unit.source_locale_id:
        texts = dict(Unit.objects.filter(key__in=keys).values_list("key", "text"))
    else:
        texts = dict(Target.objects.filter(unit__key__in=keys, locale=locale).values_list("unit__key", "text"))
    texts[unit.key] = text
    return reading_faults("\n".join(without_tokens(texts[key]) for key in keys if key in texts), locale, tip.audiences)
