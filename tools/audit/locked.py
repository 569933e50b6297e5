"""Read requirements/*.txt and kit/package-lock.json: the locked packages of the product, and of the checks of its kit."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
RUNTIME: Final = ROOT / "requirements" / "base.txt"
KIT: Final = ROOT / "kit" / "package-lock.json"
#: Package ecosystems by the names that OSV has for them: https://ossf.github.io/osv-schema/#affectedpackage-field
PYPI, NPM = "PyPI", "npm"
#: name==version ; marker \ --hash=…
_LINE = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$", re.M)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True)
class LockedPackage:
    """One package at one version.

    `hashes` are the SHA-256 digests of its files in hex, or for npm its SHA-512 in the form of Subresource Integrity; `marker` is
    that of the environments that need it.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    ecosystem: str = PYPI
    #: The licence that the lock file names; "" where it names none, as those of PyPI.
    licence: str = ""


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


def kit_packages(path: Path = KIT) -> list[LockedPackage]:
    """Return the packages of an npm lock file (version 3) in its order. Raises ValueError for a package without a hash.

    The npm documentation describes the format under "package-lock.json". The entry "" is the project itself.
    """
    entries = json.loads(path.read_text(encoding="utf-8"))["packages"]
    packages = []
    for place, entry in entries.items():
        if not place:
            continue
        # A package may be in the tree twice, at two versions: node_modules/a/node_modules/b.
        name = entry.get("name") or place.rpartition("node_modules/")[2]
        if not entry.get("integrity"):
            raise ValueError(f"{name} has no hash in {path.name}.")
        packages.append(
            LockedPackage(name, entry["version"], "", (entry["integrity"],), ecosystem=NPM, licence=entry.get("license", ""))
        )
    return packages
