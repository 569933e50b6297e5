"""Tables and charts as text, for the terminal and for docs/measurements/push.md."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

#: The width of a chart in characters.
WIDTH = 60


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a Markdown table whose columns are also aligned in a terminal."""
    cells = [list(head), *[[shown(cell) for cell in row] for row in rows]]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells]
    return "\n".join([lines[0], "| " + " | ".join("-" * width for width in widths) + " |", *lines[1:]])


def shown(value: object) -> str:
    """Return a number with separated thousands and three significant digits or more; return anything else as text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def spread(values: Sequence[float]) -> str:
    """Return the median of some rounds, followed by their minimum and maximum if there are several."""
    if len(values) == 1:
        return shown(values[0])
    return f"{shown(median(values))} ({shown(min(values))}–{shown(max(values))})"


def all_of(values: Sequence[float]) -> str:
    """Return all values, in their order."""
    return ", ".join(f"{value:.2f}" for value in values)


def chart(by_second: Sequence[int], lines: int = 20) -> str:
    """Return a chart of the messages per second; each line is the mean of some seconds."""
    step = max(1, -(-len(by_second) // lines))
    means = [(first, by_second[first : first + step]) for first in range(0, len(by_second), step)]
    top = max((sum(part) / len(part) for _, part in means), default=0) or 1
    drawn = []
    for first, part in means:
        mean = sum(part) / len(part)
        drawn.append(f"{first:>4} s {mean:>8,.0f}  {'█' * round(mean / top * WIDTH)}".rstrip())
    return "\n".join(drawn)
