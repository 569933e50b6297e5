"""Compare the packs of two releases as readers get them: what changes in words, and what goes or comes back.

Pure: packs go in, changes and consequences come out. A change that is the same in several countries is one change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from content.compiling.pack_words import Words, name_of, packed_items, words_of
from content.linting.locale_tag import is_variant
from content.resolver.types import PackContent
from core.canonical import canonical_json

#: Two steps with less in common are two different steps, and not one that was reworded.
_SAME_STEP = 0.5
#: Fields whose values are ids of readers: where one goes, those readers lose the item.
_READERS = ("audiences", "situations")


@dataclass(frozen=True)
class Compared:
    """The packs of one country and locale: before (None: it is new), after (None: it goes), and before a rollback."""

    country: str
    locale: str
    before: PackContent | None
    after: PackContent | None
    #: The pack that the last rollback replaced, where nothing newer was compiled for the place since.
    undone: PackContent | None = None


@dataclass(frozen=True)
class ItemChange:
    """How one item of the packs of one locale differs in these countries; only the fields that differ are given."""

    kind: str
    item: str
    locale: str
    name: str
    #: None: the item was not there, or is not there any more.
    old: Words | None
    new: Words | None
    countries: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """Something that readers lose, or get back after a rollback, which the publisher must confirm."""

    kind: str
    item: str
    #: The title, name, number or step itself, preferably in the source language.
    name: str
    #: Locale to countries, both sorted.
    places: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Comparison:
    """All differences between two sets of packs."""

    changes: tuple[ItemChange, ...] = ()
    effects: tuple[Effect, ...] = ()


class _EffectKey(NamedTuple):
    kind: str
    item: str


class _ItemKey(NamedTuple):
    kind: str
    item: str
    locale: str


@dataclass
class _ItemDifference:
    """One difference between two versions of an item, and the countries in whose packs it was found."""

    before: Any
    after: Any
    change: ItemChange
    #: (kind of effect, id, name).
    losses: list[tuple[str, str, str]]
    countries: list[str] = field(default_factory=list)


@dataclass
class _Found:
    """What was found so far; most packs of a locale hold the same items, so that few are put into words."""

    items: dict[_ItemKey, list[_ItemDifference]] = field(default_factory=dict)
    effects: dict[_EffectKey, dict[str, dict[str, str]]] = field(default_factory=dict)

    def difference(self, key: _ItemKey, before: Any, after: Any) -> _ItemDifference:
        """Return the difference between these versions, which is made where it is new."""
        known = self.items.setdefault(key, [])
        for one in known:
            if one.before == before and one.after == after:
                return one
        losses = list(_losses(*key, before, after)) if before is not None and key.kind != "pack" else []
        known.append(_ItemDifference(before, after, _change(*key, before, after), losses))
        return known[-1]

    def effect(self, kind: str, item: str, name: str, place: Compared) -> None:
        self.effects.setdefault(_EffectKey(kind, item), {}).setdefault(place.locale, {})[place.country] = name

    def changes(self) -> Iterator[ItemChange]:
        """Yield each change once, with all countries in which its words are the same."""
        same: dict[bytes, tuple[ItemChange, list[str]]] = {}
        for difference in (one for known in self.items.values() for one in known if one.countries):
            change = difference.change
            key = canonical_json([change.kind, change.item, change.locale, change.old, change.new])
            same.setdefault(key, (change, []))[1].extend(difference.countries)
        for change, countries in same.values():
            yield replace(change, countries=tuple(sorted(countries)))


def compare(places: Iterable[Compared], *, source: str) -> Comparison:
    """Return what differs. `source` is the locale in which the names of effects are given where they have one there."""
    found = _Found()
    for place in places:
        _compare_place(place, found)
    return Comparison(
        tuple(sorted(found.changes(), key=lambda c: (c.kind, c.item, c.locale, c.countries))),
        tuple(sorted(_effects(found, source), key=lambda effect: (effect.kind, effect.item))),
    )


def _effects(found: _Found, source: str) -> Iterator[Effect]:
    for (kind, item), by_locale in found.effects.items():
        names = by_locale.get(source) or by_locale[min(by_locale)]
        places = {locale: tuple(sorted(countries)) for locale, countries in sorted(by_locale.items())}
        yield Effect(kind, item, names[min(names)], places)


def _compare_place(place: Compared, found: _Found) -> None:
    if place.after is None:
        found.effect("pack", place.country, "", place)
        return
    old = packed_items(place.before) if place.before is not None else {}
    new = packed_items(place.after)
    undone = packed_items(place.undone) if place.undone is not None else {}
    for kind, item in sorted(old.keys() | new.keys()):
        before, after = old.get((kind, item)), new.get((kind, item))
        if before == after:
            continue
        if place.before is not None:
            difference = found.difference(_ItemKey(kind, item, place.locale), before, after)
            difference.countries.append(place.country)
            for effect, id_, name in difference.losses:
                found.effect(effect, id_, name, place)
        if after is not None and kind != "pack" and after == undone.get((kind, item)):
            found.effect("returns", f"{kind}:{item}", name_of(kind, after), place)


def _change(kind: str, item: str, locale: str, before: Any, after: Any) -> ItemChange:
    old = words_of(kind, before) if before is not None else None
    new = words_of(kind, after) if after is not None else None
    name = name_of(kind, after if after is not None else before)
    if old is not None and new is not None:
        differing = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        if not differing:
            # Nothing that people read: the dates of checks, links, flags. Named, so that no change is hidden.
            raw = sorted(name for name in {**before, **after} if before.get(name) != after.get(name))
            return ItemChange(kind, item, locale, name, {"other": raw}, {"other": raw})
        old = {name: old.get(name, "") for name in differing}
        new = {name: new.get(name, "") for name in differing}
    return ItemChange(kind, item, locale, name, old, new)


def _losses(kind: str, item: str, locale: str, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    """Yield (kind of effect, id, name) for each thing that readers of the locale lose in this item."""
    name = name_of(kind, before)
    if after is None:
        yield kind, item, name
        return
    for readers in _READERS:
        for gone in sorted({*before.get(readers, ())} - {*after.get(readers, ())}):
            yield "readers", f"{kind}:{item}:{readers}:{gone}", name
    if kind == "service":
        for channel in _gone_channels(before, after):
            shown = channel["display"] or channel["href"] or channel["type"]
            yield "channel", f"{item}/{channel['position']}", f"{name}: {shown}"
    if kind == "tip":
        yield from _lost_words(item, locale, before, after)


def _lost_words(slug: str, locale: str, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    """Yield the reader's own language where the tip is no longer in it, or else the steps that go."""
    if is_variant(before["lang"], locale) and not is_variant(after["lang"], locale):
        yield "translation", slug, before["title"]
    elif before["lang"] == after["lang"]:
        for part in ("do_now", "do_not"):
            for position in gone_steps(before[part], after[part]):
                yield "step", f"{slug}/{part}/{position + 1}", before[part][position]


def _gone_channels(before: Any, after: Any) -> Iterator[Any]:
    kept = {channel["position"] for channel in after["channels"]}
    return (channel for channel in before["channels"] if channel["position"] not in kept)


def gone_steps(old: Sequence[str], new: Sequence[str]) -> list[int]:
    """Return the positions of the old steps that are not in the new list, neither as they were nor reworded."""
    gone: list[int] = []
    left = [step for step in new if step not in old]
    for position, step in enumerate(old):
        if step in new:
            continue
        likest = max(left, key=lambda other: _likeness(step, other), default=None)
        if likest is not None and _likeness(step, likest) >= _SAME_STEP:
            left.remove(likest)
        else:
            gone.append(position)
    return gone


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
