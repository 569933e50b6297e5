"""One edition: what readers can be answered from at one moment, as plain values. A release, its manifest, the feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from django.db import connection

from api.reads.pack_store import Packs
from content.exporting.open_data import home_packs
from content.models import Country, Locale, Manifest, Release, ReleasePack, WithdrawnPack
from content.models.release import NoRelease, ReleaseState
from notifications import feed
from notifications.feed import Feed

_MARKS_SQL = f"""
    SELECT pg_is_in_recovery(),
        (SELECT max(number) FROM content_release WHERE state = 'candidate'),
        (SELECT number FROM content_release WHERE state = 'published'),
        (SELECT max(id) FROM content_manifest),
        (SELECT count(*) || ' ' || count(put_back_at) FROM content_withdrawal),
        ({feed.VERSION_SQL})
"""  # noqa: S608  (no value of anybody else's in it)


class Marks(NamedTuple):
    """The one row that tells whether an edition is out of date."""

    #: A standby answers questions but stores nothing. It changes no edition, and neither does what waits to be published.
    standby: bool
    candidate: int | None
    release: int | None
    manifest: int | None
    withdrawals: str
    feed: str | None

    def differ(self, known: Marks) -> bool:
        """Tell whether there is a new edition since then."""
        return self[2:] != known[2:]


class LocaleName(NamedTuple):
    """How a locale is shown."""

    dir: str
    endonym: str


@dataclass(frozen=True)
class Edition:
    """What is published; nobody may change it. Own packs exist for `countries`, every country in `names` is answered."""

    packs: Packs = field(compare=False, repr=False)
    number: int | None = None
    #: Country and locale to the pack's digest. The gate may have kept single packs back.
    places: Mapping[tuple[str, str], str] = field(default_factory=dict)
    #: Service to the country whose pack holds it, or held it until it retired.
    homes: Mapping[str, str] = field(default_factory=dict)
    #: Service to since when its entry is as it is, as far as that is known.
    changed: Mapping[str, str] = field(default_factory=dict)
    #: Digests of packs that hold a withdrawn service.
    withdrawn: frozenset[str] = frozenset()
    manifest: str | None = None
    #: Every assigned country, and ZZ.
    names: Mapping[str, str] = field(default_factory=dict)
    #: Every locale that a pack may be in.
    endonyms: Mapping[str, LocaleName] = field(default_factory=dict)
    feed: Feed = field(default_factory=Feed)

    @cached_property
    def countries(self) -> tuple[str, ...]:
        """Codes of the countries that it holds packs for, ZZ among them."""
        return tuple(sorted({country for country, _ in self.places}))

    @cached_property
    def locales(self) -> tuple[str, ...]:
        """Tags of the locales that it holds packs in."""
        return tuple(sorted({locale for _, locale in self.places}))

    def released(self) -> Edition:
        """Return it, or raise NoRelease where nothing was published yet."""
        if self.number is None:
            raise NoRelease()
        return self


def look() -> Marks:
    """Ask the database for the one row that tells whether there is anything new."""
    with connection.cursor() as cursor:
        cursor.execute(_MARKS_SQL)
        return Marks(*cursor.fetchone())


def read(marks: Marks, packs: Packs, *, before: tuple[Marks, Edition] | None, at: datetime) -> Edition:
    """Read what is new since `before`; the packs of a new release are brought to the disk first."""
    known, edition = before or (None, Edition(packs))
    edition = replace(edition, names=_names(), endonyms=_endonyms())
    if known is None or known.release != marks.release:
        edition = _with_release(edition, marks.release)
    if known is None or known.withdrawals != marks.withdrawals:
        edition = replace(edition, withdrawn=_withdrawn())
    if known is None or known.manifest != marks.manifest:
        signed = Manifest.objects.order_by("-pk").values_list("body", flat=True).first()
        edition = replace(edition, manifest=signed)
    if known is None or known.feed != marks.feed:
        edition = replace(edition, feed=feed.read(at=at))
    return edition


def candidate_packs(number: int | None) -> list[str]:
    """Return the digests of the packs of a release that waits to be published."""
    return list(
        ReleasePack.objects.filter(release=number, release__state=ReleaseState.CANDIDATE).values_list("pack_id", flat=True)
    )


def to_plain(edition: Edition) -> dict[str, Any]:
    """Return the edition as JSON can hold it, without the packs."""
    return {
        "number": edition.number,
        "places": [[country, locale, name] for (country, locale), name in edition.places.items()],
        "homes": edition.homes,
        "changed": edition.changed,
        "withdrawn": sorted(edition.withdrawn),
        "manifest": edition.manifest,
        "names": edition.names,
        "endonyms": {tag: name._asdict() for tag, name in edition.endonyms.items()},
        "feed": edition.feed.rows(),
    }


def from_plain(plain: Mapping[str, Any], packs: Packs) -> Edition:
    """Return the edition that `to_plain` wrote."""
    return Edition(
        packs=packs,
        number=plain["number"],
        places={(country, locale): name for country, locale, name in plain["places"]},
        homes=plain["homes"],
        # Older software did not keep it.
        changed=plain.get("changed", {}),
        withdrawn=frozenset(plain["withdrawn"]),
        manifest=plain["manifest"],
        names=plain["names"],
        endonyms={tag: LocaleName(**name) for tag, name in plain["endonyms"].items()},
        feed=feed.from_rows(plain["feed"]),
    )


def _with_release(edition: Edition, number: int | None) -> Edition:
    if number is None:
        return replace(edition, number=None, places={}, homes={}, changed={})
    release = Release.objects.get(number=number)
    places = release.places()
    edition.packs.keep(places.values())
    return _placed(edition, release, places)


def _placed(edition: Edition, release: Release, places: dict[tuple[str, str], str]) -> Edition:
    homes: dict[str, str] = {}
    for country, name in home_packs(places).items():
        pack = orjson.loads(edition.packs.body(name))
        homes |= {s["id"]: s["country"] for s in pack["services"]} | {s["id"]: country for s in pack["retired"]}
    return replace(edition, number=release.number, places=places, homes=homes, changed=release.changed)


def _withdrawn() -> frozenset[str]:
    return frozenset(WithdrawnPack.objects.filter(withdrawal__put_back_at=None).values_list("pack_id", flat=True))


def _names() -> dict[str, str]:
    return dict(Country.objects.values_list("code", "name"))


def _endonyms() -> dict[str, LocaleName]:
    return {row.code: LocaleName(row.dir, row.endonym) for row in Locale.objects.all()}
