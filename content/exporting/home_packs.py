"""The one pack of each country that a published release is read from, and the services in those packs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from content.models import Pack, Release
from content.models.release import NoRelease, ReleaseState
from content.resolver.types import PackContent, PackedNotice, PackedPhrase, PackedService
from content.terms import SOURCE_LOCALE, WORLDWIDE


@dataclass(frozen=True)
class ReleaseServices:
    """The services of a release by id, as their home country's pack has them, and the retired ones with their successors."""

    services: Mapping[str, PackedService]
    retired: Mapping[str, str | None]
    #: By kind of notice, its text: in the source language where there is a pack in it.
    notice_texts: Mapping[str, str]


def current_release() -> Release:
    """Return the published release. Raises NoRelease."""
    release = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
    if release is None:
        raise NoRelease()
    return release


def country_pack(release: Release, country: str) -> PackContent:
    """Return the home pack of the country (see `home_packs`), else of the worldwide one. Raises NoRelease."""
    homes = home_packs(release.pack_digests())
    digest = homes.get(country) or homes.get(WORLDWIDE)
    if digest is None:
        raise NoRelease()
    return stored_pack(digest)


def home_packs(places: Mapping[tuple[str, str], str]) -> dict[str, str]:
    """Return by country the digest of its home pack: the one in the source language, else in its first locale.

    `places` are the digests by country and locale.
    """
    homes: dict[str, str] = {}
    for (country, locale), digest in sorted(places.items()):
        if country not in homes or locale == SOURCE_LOCALE:
            homes[country] = digest
    return homes


def stored_pack(digest: str) -> PackContent:
    """Return the pack with this digest from the database."""
    pack: PackContent = json.loads(Pack.objects.values_list("body", flat=True).get(pk=digest))
    return pack


def release_services(homes: Mapping[str, str], read: Callable[[str], PackContent]) -> ReleaseServices:
    """Return the services in these home packs (digests by country); `read` returns a pack by its digest, one at a time."""
    services: dict[str, PackedService] = {}
    retired: dict[str, str | None] = {}
    notice_labels: dict[str, PackedPhrase] = {}
    for country, digest in homes.items():
        pack = read(digest)
        # A blocked pack may still hold a service that its home country has retired since: the home country decides.
        for service in pack["services"]:
            if service["country"] == country or service["country"] not in homes:
                services.setdefault(service["id"], service)
        retired |= {tombstone["id"]: tombstone["successor"] for tombstone in pack["retired"]}
        for kind, label in pack["labels"].get("notices", {}).items():
            if kind not in notice_labels or label["lang"] == SOURCE_LOCALE:
                notice_labels[kind] = label
    return ReleaseServices(
        dict(sorted(services.items())),
        {name: successor for name, successor in sorted(retired.items()) if name not in services},
        {kind: label["text"] for kind, label in notice_labels.items()},
    )


def notices(service: PackedService) -> list[PackedNotice]:
    """Return the notices of the service; packs of older releases have none."""
    return list(service.get("notices") or ())
