"""Static export: the published packs, the manifest and the companion as files, for any web server, object store or CDN.

    v1/manifest.jws                      the signed manifest
    v1/manifest/GB.jws                   the signed manifest of a country
    v1/manifest/GB/cy.jws                the same with the pack of one locale
    v1/packs/GB/cy.json                  the pack in force
    v1/packs/GB/cy/<digest>.json         the same bytes under their digest (<digest>.gone once withdrawn)
    .well-known/jwks.json                the release keys
    companion/index.html                 the page of the companion
    companion/sw.js                      its service worker
    companion/<version>/…                its files; those of earlier versions stay

Each file is also written with .gz. Files are complete whenever they are visible: each is written beside its place, moved
into it and read back; the manifests come last.
"""

from __future__ import annotations

import fcntl
import gzip
import json
import os
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from api.pages.companion import PAGE as COMPANION_PAGE
from api.pages.companion import WORKER, companion, first_words
from content.models import Manifest, Pack, ReleasePack
from content.models.release import ReleaseState
from content.models.tip_withdrawal import withdrawn_packs
from content.publishing.signing import ManifestPack, jwks
from content.publishing.verify import decode
from content.terms import WORLDWIDE
from core.canonical import canonical_json, digest
from core.errors import Conflict, Invalid

PACKS, MANIFEST, KEYS = Path("v1/packs"), Path("v1/manifest.jws"), Path(".well-known/jwks.json")
COUNTRY_MANIFESTS = Path("v1/manifest")
COMPANION = Path("companion")
_DRAFT = ".new"


class ExportDiffers(Conflict):
    """A file on disk differs from what was written. The manifest in the folder was not changed."""

    code = "export"


class ExportRunning(Conflict):
    """Another export is writing to this folder. Nothing was written."""

    code = "export-running"


class _PackAddress(TypedDict):
    """Where a pack is exported."""

    country: str
    locale: str
    digest: str


@dataclass(frozen=True)
class ExportResult:
    """The release number, its number of packs, and the numbers of files written, unchanged and removed."""

    release: int
    packs: int
    written: int
    kept: int
    removed: int


class _Tree:
    """The exported folder, with counters of the changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.written = self.kept = self.removed = 0

    def put(self, name: Path, data: bytes, *, like: Path | None = None) -> None:
        """Write the file and its .gz unless they have these bytes; `like` names a file that has. Raises ExportDiffers."""
        path = self.folder / name
        packed = _packed(path)
        if path.is_file() and path.read_bytes() == data:
            self.kept += 1
        else:
            self._write(path, data)
        if _unpacked(packed) == data:
            self.kept += 1
        else:
            self._write(packed, gzip.compress(data, 9, mtime=0) if like is None else _packed(self.folder / like).read_bytes())
        if path.read_bytes() != data or _unpacked(packed) != data:
            raise ExportDiffers()

    def _write(self, target: Path, content: bytes) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f"{target.name}{_DRAFT}")
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        except OSError:
            # A full disk needs the space.
            with suppress(OSError):
                draft.unlink()
            raise
        self.written += 1

    def remove(self, path: Path) -> None:
        """Delete a file, if it exists."""
        if path.exists():
            path.unlink()
            self.removed += 1


def _packed(path: Path) -> Path:
    """Return the path of the compressed file beside this one."""
    return path.with_name(f"{path.name}.gz")


def _unpacked(path: Path) -> bytes | None:
    """Return what a compressed file holds, or None where there is none or it is damaged."""
    try:
        return gzip.decompress(path.read_bytes())
    except (FileNotFoundError, gzip.BadGzipFile, EOFError, zlib.error):
        return None


def export_release(folder: Path) -> ExportResult:
    """Write what the newest manifest lists. Raises NotSigned without a manifest, ExportRunning, ExportDiffers or Invalid.

    Safe to repeat and to interrupt: an interrupted export leaves the old manifest, whose packs stay under their digests.
    """
    manifest = Manifest.objects.newest()
    packs: list[ManifestPack] = json.loads(decode(manifest.body.split(".")[1]))["packs"]
    manifests = {
        **{_of_country(country): body for country, body in manifest.country_bodies.items()},
        **{_of_locale(country, tag): body for country, of in manifest.locale_bodies.items() for tag, body in of.items()},
    }
    tree = _Tree(folder)
    try:
        with _locked(folder):
            _write_companion(tree, packs)
            _write(tree, manifest, packs, manifests)
            _clean_up(tree, packs, manifests)
    except OSError as error:
        raise Invalid(f"{folder} cannot be written: {error.strerror}.", code="folder") from None
    return ExportResult(manifest.release_id, len(packs), tree.written, tree.kept, tree.removed)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold an exclusive lock on the folder, which the system releases however the process ends. Raises ExportRunning."""
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


