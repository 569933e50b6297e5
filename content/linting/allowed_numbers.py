"""Which numbers a unit may allow in its texts: ages, hours, counts, years and the like, never one that people dial."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

#: Whole numbers as people write them; a number with a zero in front is dialled.
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
#: Short codes of one and two digits are numbers of everyday texts as well: 18 is an age, and France's fire service.
SHORTEST_CODE = 3


def allowed_number_faults(numbers: Iterable[str], *, short_codes: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each number that a text cannot be allowed to hold; `short_codes` are those of any country."""
    for number in numbers:
        if not _NUMBER.fullmatch(number):
            yield f"{number!r} cannot be allowed in a text. Enter whole numbers of up to four digits, such as 18."
        elif len(number) >= SHORTEST_CODE and number in short_codes:
            yield f"{number} is a number that people dial and cannot be allowed in a text. Name its service by a token instead."
