"""The bodies of the real packs, kept in pytest's cache until a file that they depend on changes, as the migrated database is."""

from __future__ import annotations

import fcntl
import hashlib
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

#: What compiles the packs, and what they are compiled from: the code of the product with its data, and the builders of the tests.
_FOLDERS: Final = ("config", "content", "core", "notifications")
_FILES: Final = ("requirements/dev.txt", "tests/conftest.py", "tests/environment.py", "tests/make.py", "tests/packs.py")
#: Compiled bodies by country and locale.
Bodies = dict[tuple[str, str], bytes]


def key(root: Path) -> str:
    """Return the digest of everything that the packs depend on, whether or not git knows the file."""
    files = [root / name for name in _FILES]
    files += [path for folder in _FOLDERS for path in (root / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
    digest = hashlib.sha256(sys.version.encode())
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"\n{path.relative_to(root)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:32]


def kept(folder: Path, name: str, build: Callable[[], Bodies]) -> Bodies:
    """Return the packs of this name; build and keep them, in place of those of other names, where there are none.

    Where the tests run in several processes, the others wait for the first one.
    """
    file = folder / f"{name}.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            bodies = build()
            for old in folder.glob("*.pickle"):
                old.unlink()
            draft = file.with_suffix(".new")
            draft.write_bytes(pickle.dumps(bodies))
            draft.rename(file)
    return dict(pickle.loads(file.read_bytes()))
