"""Which tests `./run test` runs without --all. No pytest here: `./run --once` imports this and does without it."""

from __future__ import annotations

from typing import Final

#: Markers of the tests that `./run test` leaves out unless it is called with --all, with what is said of them.
LEFT_OUT: Final = {
    "slow": "slow",
    "journey": "of the whole demo",
    "browser": "in a browser",
    "services": "with programs from Debian",
    "faults": "that kill processes",
}
#: The expression for pytest's option -m that leaves them out.
QUICK: Final = " and ".join(f"not {marker}" for marker in LEFT_OUT)
#: Name of the environment variable with which `./run test` says that it leaves them out.
QUICK_TIER: Final = "FINGERPOST_QUICK_TIER"
