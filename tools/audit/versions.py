"""The order of versions, as each package ecosystem defines it: PEP 440 for PyPI, Semantic Versioning for npm."""

from __future__ import annotations

import re
from typing import Any, Final

from packaging.version import Version

from tools.audit.locked import NPM

_SEMANTIC: Final = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


def sort_key(version: str, ecosystem: str) -> Any:
    """Return a value that sorts as the version does among those of its ecosystem. Raises ValueError for what is no version."""
    return _semantic(version) if ecosystem == NPM else Version(version)


def is_in(version: str, ranges: list[list[str | None]], ecosystem: str) -> bool:
    """Return whether a version is in one of the ranges, each [first version or "0" for all, first one after it or None]."""
    here = sort_key(version, ecosystem)
    return any(
        (start in (None, "0") or here >= sort_key(str(start), ecosystem)) and (end is None or here < sort_key(end, ecosystem))
        for start, end in ranges
    )


def next_version(version: str, ecosystem: str) -> str:
    """Return a version that sorts behind this one, and before every other that is published behind it."""
    if ecosystem != NPM:
        return f"{version}.post999999"
    core, hyphen, _ = version.partition("-")
    if hyphen:
        return f"{version}.0"
    major, minor, patch = core.split(".")
    return f"{major}.{minor}.{int(patch) + 1}-0"


def _semantic(version: str) -> tuple[tuple[int, ...], bool, list[tuple[bool, int, str]]]:
    """Return the precedence of https://semver.org, item 11: numbers before words, and a pre-release before its release."""
    found = _SEMANTIC.fullmatch(version)
    if found is None:
        raise ValueError(f"{version!r} is not a semantic version.")
    parts = found[4].split(".") if found[4] else []
    core = tuple(int(number) for number in found.group(1, 2, 3))
    return core, not parts, [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
