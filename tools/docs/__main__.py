"""`./run docs [FOLDER]`: build the documents as a site, which any web server can serve and which loads nothing from others."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What the site is made from.
SOURCES = ("docs", "tools/docs", "requirements/docs.txt")
#: Holds the digest of the sources, so that an unchanged site is not built again.
STAMP = "sources.sha256"


class BuildFailed(Exception):
    """MkDocs found something wrong; the message is what it printed."""


def main(arguments: Sequence[str]) -> int:
    """Build the site into a folder; return 1 if that fails."""
    parser = argparse.ArgumentParser(prog="./run docs", description=__doc__)
    parser.add_argument("folder", type=Path, help="a folder for the site alone; its content is replaced")
    parser.add_argument("--if-changed", action="store_true", help="do nothing if the folder holds the site of these sources")
    given = parser.parse_args(arguments)
    folder = given.folder.resolve()
    if given.if_changed and _stamp_of(folder) == sources_digest():
        return 0
    if folder.is_dir() and any(folder.iterdir()) and not (folder / STAMP).exists():
        print(f"{folder} holds something other than the site. Name an empty folder.", file=sys.stderr)
        return 1
    try:
        pages = build(folder)
    except BuildFailed as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{pages} pages in {folder}. ./run serves them at /docs/; any web server can.")
    return 0


def build(folder: Path) -> int:
    """Write the site into the folder; return the number of its pages. Raises BuildFailed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new, old = (folder.with_name(f"{folder.name}.{os.getpid()}.{name}") for name in ("new", "old"))
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(ROOT / "tools/docs/mkdocs.yml")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        ran = subprocess.run(
            [*command, "--site-dir", str(new)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        if ran.returncode != 0:
            raise BuildFailed((ran.stdout + ran.stderr).strip())
        (new / STAMP).write_text(sources_digest(), encoding="ascii")
        replace_folder(folder, new=new, old=old)
        # The server reads the folder again when the time of this file changes (core/static_files.py).
        (folder / "index.html").touch()
    finally:
        shutil.rmtree(new, ignore_errors=True)
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
    return sum(1 for _ in folder.rglob("*.html"))


def replace_folder(folder: Path, *, new: Path, old: Path) -> None:
    """Rename the folder, if there is one, to `old`, and `new` to the folder; undo the first if the second fails."""
    # A server may be reading the old site, which stays until the new one is complete.
    try:
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise


def sources_digest() -> str:
    """Return the SHA-256 of everything that the site is made from."""
    found = hashlib.sha256()
    for path in sorted(_files()):
        found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()


def _files() -> Iterator[Path]:
    for name in SOURCES:
        path = ROOT / name
        if path.is_file():
            yield path
        else:
            yield from (file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts)


def _stamp_of(folder: Path) -> str:
    stamp = folder / STAMP
    return stamp.read_text(encoding="ascii") if stamp.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
