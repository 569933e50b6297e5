"""Which values a file may hold in a field, before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

Shape = Callable[[Any], bool]
#: NUL and lone surrogates.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def text(limit: int) -> Shape:
    """Accept a text of 1 to `limit` characters that a database can store."""

    def accepts(value: Any) -> bool:
        return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= limit and not _UNSTORABLE.search(value)

    return accepts


def texts(limit: int) -> Shape:
    """Accept a list of such texts."""
    each = text(limit)
    return lambda value: isinstance(value, list) and all(map(each, value))


def optional(shape: Shape) -> Shape:
    """Accept null as well."""
    return lambda value: value is None or shape(value)


def whole(low: int, high: int) -> Shape:
    """Accept a whole number from low to high."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def truth(value: Any) -> bool:
    """Accept true and false."""
    return isinstance(value, bool)


def objects(value: Any) -> bool:
    """Accept a list of objects."""
    return isinstance(value, list) and all(isinstance(inner, dict) for inner in value)


def day(value: Any) -> bool:
    """Accept a date written 2026-11-22."""
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def shape_faults(row: Mapping[str, Any], needed: Mapping[str, Shape], allowed: Mapping[str, Shape]) -> Iterator[str]:
    """Say which fields are missing, unknown, or hold what they cannot."""
    if missing := sorted(needed.keys() - row.keys()):
        yield f"{', '.join(missing)} missing."
    if unknown := sorted(str(name) for name in row.keys() - needed.keys() - allowed.keys()):
        yield f"unknown field {', '.join(unknown)}."
    for name, shape in (*needed.items(), *allowed.items()):
        if name in row and not shape(row[name]):
            yield f"{name} cannot be {str(row[name])[:60]!r}."
