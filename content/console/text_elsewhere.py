"""A translation that stands in another place of the same language, where the source says something else."""

from __future__ import annotations

from difflib import SequenceMatcher

from content.console.unit_names import UnitNames
from content.linting.fault import Fault, Strength
from content.models import Target, Unit

#: Sources that are this similar may have the same translation.
_SIMILAR = 0.6
#: Places that the warning names.
_NAMED = 3


def text_elsewhere_faults(unit: Unit, text: str, locale: str) -> list[Fault]:
    """Return a warning where the text is also the translation of another source text, as after pasting into the wrong box."""
    if not text:
        return []
    others = Target.objects.filter(locale=locale, text=text).exclude(unit=unit).select_related("unit").order_by("unit__key")
    keys = [other.unit.key for other in others if not _are_similar(unit.text, other.unit.text)]
    if not keys:
        return []
    names = UnitNames(keys[:_NAMED])
    named = ", ".join(f"“{names.name(key)}”" for key in keys[:_NAMED])
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    detail = f"The same text is the translation of {named}{more}, where the source text is another one. Is it in the right box?"
    return [Fault("text-elsewhere", detail, Strength.WARN, 0, len(text))]


def _are_similar(one: str, other: str) -> bool:
    return SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False).ratio() >= _SIMILAR
