"""Record how a release differs from the one before it, once, when it is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson

from content.compiling.comparison import Compared, compare
from content.models import Pack, PackCoverage, Release, ReleaseChange, ReleaseEffect
from content.resolver.types import PackContent
from content.terms import SOURCE_LOCALE

#: Packs that are held in memory at the same time; one is about 150 kB of JSON.
_AT_ONCE = 20
Place = tuple[str, str]


def record_changes(release: Release, *, with_effects: bool = True) -> None:
    """Store the changes from the release's base in words, and the coverage of its packs.

    With effects, the publisher has to confirm what goes and what comes back; a patch of the published release has none,
    because readers are protected by it being published at once.
    """
    PackCoverage.objects.count_release(release)
    if release.base is None:
        return
    found = compare(_places(release, release.base), source=SOURCE_LOCALE)
    ReleaseChange.objects.bulk_create(
        (
            ReleaseChange(
                release=release,
                kind=change.kind,
                item=change.item,
                locale_id=change.locale,
                name=change.name,
                countries=list(change.countries),
                old=change.old,
                new=change.new,
            )
            for change in found.changes
        ),
        batch_size=500,
    )
    if with_effects:
        ReleaseEffect.objects.bulk_create(
            ReleaseEffect(release=release, kind=effect.kind, item=effect.item, name=effect.name, places=effect.places)
            for effect in found.effects
        )


def _places(release: Release, base: Release) -> Iterator[Compared]:
    """Yield the packs that differ, a few at a time."""
    before, after = base.pack_digests(), release.pack_digests()
    undone = _undone(release)
    differing = sorted(place for place in before.keys() | after.keys() if before.get(place) != after.get(place))
    for start in range(0, len(differing), _AT_ONCE):
        chosen = differing[start : start + _AT_ONCE]
        digests = {found for place in chosen for packs in (before, after, undone) if (found := packs.get(place)) is not None}
        bodies = dict(Pack.objects.filter(pk__in=digests).values_list("pk", "body"))
        for country, locale in chosen:
            place = country, locale
            yield Compared(
                country, locale, _pack(bodies, before, place), _pack(bodies, after, place), _pack(bodies, undone, place)
            )


def _undone(release: Release) -> Mapping[Place, str]:
    """Return the packs that the last rollback replaced, as long as nothing newer was compiled for their locales."""
    rolled_back = release.undone_by_rollback()
    if rolled_back is None:
        return {}
    number, since = rolled_back
    packs = Release(number=number).pack_digests()
    return {place: found for place, found in packs.items() if place[1] not in since}


def _pack(bodies: Mapping[str, str], packs: Mapping[Place, str], place: Place) -> PackContent | None:
    if place not in packs:
        return None
    pack: PackContent = orjson.loads(bodies[packs[place]])
    return pack
