"""Compute each service's last-modified time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from content.exporting.home_packs import home_packs, release_services, stored_pack
from content.models import Release
from content.resolver.types import PackedService


def last_modified_by_service(current: Release | None, release: Release, *, at: datetime) -> dict[str, str]:
    """Return by service, as RFC 3339, the instant since which readers get its entry as this release has it.

    `current` is the release that this one replaces at the instant `at`. A service is left out where that instant is not known:
    its entry is older than the record of changes.
    """
    entries = _entries(current) if current is not None else {}
    known: Mapping[str, str] = current.changed if current is not None else {}
    times = {
        name: known.get(name) if entries.get(name) == entry else at.isoformat(timespec="milliseconds")
        for name, entry in _entries(release).items()
    }
    return {name: time for name, time in times.items() if time is not None}


def _entries(release: Release) -> Mapping[str, PackedService]:
    return release_services(home_packs(release.pack_digests()), stored_pack).services
