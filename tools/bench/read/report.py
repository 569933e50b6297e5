"""Write docs/measurements/read.md from the rows of ./run bench read."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tools.bench.read.load import CONNECTIONS, Load
from tools.lint.documents import wrap

_HEAD = """# Reading

Written by `./run bench read` on {day}: {machine}, Python {python}. Each server has one process
(granian with one worker and one blocking thread; nginx with one worker process and
`docker/nginx.conf`). Debian's wrk loads them in turns, with {connections} connections from the same
machine. A row is the run with the median rate of {rounds} runs of {seconds} s; a paced row is the run
with the median p99 of three times as many. Load average before: {before}. The load generator, the
servers and PostgreSQL share the cores: rates are a lower bound, and the processor time for 10,000
requests is what to compare between machines.

| what | server | responses/s | p50 ms | p99 ms | worst ms | failed | CPU s / 10,000 | memory MB |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


#: The rows at a given pace, which are compared by their p99.
PACED = "paced"
ALONE, BESIDE, YIELDING = "without a campaign", "beside a campaign", "beside a campaign that yields"


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    group: str
    name: str
    load: Load


def write(path: Path, rows: Sequence[Row], notes: Mapping[str, str], seconds: int, rounds: int) -> None:
    """Write the report."""
    text = _HEAD.format(
        day=datetime.now(UTC).date(),
        machine=f"{os.cpu_count()} cores ({_processor()})",
        python=platform.python_version(),
        connections=CONNECTIONS,
        rounds=rounds,
        seconds=seconds,
        before=f"{os.getloadavg()[2]:.1f}",
    )
    text += "".join(f"{_line(row)}\n" for row in rows)
    text += "\n## In proportion\n\n" + "".join(f"- {line}\n" for line in proportions(rows))
    text += "\n## Other figures\n\n| | |\n| --- | --- |\n" + "".join(f"| {name} | {value} |\n" for name, value in notes.items())
    path.write_text(wrap(text), encoding="utf-8")


def proportions(rows: Sequence[Row]) -> list[str]:
    """Return how the fast path compares to each other server with the same load, and to itself beside a campaign."""
    found = []
    for row in rows:
        ours = next((one for one in rows if one.group == row.group and one.name == "fast path"), None)
        if ours is not None and row is not ours:
            found.append(f"{row.group}: the fast path has {ours.load.rate / row.load.rate:,.2f} times the rate of {row.name}")
    paced = {row.name: row.load for row in rows if row.group == PACED}
    for name in (BESIDE, YIELDING):
        if name in paced:
            found.append(f"{PACED}: p99 {name} is {paced[name].p99 / paced[ALONE].p99:,.2f} times p99 {ALONE}")
    return found


def _line(row: Row) -> str:
    one = row.load
    figures = (
        f"{one.rate:,.0f} | {one.p50:.2f} | {one.p99:.2f} | {one.worst:.1f} | {one.failed} | {one.cpu:.2f} | {one.memory:.0f}"
    )
    return f"| {row.group} | {row.name} | {figures} |"


def _processor() -> str:
    output = subprocess.run(["lscpu"], capture_output=True, text=True, check=False).stdout
    return next(
        (line.partition(":")[2].strip() for line in output.splitlines() if line.startswith("Model name")), platform.machine()
    )
