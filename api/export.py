"""The same bytes as a tree of files, for any web server, object store or CDN: written whole, checked, the manifest last.

    v1/manifest.jws                      the signed manifest
    v1/packs/GB/cy.json                  the pack in force
    v1/packs/GB/cy/<digest>.json         the same bytes for ever (or <digest>.gone, once withdrawn)
    .well-known/jwks.json                the release keys

and each of them once more as .gz. A reader meets whole files only: each is written beside its place and moved into it.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from content.models import Manifest, Pack, ReleasePack, WithdrawnPack
from content.models.release import ReleaseState
from content.publishing.signing import jwks
from content.publishing.verify import decode
from core.canonical import canonical_json, digest
from core.errors import Conflict, Invalid

PACKS, MANIFEST, KEYS = Path("v1/packs"), Path("v1/manifest.jws"), Path(".well-known/jwks.json")
_DRAFT = ".new"


class ExportDiffers(Conflict):
    """What is on the disk is not what was written; the manifest there was left as it is."""

    code = "export"


class ExportRunning(Conflict):
    """Another export is writing to this folder; this one wrote nothing."""

    code = "export-running"


@dataclass(frozen=True)
class Exported:
    """What one export did: files written, files that were right already, files removed."""

    release: int
    packs: int
    written: int
    kept: int
    removed: int


class _Tree:
    """A folder, and what was done to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = self.kept = self.removed = 0

    def put(self, place: Path, data: bytes) -> None:
        """Write the file and its .gz whole, unless they hold these bytes already; read them back."""
        path = self.folder / place
        packed = gzip.compress(data, 9, mtime=0)
        for target, content in ((path, data), (path.with_name(f"{path.name}.gz"), packed)):
            if target.is_file() and target.read_bytes() == content:
                self.kept += 1
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            draft = target.with_name(f"{target.name}{_DRAFT}")
            try:
                with draft.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                draft.replace(target)
            except OSError:
                # A disk that is full needs the room.
                with suppress(OSError):
                    draft.unlink()
                raise
            self.written += 1
        if path.read_bytes() != data or gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) != data:
            raise ExportDiffers()

    def drop(self, path: Path) -> None:
        """Remove a file that is in the way of nothing any more."""
        if path.exists():
            path.unlink()
            self.removed += 1


def export_release(folder: Path) -> Exported:
    """Bring the tree up to what the newest manifest lists; NotSigned before there is one.

    May be repeated and cut off at any moment: what is there already stays, and a cut-off one leaves the old manifest, whose
    packs are still there under their digests.
    """
    manifest = Manifest.objects.newest()
    packs = json.loads(decode(manifest.body.split(".")[1]))["packs"]
    tree = _Tree(folder)
    try:
        with _alone(folder):
            _write(tree, manifest, packs)
            _clear(tree, packs)
    except OSError as error:
        raise Invalid(f"{folder} cannot be written: {error.strerror}.", code="folder") from None
    return Exported(manifest.release_id, len(packs), tree.written, tree.kept, tree.removed)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder; the system lets go of it however the process ends."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExportRunning() from None
        yield
    finally:
        os.close(handle)


def _write(tree: _Tree, manifest: Manifest, packs: list[dict[str, Any]]) -> None:
    for listed in packs:
        body = Pack.objects.values_list("body", flat=True).get(pk=listed["digest"]).encode()
        if digest(body) != listed["digest"] or len(body) != listed["size"]:
            raise ExportDiffers("A pack of the manifest is not what it should be; nothing more was written.")
        tree.put(_by_digest(listed), body)
    for listed in packs:
        # All of them are there under their digests before any name points to new bytes.
        tree.put(_by_name(listed), (tree.folder / _by_digest(listed)).read_bytes())
    tree.put(KEYS, canonical_json(jwks(manifest.body)))
    tree.put(MANIFEST, manifest.body.encode())


def _clear(tree: _Tree, packs: list[dict[str, Any]]) -> None:
    """Remove what the manifest does not list by name, what was withdrawn, and drafts that an earlier export left."""
    listed = {tree.folder / _by_name(pack) for pack in packs}
    for path in sorted((tree.folder / PACKS).glob("*/*.json")):
        if path not in listed:
            tree.drop(path)
            tree.drop(path.with_name(f"{path.name}.gz"))
    # What was withdrawn a moment ago goes with the manifest that no longer lists it.
    gone = WithdrawnPack.objects.filter(withdrawal__put_back_at=None).exclude(pack__in=[pack["digest"] for pack in packs])
    marks = set()
    for country, locale, name in ReleasePack.objects.filter(
        pack__in=gone.values("pack_id"), release__state__in=[ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED]
    ).values_list("country_id", "locale_id", "pack_id"):
        path = tree.folder / _by_digest({"country": country, "locale": locale, "digest": name})
        marks.add(path.with_suffix(".gone"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".gone").touch()
        tree.drop(path)
        tree.drop(path.with_name(f"{path.name}.gz"))
    for mark in sorted((tree.folder / PACKS).glob("*/*/*.gone")):
        if mark not in marks:
            tree.drop(mark)
    for draft in sorted(tree.folder.rglob(f"*{_DRAFT}")):
        tree.drop(draft)


def _by_name(pack: dict[str, Any]) -> Path:
    return PACKS / str(pack["country"]) / f"{pack['locale']}.json"


def _by_digest(pack: dict[str, Any]) -> Path:
    return PACKS / str(pack["country"]) / str(pack["locale"]) / f"{pack['digest']}.json"
