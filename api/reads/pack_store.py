"""The bytes of packs by digest: on disk, in a bounded memory, otherwise from the database."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Collection, Hashable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import orjson

from api.http.responses import ReadResponse
from content.models import Pack, ReleasePack
from content.models.release import ReleaseState
from content.resolver.types import PackContent
from content.terms import WORLDWIDE
from core.canonical import digest
from core.errors import Gone
from core.lru_cache import WeightedLruCache

log = logging.getLogger(__name__)

_DIGEST = re.compile("[0-9a-f]{64}")
#: Bytes held in memory, whatever clients request: published packs with their compressed forms, other responses, and parsed
#: packs, which take about six times the size of their JSON.
MAX_PUBLISHED, MAX_RESPONSES, MAX_PARSED = 48_000_000, 24_000_000, 48_000_000
#: Bytes of packs per SQL statement, so that no statement takes long.
_CHUNK = 2_000_000
#: Seconds for which a pack stays on disk after its release: clients may just have read an older manifest.
_KEEP_SECONDS = 7 * 86_400


class PackWithdrawn(Gone):
    """This pack contains a service that was withdrawn. Fetch the manifest: it names the pack that replaces this one."""


class DatabaseSource:
    """Packs as the database holds them."""

    def body(self, name: str) -> bytes:
        """Return the bytes of the pack with this digest. Raises LookupError."""
        row = Pack.objects.filter(pk=name).values_list("body", flat=True).first()
        if row is None:
            raise LookupError(f"no pack has the digest {name}")
        return row.encode()

    def bodies(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield (digest, bytes) of those packs that exist, about 2 MB per statement."""
        chunk: list[str] = []
        weight = 0
        for name, size in [*Pack.objects.filter(pk__in=names).order_by().values_list("digest", "size"), ("", _CHUNK)]:
            if chunk and weight + size > _CHUNK:
                for found, body in Pack.objects.filter(pk__in=chunk).values_list("digest", "body"):
                    yield found, body.encode()
                chunk, weight = [], 0
            chunk.append(name)
            weight += size

    def historical(self, name: str, country: str, locale: str) -> bytes | None:
        """Return the pack of any release, current or earlier, that served this country and locale under this digest."""
        found = ReleasePack.objects.filter(
            # A country that has packs of its own now was served the worldwide one before.
            country_id__in=[country, WORLDWIDE],
            locale_id=locale,
            pack_id=name,
            release__state__in=[ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED],
        )
        body = found.values_list("pack__body", flat=True).first()
        return body.encode() if body is not None else None


class PackStore:
    """Packs by digest. Without a folder, a pack that is no longer in memory is read from the database."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.source = DatabaseSource()
        #: Packs as they were published; apart from other responses, so that no number of those replaces a pack.
        self.published: WeightedLruCache[Hashable, ReadResponse] = WeightedLruCache(
            MAX_PUBLISHED, weigh=lambda response: response.memory_size
        )
        #: Other finished responses, by whatever they depend on.
        self.responses: WeightedLruCache[Hashable, ReadResponse] = WeightedLruCache(
            MAX_RESPONSES, weigh=lambda response: response.memory_size
        )
        self._parsed: WeightedLruCache[str, tuple[int, PackContent]] = WeightedLruCache(MAX_PARSED, weigh=lambda held: held[0])

    def body(self, name: str) -> bytes:
        """Return the bytes of a published pack. Raises LookupError, or DatabaseError."""
        found = self.on_disk(name)
        return found if found is not None else self.source.body(name)

    def historical_on_disk(self, name: str, country: str, locale: str) -> bytes | None:
        """Return a pack that is on disk, if it belongs to this locale and to this country or the whole world."""
        body = self.on_disk(name) if _DIGEST.fullmatch(name) else None
        if body is None:
            return None
        pack = orjson.loads(body)
        return body if pack["country"] in {country, WORLDWIDE} and pack["locale"] == locale else None

    def parsed(self, name: str) -> PackContent:
        """Return the parsed pack; callers must not change it."""
        return self._parsed.get(name, lambda: _parse(self.body(name)))[1]

    def on_disk(self, name: str) -> bytes | None:
        """Return the bytes of the file of this digest, or None; a file whose bytes do not match is deleted."""
        if self.folder is None:
            return None
        with suppress(OSError):
            found = self._path(name).read_bytes()
            if digest(found) == name:
                return found
            log.error("the file of pack %s is damaged; it is written again with the next release", name[:12])
            self._path(name).unlink()
        return None

    def write_to_disk(self, names: Iterable[str]) -> None:
        """Write those of these packs that are not on disk yet: prefetched files are moved, the others read from the database."""
        if self.folder is None:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in self._missing(self.folder, names):
                # Another process with the same folder may have moved the file meanwhile.
                with suppress(FileNotFoundError):
                    (self._prefetched / f"{name}.json").replace(self._path(name))
            for name, body in self.source.bodies(self._missing(self.folder, names)):
                replace_file(self._path(name), body)
        except OSError as error:
            log.error("cannot write packs to disk (%s): they are read from the database", error.strerror)

    def prefetch(self, names: Iterable[str], *, seconds: float) -> bool:
        """Write packs that may soon be published to a folder that serves nobody; delete all others from that folder.

        Work for about so many seconds, and return whether nothing is left to do.
        """
        if self.folder is None:
            return True
        end = time.monotonic() + seconds
        wanted = self._missing(self.folder, names)
        try:
            if not wanted and not self._prefetched.is_dir():
                return True
            self._prefetched.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._prefetched.iterdir():
                if path.stem not in wanted:
                    path.unlink(missing_ok=True)
            for name, body in self.source.bodies(self._missing(self._prefetched, wanted)):
                replace_file(self._prefetched / f"{name}.json", body)
                if time.monotonic() > end:
                    return False
        except OSError as error:
            log.warning("cannot prefetch packs (%s): they are fetched when their release is published", error.strerror)
        return True

    def prune(self, current: Iterable[str]) -> None:
        """Delete the files of packs that have not been current for a week."""
        if self.folder is None or not self.folder.is_dir():
            return
        kept = {self._path(name) for name in current}
        for path in self.folder.iterdir():
            with suppress(OSError):
                if path in kept:
                    path.touch()
                elif path.stat().st_mtime < time.time() - _KEEP_SECONDS:
                    path.unlink()

    def clear(self) -> None:
        """Empty the memory."""
        self.published.clear()
        self.responses.clear()
        self._parsed.clear()

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{name}.json"

    @property
    def _prefetched(self) -> Path:
        assert self.folder is not None
        return self.folder.with_name("prefetched")

    @staticmethod
    def _missing(folder: Path, names: Iterable[str]) -> set[str]:
        return {name for name in names if not (folder / f"{name}.json").exists()}


def replace_file(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old bytes or the new ones; several processes may do so at once."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.write_bytes(data)
    draft.replace(path)


def _parse(body: bytes) -> tuple[int, PackContent]:
    return 6 * len(body), orjson.loads(body)
