"""A translation that stands in another place of the same language, where the source says something else."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import SequenceMatcher

from content.console.unit_names import UnitNames, slug_of, title_of_tip
from content.linting.fault import Fault, Strength
from content.models import Unit

#: Sources that are this similar may have the same translation.
_SIMILAR = 0.6
#: Places that the warning names.
_NAMED = 3


def text_elsewhere_faults(unit: Unit, text: str, locale: str) -> list[Fault]:
    """Return a warning where the text is also the translation of another source text, as after pasting into the wrong box."""
    return texts_elsewhere_faults({unit: text}, locale).get(unit.pk, [])


def texts_elsewhere_faults(texts: Mapping[Unit, str], locale: str) -> dict[int, list[Fault]]:
    """Return these warnings for several units by their primary keys, from one query, and one more for names of services."""
    wanted = {text for text in texts.values() if text}
    if not wanted:
        return {}
    others: dict[str, list[tuple[str, str]]] = {}
    titles = {}
    found = Unit.objects.filter(targets__locale=locale, targets__text__in=wanted).order_by("key")
    for key, source, translation, title in found.values_list("key", "text", "targets__text", title_of_tip("key")):
        others.setdefault(translation, []).append((key, source))
        titles[slug_of(key)] = title or ""
    keys = {}
    for unit, text in texts.items():
        found_in = [(key, source) for key, source in others.get(text, ()) if key != unit.key]
        # Tips that say the same have the same source again and again, and comparing is slow.
        similar = {source for source in {source for _, source in found_in} if _are_similar(unit.text, source)}
        same = [key for key, source in found_in if source not in similar]
        if same:
            keys[unit] = same
    names = UnitNames((key for same in keys.values() for key in same[:_NAMED]), titles=titles)
    return {unit.pk: [_fault(same, names, len(texts[unit]))] for unit, same in keys.items()}


def _fault(keys: list[str], names: UnitNames, length: int) -> Fault:
    named = ", ".join(f"“{names.name(key)}”" for key in keys[:_NAMED])
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    detail = f"The same text is the translation of {named}{more}, where the source text is another one. Is it in the right box?"
    return Fault("text-elsewhere", detail, Strength.WARN, 0, length)


def _are_similar(one: str, other: str) -> bool:
    if one == other:
        return True
    matcher = SequenceMatcher(None, one.casefold(), other.casefold(), autojunk=False)
    # The first two are upper bounds of the third, and much faster.
    return all(ratio() >= _SIMILAR for ratio in (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio))
