"""An edition: everything that reads are answered from at one moment (release, manifest, alert feed), as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from django.db import connection

from api.reads.event_names import event_names
from api.reads.pack_store import PackStore
from content.exporting.home_packs import home_packs
from content.models import Country, Locale, Manifest, Release, ReleasePack
from content.models.release import NoRelease, ReleaseState
from content.models.tip_withdrawal import withdrawn_packs
from notifications import feed, feed_query
from notifications.feed import Feed
from notifications.models.scheduler_run import SECONDS_SINCE_SQL

_CHANGE_MARKER_SQL = f"""
    SELECT (SELECT max(number) FROM content_release WHERE state = 'candidate'),
        ({SECONDS_SINCE_SQL}),
        (SELECT number FROM content_release WHERE state = 'published'),
        (SELECT max(id) FROM content_manifest),
        (SELECT (SELECT count(*) || ' ' || count(put_back_at) FROM content_withdrawal)
            || ' ' || (SELECT count(*) || ' ' || count(put_back_at) FROM content_tipwithdrawal)),
        ({feed_query.VERSION_SQL})
"""  # noqa: S608  (built from constants alone)


class ChangeMarker(NamedTuple):
    """The one row that shows whether an edition is out of date."""

    #: Number of the newest release that waits for publication. Like the next one, it does not change the edition.
    candidate: int | None
    #: Seconds since the scheduler of campaigns last ran; None if it never did.
    scheduler_age: float | None
    release: int | None
    manifest: int | None
    withdrawals: str
    feed: str | None

    def differs_from(self, other: ChangeMarker) -> bool:
        """Return whether the edition has changed between the two markers."""
        return self[2:] != other[2:]


class LocaleName(NamedTuple):
    """The text direction of a locale and its name in its own language."""

    dir: str
    endonym: str


@dataclass(frozen=True)
class Edition:
    """The published content and the alert feed at one moment; immutable, replaced as a whole."""

    packs: PackStore = field(compare=False, repr=False)
    #: Release number, or None before the first publication.
    number: int | None = None
    #: Day on which the release was published, ISO 8601 in UTC, where known.
    published_on: str | None = None
    #: (country, locale) → digest of its pack. The gate may have blocked single packs.
    pack_digests: Mapping[tuple[str, str], str] = field(default_factory=dict)
    #: Service id → the country whose pack contains the service, or its tombstone once retired.
    service_countries: Mapping[str, str] = field(default_factory=dict)
    #: Service id → RFC 3339 time of the service's last change, where known.
    last_modified: Mapping[str, str] = field(default_factory=dict)
    #: Digests of packs that contain a withdrawn service or tip.
    withdrawn_packs: frozenset[str] = frozenset()
    #: The newest signed manifest, a compact JWS.
    manifest: str | None = None
    #: Country → its own newest signed manifest, a compact JWS.
    country_manifests: Mapping[str, str] = field(default_factory=dict)
    #: Country → locale → the newest signed manifest that lists this pack alone, a compact JWS.
    locale_manifests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    #: Code → English name of every assigned country, and of ZZ.
    country_names: Mapping[str, str] = field(default_factory=dict)
    #: Tag → name of every locale that a pack may be in.
    locale_names: Mapping[str, LocaleName] = field(default_factory=dict)
    #: Tag → what alerts are about, in each language in which that is approved.
    event_names: Mapping[str, str] = field(default_factory=dict)
    feed: Feed = field(default_factory=Feed)

    @cached_property
    def countries(self) -> tuple[str, ...]:
        """Sorted codes of the countries with packs of their own, including ZZ."""
        return tuple(sorted({country for country, _ in self.pack_digests}))

    @cached_property
    def locales(self) -> tuple[str, ...]:
        """Sorted tags of the locales that packs exist in."""
        return tuple(sorted({locale for _, locale in self.pack_digests}))

    def require_release(self) -> Edition:
        """Return this edition, or raise NoRelease if nothing has been published yet."""
        if self.number is None:
            raise NoRelease()
        return self


def read_change_marker() -> ChangeMarker:
    """Query the database for the row that shows whether anything has changed."""
    with connection.cursor() as cursor:
        cursor.execute(_CHANGE_MARKER_SQL)
        return ChangeMarker(*cursor.fetchone())


def read_edition(
    marker: ChangeMarker, packs: PackStore, *, previous: tuple[ChangeMarker, Edition] | None, at: datetime
) -> Edition:
    """Read from the database what has changed since `previous`; packs of a new release are written to disk first."""
    known, edition = previous or (None, Edition(packs))
    edition = replace(edition, country_names=_country_names(), locale_names=_locale_names(), event_names=event_names())
    if known is None or known.release != marker.release:
        edition = _with_release(edition, marker.release)
    if known is None or known.withdrawals != marker.withdrawals:
        edition = replace(edition, withdrawn_packs=withdrawn_packs())
    if known is None or known.manifest != marker.manifest:
        signed = Manifest.objects.order_by("-pk").values_list("body", "country_bodies", "locale_bodies").first()
        body, by_country, by_locale = signed or (None, {}, {})
        edition = replace(edition, manifest=body, country_manifests=by_country, locale_manifests=by_locale)
    if known is None or known.feed != marker.feed:
        edition = replace(edition, feed=feed_query.read(at=at))
    return edition


def candidate_packs(number: int | None) -> list[str]:
    """Return the pack digests of a release that waits for publication."""
    return list(
        ReleasePack.objects.filter(release=number, release__state=ReleaseState.CANDIDATE).values_list("pack_id", flat=True)
    )


def to_plain(edition: Edition) -> dict[str, Any]:
    """Return the edition, without the packs themselves, as a dict that can be written as JSON."""
    return {
        "number": edition.number,
        "published_on": edition.published_on,
        "places": [[country, locale, digest] for (country, locale), digest in edition.pack_digests.items()],
        "homes": edition.service_countries,
        "changed": edition.last_modified,
        "withdrawn": sorted(edition.withdrawn_packs),
        "manifest": edition.manifest,
        "country_manifests": edition.country_manifests,
        "locale_manifests": edition.locale_manifests,
        "names": edition.country_names,
        "endonyms": {tag: name._asdict() for tag, name in edition.locale_names.items()},
        "events": edition.event_names,
        "feed": edition.feed.rows(),
    }


def from_plain(plain: Mapping[str, Any], packs: PackStore) -> Edition:
    """Return the edition that `to_plain` wrote."""
    return Edition(
        packs=packs,
        number=plain["number"],
        # Older versions did not write it.
        published_on=plain.get("published_on"),
        pack_digests={(country, locale): digest for country, locale, digest in plain["places"]},
        service_countries=plain["homes"],
        # Older versions did not write it.
        last_modified=plain.get("changed", {}),
        withdrawn_packs=frozenset(plain["withdrawn"]),
        manifest=plain["manifest"],
        # Older versions did not write it.
        country_manifests=plain.get("country_manifests", {}),
        locale_manifests=plain.get("locale_manifests", {}),
        country_names=plain["names"],
        locale_names={tag: LocaleName(**name) for tag, name in plain["endonyms"].items()},
        # Older versions did not write it.
        event_names=plain.get("events", {}),
        feed=feed.from_rows(plain["feed"]),
    )


def _with_release(edition: Edition, number: int | None) -> Edition:
    if number is None:
        return replace(edition, number=None, published_on=None, pack_digests={}, service_countries={}, last_modified={})
    release = Release.objects.get(number=number)
    digests = release.pack_digests()
    edition.packs.write_to_disk(digests.values())
    countries: dict[str, str] = {}
    for country, digest in home_packs(digests).items():
        pack = orjson.loads(edition.packs.body(digest))
        countries |= {s["id"]: s["country"] for s in pack["services"]} | {s["id"]: country for s in pack["retired"]}
    return replace(
        edition,
        number=number,
        published_on=release.published_at.astimezone(UTC).date().isoformat() if release.published_at else None,
        pack_digests=digests,
        service_countries=countries,
        last_modified=release.changed,
    )


def _country_names() -> dict[str, str]:
    return dict(Country.objects.values_list("code", "name"))


def _locale_names() -> dict[str, LocaleName]:
    return {row.code: LocaleName(row.dir, row.endonym) for row in Locale.objects.all()}
