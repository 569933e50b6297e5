"""One figure of the measurements of the localisation desk, beside what is promised."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tools.bench.push.tables import table


@dataclass(frozen=True)
class Figure:
    """What was measured, the figure as text, what is promised ("" where nothing is), and whether the promise is kept."""

    what: str
    measured: str
    promised: str = ""
    is_kept: bool = True


def at_most(what: str, value: float, most: float, *, unit: str, digits: int = 1) -> Figure:
    """Return the figure of a value that may be `most` in this unit."""
    return Figure(what, f"{value:,.{digits}f} {unit}", f"{most:g} {unit}", value <= most)


def report(figures: Iterable[Figure]) -> str:
    """Return the table of the figures."""
    rows = [[one.what, one.measured, one.promised or "–", "yes" if one.is_kept else "**no**"] for one in figures]
    return table(["what", "measured", "promised, at most", "kept"], rows)
