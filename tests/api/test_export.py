"""The exported tree has the bytes that the API serves; exports are incremental and every file is complete."""

from __future__ import annotations

import errno
import fcntl
import gzip
import io
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError

from api import export
from api.export import ExportDiffers, ExportRunning, export_release
from api.management.commands import export_release as export_command
from api.pages.companion import companion
from content.models import Manifest, Release
from content.models.manifest import NotSigned
from content.publishing import signing
from content.publishing.verify import verify_country_manifest, verify_manifest, verify_pack
from content.publishing.withdrawal import put_back, withdraw
from core.errors import Invalid
from tests import make
from tests.make import NOON
from tests.signing import Signer


@pytest.fixture(autouse=True)
def synced() -> Iterator[list[int]]:
    """Note what is written through to the disk, without waiting for the disk."""
    descriptors: list[int] = []
    # Not by monkeypatch: rows are kept for later tests only from one that patches nothing (tests/made_once.py).
    with mock.patch("os.fsync", descriptors.append):
        yield descriptors


@pytest.fixture
def published(db: None, signer: Signer) -> Release:
    make.small_content()
    make.service("gb-wrong")
    release = make.release()
    signing.sign_if_due(at=NOON)
    return release


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "tree"


def files(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in sorted(tree.rglob("*")) if path.is_file()}


def test_the_tree_is_what_the_manifest_lists(published: Release, signer: Signer, tree: Path, synced: list[int]) -> None:
    done = export_release(tree)

    found = files(tree)
    manifest = verify_manifest(found["v1/manifest.jws"], signer.root.public, last_number=None, now=NOON)
    assert (done.release, done.packs) == (published.number, published.release_packs.count())
    for (country, locale), listed in manifest.packs.items():
        by_name = found[f"v1/packs/{country}/{locale}.json"]
        assert by_name == found[f"v1/packs/{country}/{locale}/{listed.digest}.json"]
        verify_pack(by_name, manifest, country, locale)
    assert json.loads(found[".well-known/jwks.json"])["keys"]
    countries = {country for country, _ in manifest.packs}
    assert {name for name in found if name.startswith("v1/manifest/")} == {
        f"v1/manifest/{of}.jws{coding}"
        for of in (*countries, *("/".join(place) for place in manifest.packs))
        for coding in ("", ".gz")
    }
    for (country, locale), listed in manifest.packs.items():
        body = found[f"v1/manifest/{country}/{locale}.jws"]
        one = verify_country_manifest(body, signer.root.public, country=country, last_number=None, now=NOON)
        assert one.packs == {(country, locale): listed}
    for country in countries:
        body = found[f"v1/manifest/{country}.jws"]
        listed_there = verify_country_manifest(body, signer.root.public, country=country, last_number=None, now=NOON).packs
        assert listed_there == {place: pack for place, pack in manifest.packs.items() if place[0] == country}
    plain = {name for name in found if not name.endswith(".gz")}
    assert {f"{name}.gz" for name in plain} == set(found) - plain
    assert all(gzip.decompress(found[f"{name}.gz"]) == found[name] for name in plain)
    assert len(synced) == done.written == len(found)


def test_the_companion_is_in_the_tree_and_earlier_versions_of_its_files_stay(published: Release, tree: Path) -> None:
    app = companion()
    earlier = tree / "companion/0123456789abcdef/companion/main.js"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("// earlier")

    export_release(tree)

    found = {name: data for name, data in files(tree).items() if name.startswith("companion/") and not name.endswith(".gz")}
    assert found == {
        "companion/index.html": app.page.body,
        "companion/sw.js": app.worker.body,
        "companion/0123456789abcdef/companion/main.js": b"// earlier",
        **{f"companion/{app.version}/{name}": body for name, body in app.files.items()},
    }


def test_a_second_export_writes_nothing(published: Release, tree: Path) -> None:
    export_release(tree)
    times = {path: path.stat().st_mtime_ns for path in tree.rglob("*")}

    again = export_release(tree)

    assert (again.written, again.removed) == (0, 0)
    assert times == {path: path.stat().st_mtime_ns for path in tree.rglob("*")}


