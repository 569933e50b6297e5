"""The list of installations that have unregistered, in a file outside the database: "digest day" in each line.

Workers keep it in DATABASE_STATE_DIR, `backup` writes it beside the dumps, and `restore` reads both. It names no installation and
no address: a digest can only be compared with the ids of a database, by somebody who has ADDRESS_KEYS.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path

from core.errors import Invalid

#: In DATABASE_STATE_DIR and in a folder of backups.
NAME = "unregistered.txt"
#: Every list in a folder, those beside single dumps included.
PATTERN = "*unregistered.txt"
_LINE = re.compile(r"([A-Za-z0-9_-]{1,30}\.[A-Za-z0-9_-]{43}) (\d{4}-\d\d-\d\d)\n")


def beside(dump: Path) -> Path:
    """Return the path of the list beside a dump."""
    return dump.with_suffix(f".{NAME}")


def write(path: Path, days: Mapping[str, date]) -> None:
    """Replace the file as a whole. Raises OSError."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        draft.write_text("".join(f"{digest} {day}\n" for digest, day in sorted(days.items())), encoding="utf-8")
        draft.replace(path)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def read(path: Path) -> dict[str, date]:
    """Return what a file holds; nothing for a missing one. Raises Invalid for one that is damaged or cannot be read."""
    try:
        with path.open(encoding="utf-8") as file:
            return dict(_entry(line) for line in file)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Invalid(f"{path} cannot be read as a list of unregistered phones ({type(error).__name__}).", code="list") from error


def read_folder(folder: Path) -> dict[str, date]:
    """Return what all lists in a folder hold together. Raises Invalid."""
    return {digest: day for path in sorted(folder.glob(PATTERN)) for digest, day in read(path).items()}


def _entry(line: str) -> tuple[str, date]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(line)
    return found[1], date.fromisoformat(found[2])
