"""How many cases a test tries: in `./run test` without names a fifth of those of a property, or of a test that is `sampled`.

EXAMPLES_TIMES in the environment multiplies them, for measurements with a seed (--hypothesis-seed).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from typing import Final

import pytest

from tools.sandbox.tiers import QUICK_TIER

#: The quick tests try one in so many cases.
SAMPLE: Final = 5
_LEAST: Final = 10
_TIMES: Final = int(os.environ.get("EXAMPLES_TIMES", "1"))


def examples(number: int, *, least: int = _LEAST) -> int:
    """Return `number` times EXAMPLES_TIMES, or a fifth of `number` in the quick tier, for hypothesis's `max_examples`.

    A fifth is at least `least`, or `number`: a test with many parameters of one kind tries enough with fewer of each.
    """
    return max(min(number, least), number // SAMPLE) if os.environ.get(QUICK_TIER) else number * _TIMES


def mark_cases(items: Iterable[pytest.Item]) -> None:
    """Mark as slow all cases of a test with the marker `sampled` but the first, the sixth and so on."""
    cases: Counter[str] = Counter()
    for item in items:
        if item.get_closest_marker("sampled"):
            test = item.nodeid.partition("[")[0]
            if cases[test] % SAMPLE:
                item.add_marker(pytest.mark.slow)
            cases[test] += 1