@pytest.mark.parametrize("damaged", [b"", b"no gzip", b"\x1f\x8b\x08\x00", gzip.compress(b"{}", mtime=0), None])
def test_a_damaged_or_missing_compressed_file_is_written_again(published: Release, tree: Path, damaged: bytes | None) -> None:
    export_release(tree)
    before = files(tree)
    for name in ("v1/packs/GB/en.json.gz", "v1/manifest.jws.gz"):
        if damaged is None:
            (tree / name).unlink()
        else:
            (tree / name).write_bytes(damaged)

    again = export_release(tree)

    assert again.written == 2
    assert files(tree) == before


def test_a_change_in_one_locale_writes_that_locale_and_the_manifest(published: Release, tree: Path) -> None:
    export_release(tree)
    before = files(tree)
    make.target("situation.blackmail", "cy", "Blacmel")
    make.release()
    signing.sign_if_due(at=NOON)

    export_release(tree)

    changed = {name for name, data in files(tree).items() if before.get(name) != data and not name.endswith(".gz")}
    assert {name.split("/")[3].removesuffix(".json") for name in changed if name.startswith("v1/packs/")} == {"cy"}
    manifests = {name for name in changed if name.endswith(".jws")}
    assert manifests == {"v1/manifest.jws"} | {
        name for name in files(tree) if name.startswith("v1/manifest/") and name[-1] == "s"
    }
    assert set(before) <= set(files(tree)), "earlier packs stay under their digests"


def test_withdrawn_packs_are_replaced_by_a_marker(published: Release, tree: Path) -> None:
    old, _ = make.pack_body(published, "GB", "en") or ("", "")
    export_release(tree)
    ann, ben = make.person("ann", "publisher"), make.person("ben", "publisher")
    withdraw("gb-wrong", by=ann, at=NOON)
    signing.sign_if_due(at=NOON)

    export_release(tree)

    place = tree / "v1/packs/GB/en"
    assert not (place / f"{old}.json").exists()
    assert not (place / f"{old}.json.gz").exists()
    assert (place / f"{old}.gone").exists()
    put_back("gb-wrong", by=ann, second=ben, at=NOON)
    make.release()
    signing.sign_if_due(at=NOON)
    export_release(tree)
    assert (place / f"{old}.json").exists()
    assert not (place / f"{old}.gone").exists()


def test_a_new_tree_has_markers_for_earlier_withdrawals(published: Release, tree: Path) -> None:
    old, _ = make.pack_body(published, "GB", "en") or ("", "")
    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=NOON)
    signing.sign_if_due(at=NOON)

    export_release(tree)

    assert (tree / f"v1/packs/GB/en/{old}.gone").exists()
    assert not list(tree.glob("v1/packs/*/*/*.gone.gz"))


def test_a_withdrawn_pack_stays_while_the_manifest_lists_it(published: Release, signer: Signer, tree: Path) -> None:
    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=NOON)

    export_release(tree)

    check(tree, signer)
    assert not list(tree.rglob("*.gone"))


def test_a_pack_no_longer_in_force_loses_its_named_file(published: Release, tree: Path) -> None:
    export_release(tree)
    (tree / "v1/packs/FR").mkdir()
    (tree / "v1/packs/FR/fr.json").write_text("{}")

    (tree / "v1/manifest/FR.jws").write_text("")
    (tree / "v1/manifest/GB/xx.jws").write_text("")

    assert export_release(tree).removed == 3


