"""When what readers are told of each service last changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from content.exporting.open_data import home_packs, release_services, stored_pack
from content.models import Release


def changed(before: Release | None, release: Release, *, at: datetime) -> dict[str, str]:
    """Return by service since when readers get its entry as this release has it, as RFC 3339; `at`: from this release on.

    Of an entry that was there before this was written down it is not known, and the service is left out.
    """
    entries = _entries(before) if before is not None else {}
    known: Mapping[str, str] = before.changed if before is not None else {}
    told = {
        name: known.get(name) if entries.get(name) == entry else at.isoformat(timespec="milliseconds")
        for name, entry in _entries(release).items()
    }
    return {name: since for name, since in told.items() if since is not None}


def _entries(release: Release) -> Mapping[str, Mapping[str, object]]:
    return release_services(home_packs(release.places()), stored_pack).services
