"""The bytes of packs: on disk under their digest, in memory what was asked for last, else where they come from."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Collection, Hashable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import orjson

from api.http.responses import Answer
from content.models import Pack, ReleasePack
from content.models.release import ReleaseState
from content.resolver.types import PackContent
from content.terms import WORLDWIDE
from core.canonical import digest
from core.errors import Gone
from core.lru_cache import WeightedLruCache

log = logging.getLogger(__name__)

_NAME = re.compile("[0-9a-f]{64}")
#: Bytes held in memory, whatever clients ask: answers with their compressed forms, packs as dicts (six times their JSON).
MOST_ANSWERS, MOST_PARSED = 48_000_000, 48_000_000
#: Bytes of packs that one statement asks for, so that none takes long.
_CHUNK = 2_000_000
#: Seconds for which a pack that no release names any more stays on disk: clients may just have read an older manifest.
_KEPT = 7 * 86_400


class WithdrawnPack(Gone):
    """A service that these bytes hold was withdrawn; the manifest names the pack that took their place."""


class Tables:
    """The database."""

    def body(self, name: str) -> bytes:
        """Return the pack's bytes. LookupError: it is nowhere."""
        row = Pack.objects.filter(pk=name).values_list("body", flat=True).first()
        if row is None:
            raise LookupError(f"There is no pack {name}.")
        return row.encode()

    def bodies(self, names: Collection[str]) -> Iterator[tuple[str, bytes]]:
        """Yield them, a few at a time."""
        chunk: list[str] = []
        weight = 0
        for name, size in [*Pack.objects.filter(pk__in=names).order_by().values_list("digest", "size"), ("", _CHUNK)]:
            if chunk and weight + size > _CHUNK:
                for found, body in Pack.objects.filter(pk__in=chunk).values_list("digest", "body"):
                    yield found, body.encode()
                chunk, weight = [], 0
            chunk.append(name)
            weight += size

    def ever(self, name: str, country: str, locale: str) -> bytes | None:
        """Return a pack of any release."""
        found = ReleasePack.objects.filter(
            # A country that has its own packs now was answered with the worldwide one before.
            country_id__in=[country, WORLDWIDE],
            locale_id=locale,
            pack_id=name,
            release__state__in=[ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED],
        )
        body = found.values_list("pack__body", flat=True).first()
        return body.encode() if body is not None else None


class Packs:
    """Packs by digest. Without a folder they are read from the database each time they have left the memory."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.source = Tables()
        self.answers: WeightedLruCache[Hashable, Answer] = WeightedLruCache(MOST_ANSWERS, weigh=lambda answer: answer.weight)
        self._parsed: WeightedLruCache[str, tuple[int, PackContent]] = WeightedLruCache(MOST_PARSED, weigh=lambda held: held[0])

    def body(self, name: str) -> bytes:
        """Return the pack's bytes; the name must be the digest of a pack that was published. Raises what the source does."""
        found = self.on_disk(name)
        return found if found is not None else self.source.body(name)

    def earlier(self, name: str, country: str, locale: str) -> bytes | None:
        """Return a pack of an earlier release that is still on disk, if it was this country's or the worldwide one."""
        body = self.on_disk(name) if _NAME.fullmatch(name) else None
        if body is None:
            return None
        pack = orjson.loads(body)
        return body if pack["country"] in {country, WORLDWIDE} and pack["locale"] == locale else None

    def parsed(self, name: str) -> PackContent:
        """Return the pack as a dict that nobody may change."""
        return self._parsed.get(name, lambda: _parse(self.body(name)))[1]

    def on_disk(self, name: str) -> bytes | None:
        """Return the bytes that the folder holds under this digest, or None; a damaged file counts for nothing."""
        if self.folder is None:
            return None
        with suppress(OSError):
            found = self._path(name).read_bytes()
            if digest(found) == name:
                return found
            log.error("the file of pack %s is damaged; it is written anew with the next release", name[:12])
            self._path(name).unlink()
        return None

    def keep(self, names: Iterable[str]) -> None:
        """Bring these packs to the folder, those that are not there yet: what was fetched ahead, else from the source."""
        if self.folder is None:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in self._missing(self.folder, names):
                # Another process with the same folder may have moved it meanwhile.
                with suppress(FileNotFoundError):
                    (self._coming / f"{name}.json").replace(self._path(name))
            for name, body in self.source.bodies(self._missing(self.folder, names)):
                write_whole(self._path(name), body)
        except OSError as error:
            log.error("packs cannot be kept on disk (%s): they are read from where they come from", error.strerror)

    def fetch_ahead(self, names: Iterable[str], *, seconds: float) -> bool:
        """Bring packs that may be published soon to a folder beside, where nobody is answered from; all others leave it.

        Works for about so long, and tells whether there is nothing left to do.
        """
        if self.folder is None:
            return True
        end = time.monotonic() + seconds
        wanted = self._missing(self.folder, names)
        try:
            if not wanted and not self._coming.is_dir():
                return True
            self._coming.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._coming.iterdir():
                if path.stem not in wanted:
                    path.unlink(missing_ok=True)
            for name, body in self.source.bodies(self._missing(self._coming, wanted)):
                write_whole(self._coming / f"{name}.json", body)
                if time.monotonic() > end:
                    return False
        except OSError as error:
            log.warning("packs cannot be fetched ahead (%s): they are when their release is published", error.strerror)
        return True

    def drop_all_but(self, names: Iterable[str]) -> None:
        """Remove from the folder what no release has named for a week."""
        if self.folder is None or not self.folder.is_dir():
            return
        kept = {self._path(name) for name in names}
        for path in self.folder.iterdir():
            with suppress(OSError):
                if path in kept:
                    path.touch()
                elif path.stat().st_mtime < time.time() - _KEPT:
                    path.unlink()

    def forget(self) -> None:
        """Empty the memory."""
        self.answers.clear()
        self._parsed.clear()

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / f"{name}.json"

    @property
    def _coming(self) -> Path:
        assert self.folder is not None
        return self.folder.with_name("coming")

    @staticmethod
    def _missing(folder: Path, names: Iterable[str]) -> set[str]:
        return {name for name in names if not (folder / f"{name}.json").exists()}


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one; several processes may do so at once."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    draft.write_bytes(data)
    draft.replace(path)


def _parse(body: bytes) -> tuple[int, PackContent]:
    return 6 * len(body), orjson.loads(body)
