"""How many invented cases a test of a property tries: in `./run test` without names a fifth, and all of them with --all."""

from __future__ import annotations

import os
from typing import Final

from tools.sandbox.tiers import QUICK_TIER

_LEAST: Final = 10


def examples(number: int) -> int:
    """Return `number`, or a fifth of it in the quick tier, for hypothesis's `max_examples`."""
    return max(min(number, _LEAST), number // 5) if os.environ.get(QUICK_TIER) else number
