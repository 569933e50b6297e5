"""An exported tree as what a server reads from, in the place of the database: whole and checked, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import orjson

from api.export import EDITION, PACKS
from api.reads.edition import Edition, from_plain
from api.reads.pack_store import Packs, WithdrawnPack
from content.publishing.signing import read_back
from content.publishing.verify import Refused
from content.terms import WORLDWIDE
from core.canonical import digest
from core.errors import Unavailable


class NotWhole(Unavailable):
    """The exported tree is not there, or not whole."""


class Mark(NamedTuple):
    """What changes with each export that has something new; a folder that took another one's place has other numbers too."""

    device: int
    inode: int
    written: int
    size: int


class Origin:
    """The tree that `export_release` wrote to a folder, here or where it was copied from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mark(self) -> Mark:
        """Look whether there is anything new. Raises NotWhole."""
        try:
            found = (self.folder / EDITION).stat()
        except OSError as error:
            raise NotWhole(f"{self.folder / EDITION} cannot be read: {error.strerror}.") from None
        return Mark(found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size)

    def edition(self, packs: Packs) -> Edition:
        """Bring its packs to the disk and return it, once all of it was checked. Raises NotWhole.

        The manifest has to be signed by a key that it names itself: that finds what is damaged or mixed up. What is forged
        the apps find, which alone know the root.
        """
        try:
            edition = replace(from_plain(orjson.loads((self.folder / EDITION).read_bytes()), packs), feed=None)
            manifest = read_back(edition.manifest or "", at=datetime.now(UTC))
        except (OSError, ValueError, LookupError, TypeError, AttributeError, Refused):
            raise NotWhole(f"{self.folder / EDITION} is damaged.") from None
        listed = {place: pack.digest for place, pack in manifest.packs.items()}
        if (manifest.release, listed) != (edition.number, dict(edition.places)):
            raise NotWhole(f"{self.folder / EDITION} is not what its manifest lists.")
        packs.keep(listed.values())
        for name in sorted(set(listed.values())):
            packs.body(name)
        return edition

    def body(self, name: str) -> bytes:
        """Return a pack's bytes. Raises NotWhole."""
        return next(iter(self.bodies([name])))[1]

    def bodies(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield digest and bytes of each. Raises NotWhole where one is missing or damaged."""
        places = {path.stem: path for path in (self.folder / PACKS).glob("*/*/*.json")}
        for name in names:
            found = _read(places[name], name) if name in places else None
            if found is None:
                raise NotWhole(f"The pack {name[:12]} of the tree is missing or damaged.")
            yield name, found

    def ever(self, name: str, country: str, locale: str) -> bytes | None:
        """Return a pack of an earlier export; WithdrawnPack where only its mark is left."""
        for place in (self.folder / PACKS / code / locale / f"{name}.json" for code in (country, WORLDWIDE)):
            if place.with_suffix(".gone").exists():
                raise WithdrawnPack()
            if (found := _read(place, name)) is not None:
                return found
        return None


def _read(path: Path, name: str) -> bytes | None:
    try:
        found = path.read_bytes()
    except OSError:
        return None
    return found if digest(found) == name else None
