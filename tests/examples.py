"""How many invented cases a test of a property tries: in `./run test` without names a fifth, and all of them with --all.

EXAMPLES_TIMES in the environment multiplies them, for measurements with a seed (--hypothesis-seed).
"""

from __future__ import annotations

import os
from typing import Final

from tools.sandbox.tiers import QUICK_TIER

_LEAST: Final = 10
_TIMES: Final = int(os.environ.get("EXAMPLES_TIMES", "1"))


def examples(number: int, *, least: int = _LEAST) -> int:
    """Return `number` times EXAMPLES_TIMES, or a fifth of `number` in the quick tier, for hypothesis's `max_examples`.

    A fifth is at least `least`, or `number`: a test with many parameters of one kind tries enough with fewer of each.
    """
    return max(min(number, least), number // 5) if os.environ.get(QUICK_TIER) else number * _TIMES
