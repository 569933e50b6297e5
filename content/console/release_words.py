"""The changes and effects of a release as staff read them: names, places and word diffs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from content.compiling.comparison import ItemChange
from content.compiling.pack_words import Words
from content.console.labels import inside_sentence, label, labels
from content.console.translation_status import differences
from content.models import Locale, ReleaseChange, ReleaseEffect
from content.models.release_change import EffectKind
from core.console import display
from core.console.display import country_text, language_text, listed

#: More countries or languages than these are counted.
_NAMED = 3
_FIELDS = {
    "lang": "Language",
    "title": "Title",
    "short_title": "Short title",
    "short": "Short answer",
    "do_now": "Do now",
    "do_not": "Do not",
    "more": "More",
    "audiences": "Audience",
    "situations": "Situations",
    "ages": "Ages",
    "order": "Position in the list",
    "name": "Name",
    "organization": "Organization",
    "purpose": "Purpose",
    "after": "What happens next",
    "answers_in": "Languages",
    "channels": "Channels",
    "routes": "How to report on the platform",
    "notices": "Notices",
    "roles": "Roles",
    "regions": "Regions",
    "text": "Text",
    "display": "Number",
    "counted_by": "Counted by",
    "source": "Source",
    "retired": "Services that have retired",
}
_CODES = {"audiences": "audience", "situations": "situation", "roles": "role"}
_NOT_WORDS = "Only details that are not text, such as the date of a check, a link or the order of a plan."


@dataclass(frozen=True)
class ChangedWords:
    """One field of an item: what was removed, added and kept, word by word."""

    name: str
    parts: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ChangedItem:
    """One item that differs in one language, in words."""

    change: ItemChange
    #: "new", "gone" or "changed".
    act: str
    where: str
    #: Of the text itself.
    lang: str
    dir: str
    fields: Sequence[ChangedWords]
    #: Said where no words differ.
    note: str


@dataclass(frozen=True)
class EffectInWords:
    """One thing to confirm: what goes or comes back, and where."""

    pk: int
    heading: str
    name: str
    where: str
    #: Language and countries in full.
    places: Sequence[tuple[str, str]]


def as_item_change(change: ReleaseChange) -> ItemChange:
    """Return a stored change as the comparison found it."""
    return ItemChange(change.kind, change.item, change.locale_id, change.name, change.old, change.new, tuple(change.countries))


def describe_changes(changes: Iterable[ItemChange]) -> list[ChangedItem]:
    """Return the changes in words, in one query."""
    directions = dict(Locale.objects.values_list("code", "dir"))
    return [_described(change, directions) for change in changes]


def _described(change: ItemChange, directions: Mapping[str, str]) -> ChangedItem:
    old, new = change.old or {}, change.new or {}
    words = [
        ChangedWords(_FIELDS.get(field, field.replace("_", " ").capitalize()), list(differences(before, after)))
        for field in dict.fromkeys([*old, *new])
        if field != "other" and (before := _text(field, old)) != (after := _text(field, new))
    ]
    served = str(new.get("lang") or old.get("lang") or change.locale)
    return ChangedItem(
        change,
        act="new" if change.old is None else "gone" if change.new is None else "changed",
        where=countries_text(change.countries),
        lang=served,
        dir=directions.get(served, "ltr"),
        fields=words,
        note="" if words else _NOT_WORDS,
    )


def _text(field: str, words: Words) -> str:
    value = words.get(field, "")
    if field == "lang":
        return language_text(str(value)) if value else ""
    if isinstance(value, str):
        return value
    return labels(_CODES[field], value) if field in _CODES else "\n".join(value)


def describe_effects(effects: Iterable[ReleaseEffect]) -> list[EffectInWords]:
    """Return the effects in words."""
    return [
        EffectInWords(
            effect.pk,
            _heading(effect),
            effect.name or country_text(effect.item),
            places_text(effect.places),
            [(language_text(locale), ", ".join(map(country_text, places))) for locale, places in effect.places.items()],
        )
        for effect in effects
    ]


def _heading(effect: ReleaseEffect) -> str:
    name = label("effect", effect.kind)
    if effect.kind != EffectKind.READERS:
        return name
    field, value = effect.item.split(":")[-2:]
    return f"{name}: {inside_sentence(label(_CODES[field], value))}"


def countries_text(countries: Sequence[str]) -> str:
    """Return "for Ireland and Malta", or "for 40 countries" where there are more than a few."""
    return display.places_text("for", countries, most=_NAMED)


def places_text(places: Mapping[str, Sequence[str]]) -> str:
    """Return the countries and languages of an effect, such as "for 40 countries, in Welsh"."""
    countries = sorted({code for codes in places.values() for code in codes})
    languages = [language_text(locale) for locale in places]
    where = f"in {len(languages)} languages" if len(languages) > _NAMED else f"in {listed(languages)}"
    return f"{countries_text(countries)}, {where}"
