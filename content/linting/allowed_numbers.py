"""Which numbers a unit may allow in its texts: ages, hours, counts, years and the like, never one that people dial."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import zip_longest
from types import MappingProxyType
from typing import Final, TypeAlias

from content.terms import NumberKind

#: The numbers that a text may hold, as ASCII digits, with what each of them counts.
AllowedNumbers: TypeAlias = Mapping[str, NumberKind]
NO_NUMBERS: Final[AllowedNumbers] = MappingProxyType({})

#: Whole numbers as people write them; a number with a zero in front is dialled.
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
#: Short codes of one and two digits are numbers of everyday texts as well: 18 is an age, and France's fire service. Their kind
#: and the sentence around them make them safe: `number_context`.
SHORTEST_CODE = 3
#: The smallest and the largest number of each kind.
_LIMITS: Mapping[NumberKind, tuple[int, int]] = {
    NumberKind.AGE: (1, 120),
    NumberKind.MINUTES: (1, 120),
    NumberKind.HOURS: (1, 168),
    NumberKind.DAYS: (1, 366),
    NumberKind.WEEKS: (1, 104),
    NumberKind.MONTHS: (1, 60),
    NumberKind.YEAR: (1900, 2100),
    NumberKind.COUNT: (1, 9999),
    NumberKind.MONEY: (1, 9999),
    NumberKind.PERCENT: (1, 100),
}
_NAMES: Mapping[NumberKind, str] = {
    NumberKind.AGE: "an age",
    NumberKind.MINUTES: "a number of minutes",
    NumberKind.HOURS: "a number of hours",
    NumberKind.DAYS: "a number of days",
    NumberKind.WEEKS: "a number of weeks",
    NumberKind.MONTHS: "a number of months",
    NumberKind.YEAR: "a year",
    NumberKind.COUNT: "a count",
    NumberKind.MONEY: "an amount of money",
    NumberKind.PERCENT: "a percentage",
}


def allowed_number_faults(numbers: Mapping[str, str], *, dialled: Collection[str]) -> Iterator[tuple[NumberKind, str]]:
    """Yield the kind and a sentence for each number (digits → kind) that a text cannot be allowed to hold.

    `dialled` are those of the numbers that are dialled in any country. Raise ValueError for an unknown kind.
    """
    for number, named in numbers.items():
        kind = NumberKind(named)
        least, most = _LIMITS[kind]
        if not _NUMBER.fullmatch(number) or not least <= int(number) <= most:
            yield kind, f"{number!r} cannot be allowed as {_NAMES[kind]}. Enter whole numbers from {least} to {most}."
        elif is_dialled(number, dialled):
            yield (
                kind,
                f"{number} is a number that people dial and cannot be allowed in a text. Name its service by a token instead.",
            )


def is_dialled(number: str, dialled: Collection[str]) -> bool:
    """Return whether a number must not be in a text, because it is among those that people dial."""
    return len(number) >= SHORTEST_CODE and number in dialled


def paired(digits: Collection[str], kinds: Collection[str]) -> dict[str, NumberKind]:
    """Return stored numbers with their kinds. A number without one, which an earlier release wrote, is a count."""
    return {
        number: NumberKind(kind)
        for number, kind in zip_longest(digits, list(kinds)[: len(digits)], fillvalue=NumberKind.COUNT.value)
    }
