"""docs/measurements/read.md, as ./run bench read writes it."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tools.bench.load import CLIENTS, Load

_HEAD = """# Reading

Written by `./run bench read` on {day}: {machine}, Python {python}. One server process each (granian with one worker and
one blocking thread; nginx with one worker process and `docker/nginx.conf`), asked by Debian's wrk with {clients} connections from
the same machine, in turns: {rounds} rounds of {seconds} s a row, the median by rate (of
the paced rows three times as many rounds, the median by p99). Load average before: {before}. The load
generator, the servers and PostgreSQL share the cores, so rates are a floor, and the processor time for 10,000 requests is what
to compare between machines.

| what | server | answers/s | p50 ms | p99 ms | worst ms | failed | CPU s / 10,000 | memory MB |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
"""


#: The rows at a given pace, where p99 is what is asked.
PACED, ALONE, BESIDE = "paced", "without a campaign", "with a campaign beside it"


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    group: str
    name: str
    load: Load


def write(path: Path, rows: Sequence[Row], notes: Mapping[str, str], seconds: int, rounds: int) -> None:
    """Write the report."""
    text = _HEAD.format(
        day=datetime.now(UTC).date(),
        machine=f"{os.cpu_count()} cores ({_processor()})",
        python=platform.python_version(),
        clients=CLIENTS,
        rounds=rounds,
        seconds=seconds,
        before=f"{os.getloadavg()[2]:.1f}",
    )
    text += "".join(f"{_line(row)}\n" for row in rows)
    text += "\n## In proportion\n\n" + "".join(f"- {line}\n" for line in proportions(rows))
    text += "\n## Besides\n\n| | |\n| --- | --- |\n" + "".join(f"| {name} | {value} |\n" for name, value in notes.items())
    path.write_text(text, encoding="utf-8")


def proportions(rows: Sequence[Row]) -> list[str]:
    """Say how the fast lane compares to each other server that was asked the same, and to itself beside a campaign."""
    found = []
    for row in rows:
        lane = next((one for one in rows if one.group == row.group and one.name == "fast lane"), None)
        if lane is not None and row is not lane:
            found.append(f"{row.group}: the fast lane answers {lane.load.rate / row.load.rate:,.2f} times as many as {row.name}")
    paced = {row.name: row.load for row in rows if row.group == PACED}
    if len(paced) == 2:
        found.append(f"{PACED}: beside a campaign p99 is {paced[BESIDE].p99 / paced[ALONE].p99:,.2f} times what it is without")
    return found


def _line(row: Row) -> str:
    one = row.load
    figures = (
        f"{one.rate:,.0f} | {one.p50:.2f} | {one.p99:.2f} | {one.worst:.1f} | {one.failed} | {one.cpu:.2f} | {one.memory:.0f}"
    )
    return f"| {row.group} | {row.name} | {figures} |"


def _processor() -> str:
    said = subprocess.run(["lscpu"], capture_output=True, text=True, check=False).stdout
    return next(
        (line.partition(":")[2].strip() for line in said.splitlines() if line.startswith("Model name")), platform.machine()
    )
