"""Write docs/measurements/faults.md: each run that was carried out replaces its own row, and no other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from tools.bench.push import page
from tools.bench.push.tables import shown, table
from tools.faults.rig import QUICK_DEVICES
from tools.faults.runs import RUNS

PAGE = page.PAGE.with_name("faults.md")
_FIGURES = ("missed", "doubled", "under way", "wrongly erased", "halted", "s until the last")
_HEAD = ("run", *_FIGURES, "the page said (after s)", "also counted", "measured")
#: What decides about who gets which message when: a change of it makes the rows measured before that older.
_CODE = ("notifications/delivery/*.py", "notifications/models/*.py", "notifications/tasks.py", "core/process_locks.py")
_ROOT = Path(__file__).resolve().parents[2]
_BROKERS = {"redis": "Redis", "rabbitmq": "RabbitMQ"}


def heading(figures: Mapping[str, Any], broker: str) -> str:
    """Return the heading of the section of these servers and this number of devices."""
    devices = next(iter(figures["runs"].values()))["devices"]
    short = ", in the short form" if devices == QUICK_DEVICES else ""
    return f"PostgreSQL {figures['postgresql']} with {_BROKERS[broker]}, {devices:,} devices{short}"


def update(figures: Mapping[str, Any], broker: str, *, load: float, path: Path = PAGE) -> str:
    """Put the runs of one combination into the page, except those that failed; return the section."""
    passed = {name: one for name, one in figures["runs"].items() if not one["faults"]}
    title = heading(figures, broker)
    rows = _rows(page.read(path).get(title, "")) | {f"`{name}`": _row(one, load) for name, one in passed.items()}
    in_order = [[name, *rows[name]] for name in (f"`{run}`" for run in RUNS) if name in rows]
    section = table(_HEAD, in_order)
    page.write({title: section}, path=path)
    return section


def code(root: Path = _ROOT) -> str:
    """Return seven characters that differ for each version of the code that sends."""
    files = sorted(path for pattern in _CODE for path in root.glob(pattern))
    return sha256(b"".join(path.name.encode() + b"\0" + path.read_bytes() + b"\0" for path in files)).hexdigest()[:7]


def older(path: Path = PAGE) -> dict[str, list[str]]:
    """Return the runs of each section that were measured with another version of the code that sends than this one."""
    present = f", code {code()}"
    found = {
        title: [name.strip("`") for name, cells in _rows(section).items() if not cells[-1].endswith(present)]
        for title, section in page.read(path).items()
        if title.startswith("PostgreSQL")
    }
    return {title: names for title, names in found.items() if names}


def _row(one: Mapping[str, Any], load: float) -> list[str]:
    said = f"{one['said']} ({one['said_after']:.0f})".replace("|", "/") if one["said"] else ""
    figures = [shown(one[name]) for name in ("missed", "doubled", "may_double", "wrongly_erased")]
    halted = "yes" if one["halted"] else "no"
    measured = f"{datetime.now(UTC):%Y-%m-%d}, load {load:.1f}, code {code()}"
    return [*figures, halted, str(round(one["seconds"])), said, one["counted"], measured]


def _rows(section: str) -> dict[str, list[str]]:
    """Return the cells of a section's rows by the name of the run."""
    lines = [line.strip("|") for line in section.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {name: rest for name, *rest in cells}
