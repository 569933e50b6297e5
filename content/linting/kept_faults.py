"""The faults of texts that were checked before, so that a text that has not changed is not checked again by the same rules.

They are kept only in the memory of this process: any client of the database could write to a table of verdicts, and the gate
would believe it. A new version of the program starts with none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from functools import partial

from content.linting.fault import Fault
from content.linting.term_list import TermList, term_list
from core.lru_cache import WeightedLruCache

#: Verdicts that one process keeps, about 300 bytes each: those of 5,000 texts in 40 locales.
MOST = 200_000

_kept: WeightedLruCache[tuple[bytes, TermList | None], tuple[Fault, ...]] = WeightedLruCache(MOST)


class _ListReplacedError(Exception):
    """The term list was replaced during a check, which may have used either of the two."""


def kept_faults(given: tuple[object, ...], locale: str, find: Callable[[], Iterable[Fault]]) -> list[Fault]:
    """Return the faults that `find` returned for the same arguments, or call it.

    `given` holds every argument of the check, as strings, booleans and tuples of them. The term list of the locale, the only
    rule that changes while the program runs, is part of the key: a changed list is another object.
    """
    # The repr of such values is different for different values.
    arguments = hashlib.sha256(repr(given).encode()).digest()
    while True:
        terms = term_list(locale)
        try:
            return list(_kept.get((arguments, terms), partial(_check, find, locale, terms)))
        except _ListReplacedError:
            continue


def forget_faults() -> None:
    """Discard all verdicts, so that every text is checked again."""
    _kept.clear()


def _check(find: Callable[[], Iterable[Fault]], locale: str, terms: TermList | None) -> tuple[Fault, ...]:
    found = tuple(find())
    if term_list(locale) is not terms:
        raise _ListReplacedError
    return found
