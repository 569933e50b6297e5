"""Read requirements/*.txt: the locked packages of the product."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
RUNTIME: Final = ROOT / "requirements" / "base.txt"
#: name==version ; marker \ --hash=…
_LINE = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$", re.M)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class LockedPackage:
    """One package at one version, with the SHA-256 digests of its files, and the marker of environments that need it."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def locked_packages(path: Path = RUNTIME) -> list[LockedPackage]:
    """Return the packages of a lock file in its order. Raises ValueError for a package without a hash."""
    text = path.read_text(encoding="utf-8")
    found = list(_LINE.finditer(text))
    packages = []
    for line, following in zip(found, [*found[1:], None], strict=True):
        hashes = tuple(_HASH.findall(text[line.end() : following.start() if following else len(text)]))
        if not hashes:
            raise ValueError(f"{line[1]} has no hash in {path.name}.")
        packages.append(LockedPackage(line[1], line[2], line[3] or "", hashes))
    return packages