@pytest.mark.sampled
@pytest.mark.parametrize("after", [0, 1, 40, 90, 121])
def test_after_an_interruption_the_manifest_still_fits_its_packs(
    published: Release, signer: Signer, tree: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    export_release(tree)
    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=NOON)
    signing.sign_if_due(at=NOON)
    left = [after]
    replace = os.replace

    def until(self: Path, target: Path) -> None:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        replace(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", until)
        with suppress(KeyboardInterrupt):
            export_release(tree)

    check(tree, signer)
    export_release(tree)
    check(tree, signer)
    assert not list(tree.rglob("*.new"))


def check(tree: Path, signer: Signer) -> None:
    found = files(tree)
    manifest = verify_manifest(found["v1/manifest.jws"], signer.root.public, last_number=None, now=NOON)
    for (country, locale), listed in manifest.packs.items():
        verify_pack(found[f"v1/packs/{country}/{locale}/{listed.digest}.json"], manifest, country, locale)


def test_a_full_disk_leaves_the_tree_unchanged(
    published: Release, signer: Signer, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_release(tree)
    before = files(tree)
    withdraw("gb-wrong", by=make.person("ann", "publisher"), at=NOON)
    signing.sign_if_due(at=NOON)

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(Invalid, match=r"tree cannot be written: No space left on device\.$"):
            export_release(tree)

    assert files(tree) == before


def test_a_second_concurrent_export_is_refused(published: Release, signer: Signer, tree: Path) -> None:
    tree.mkdir()
    other = os.open(tree, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)

    with pytest.raises(ExportRunning):
        export_release(tree)

    assert files(tree) == {}
    os.close(other)
    export_release(tree)
    check(tree, signer)


def test_a_faulty_disk_stops_before_the_manifest(published: Release, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = Path.read_bytes

    def lying(self: Path) -> bytes:
        data: bytes = real(self)
        return data[:-1] if self.suffix == ".json" else data

    monkeypatch.setattr(Path, "read_bytes", lying)

    with pytest.raises(ExportDiffers):
        export_release(tree)
    assert not (tree / "v1/manifest.jws").exists()


def test_a_damaged_file_is_written_again(published: Release, signer: Signer, tree: Path) -> None:
    export_release(tree)
    (tree / "v1/packs/GB/en.json").write_text("{}")

    export_release(tree)

    check(tree, signer)
    assert len(files(tree)["v1/packs/GB/en.json"]) > 100


def test_without_a_manifest_there_is_nothing_to_export(db: None, tree: Path) -> None:
    with pytest.raises(NotSigned):
        export_release(tree)

    assert not tree.exists()


def test_the_command_prints_what_it_did(published: Release, tree: Path) -> None:
    out = io.StringIO()
    call_command("export_release", str(tree), "--json", stdout=out)

    assert json.loads(out.getvalue())["packs"] == published.release_packs.count()
    (tree.parent / "file").write_text("")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("export_release", str(tree.parent / "file"), stdout=io.StringIO())


def test_the_daily_signature_is_exported_too(published: Release, tree: Path) -> None:
    export_release(tree)
    signing.sign_if_due(at=NOON + timedelta(days=1))

    export_release(tree)

    assert (tree / export.MANIFEST).read_text() == Manifest.objects.newest().body


def test_an_export_that_goes_on_writes_each_new_manifest_and_survives_failures(
    published: Release, tree: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    handlers: dict[int, Any] = {}
    out, rounds, closed = io.StringIO(), [], []

    class Rounds(threading.Event):
        """An event that lets something happen instead of each wait."""

        def wait(self, timeout: float | None = None) -> bool:
            rounds.append(out.getvalue().count("Release "))
            if len(rounds) == 2:
                signing.sign_if_due(at=NOON + timedelta(days=1))
            if len(rounds) == 3:
                monkeypatch.setattr(Manifest.objects, "newest", fail)
            if len(rounds) == 4:
                handlers[signal.SIGTERM](signal.SIGTERM, None)
            return False

    def fail() -> Manifest:
        raise OperationalError("connection refused")

    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    monkeypatch.setattr(export_command, "Event", Rounds)
    monkeypatch.setattr(export_command, "connection", SimpleNamespace(close=lambda: closed.append(True)))
    call_command("export_release", str(tree), "--every", "10", stdout=out)

    # Exported, nothing new, exported again, and the database away.
    assert rounds == [1, 1, 2, 2]
    assert closed == [True]
    assert (tree / export.MANIFEST).read_text() == Manifest.objects.order_by("-pk")[0].body
    assert "Nothing was exported: the database fails (OperationalError)." in caplog.text


def test_an_export_that_goes_on_needs_a_second_between_two_looks(tree: Path) -> None:
    with pytest.raises(CommandError, match="--every must be at least 1 second"):
        call_command("export_release", str(tree), "--every", "0")