def _write_companion(tree: _Tree, packs: Sequence[ManifestPack]) -> None:
    """Write the files of this version, and then the worker and the page that name them.

    The files of earlier versions stay: a page of one of them may be open, or kept by a cache.
    """
    worldwide = sorted(pack["digest"] for pack in packs if pack["country"] == WORLDWIDE)
    bodies = Pack.objects.filter(pk__in=worldwide).values_list("body", flat=True)
    app = companion(first_words(json.loads(body) for body in bodies))
    for name, body in sorted(app.files.items()):
        tree.put(COMPANION / app.version / name, body)
    # Both begin with the folder of the companion, as in the kit.
    tree.put(Path(WORKER), app.worker.body)
    tree.put(Path(COMPANION_PAGE), app.page.body)


def _write(tree: _Tree, manifest: Manifest, packs: Sequence[ManifestPack], manifests: Mapping[Path, str]) -> None:
    for listed in packs:
        body = Pack.objects.values_list("body", flat=True).get(pk=listed["digest"]).encode()
        if digest(body) != listed["digest"] or len(body) != listed["size"]:
            raise ExportDiffers("A pack in the database differs from the manifest. The manifest in the folder was not changed.")
        tree.put(_by_digest(listed), body)
    for listed in packs:
        # Every pack exists under its digest before any name leads to new bytes.
        tree.put(_by_name(listed), (tree.folder / _by_digest(listed)).read_bytes(), like=_by_digest(listed))
    tree.put(KEYS, canonical_json(jwks(manifest.body)))
    for name, signed in sorted(manifests.items()):
        tree.put(name, signed.encode())
    tree.put(MANIFEST, manifest.body.encode())


def _clean_up(tree: _Tree, packs: Sequence[_PackAddress], manifests: Collection[Path]) -> None:
    """Remove names that the manifest does not list, withdrawn packs, and drafts of an interrupted export.

    `manifests` are the files of the manifests of countries and locales.
    """
    signed = {tree.folder / name for name in manifests}
    for path in sorted((tree.folder / COUNTRY_MANIFESTS).rglob("*.jws")):
        if path not in signed:
            tree.remove(path)
            tree.remove(_packed(path))
    listed = {tree.folder / _by_name(pack) for pack in packs}
    for path in sorted((tree.folder / PACKS).glob("*/*.json")):
        if path not in listed:
            tree.remove(path)
            tree.remove(_packed(path))
    # A pack withdrawn a moment ago stays until a manifest no longer lists it.
    gone = withdrawn_packs() - {pack["digest"] for pack in packs}
    markers = set()
    for country, locale, name in ReleasePack.objects.filter(
        pack__in=gone, release__state__in=[ReleaseState.PUBLISHED, ReleaseState.SUPERSEDED]
    ).values_list("country_id", "locale_id", "pack_id"):
        path = tree.folder / _by_digest({"country": country, "locale": locale, "digest": name})
        markers.add(path.with_suffix(".gone"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".gone").touch()
        tree.remove(path)
        tree.remove(_packed(path))
    for marker in sorted((tree.folder / PACKS).glob("*/*/*.gone")):
        if marker not in markers:
            tree.remove(marker)
    for draft in sorted(tree.folder.rglob(f"*{_DRAFT}")):
        tree.remove(draft)


def _of_country(country: str) -> Path:
    return COUNTRY_MANIFESTS / f"{country}.jws"


def _of_locale(country: str, locale: str) -> Path:
    return COUNTRY_MANIFESTS / country / f"{locale}.jws"


def _by_name(pack: _PackAddress) -> Path:
    return PACKS / pack["country"] / f"{pack['locale']}.json"


def _by_digest(pack: _PackAddress) -> Path:
    return PACKS / pack["country"] / pack["locale"] / f"{pack['digest']}.json"
