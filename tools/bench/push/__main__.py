"""Run the push measurements one after the other, on the PostgreSQL of DATABASE_URL, which `./run bench push` starts."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from tools.bench.push import brakes, compare, kills, million, page, planning, scale, sends, urgent
from tools.bench.push.testbed import TimedOut, database, empty_database

#: Each part with its number of devices, and that of --quick.
PARTS: dict[str, tuple[ModuleType, int, int]] = {
    "compare": (compare, 200_000, 2_400),
    "million": (million, 1_000_000, 4_000),
    "plan": (planning, 10_000_000, 50_000),
    "brakes": (brakes, 200_000, 12_000),
    "urgent": (urgent, 1_000_000, 12_000),
    "kills": (kills, 300_000, 12_000),
    "scale-3": (scale, 3_000_000, 5_000),
    "scale-10": (scale, 10_000_000, 5_000),
    "send-3": (sends, 3_000_000, 4_000),
    "send-10": (sends, 10_000_000, 4_000),
}

#: The parts of --quick: of those that differ in the number of devices alone, one.
QUICK_PARTS = tuple({(module, quick): name for name, (module, _, quick) in reversed(PARTS.items())}.values())[::-1]


def main(arguments: list[str] | None = None) -> int:
    """Measure the selected parts; return 1 if a device was missed or reached twice, or a count does not add up."""
    options = _parser().parse_args(arguments)
    # The table of ten million takes an hour to fill: only when it is asked for.
    usual = list(QUICK_PARTS) if options.quick else [name for name in PARTS if not _by_size(name)]
    chosen = [options.part] if options.part else usual
    written = (options.write or not options.part) and not (options.quick or options.devices)
    figures: dict[str, Any] = {}
    with database(), tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            figures[name], section = _measure(name, options, Path(folder))
            if written and not figures[name]["faults"]:
                _write(name, figures[name]["devices"], section)
    if options.json:
        print(json.dumps(figures))
    faults = [f"{name}: {fault}" for name in chosen for fault in figures[name]["faults"]]
    for fault in faults:
        print(f"FAILED: {fault}", file=sys.stderr, flush=True)
    print(f"push bench: {', '.join(chosen)}: {'failed' if faults else 'ok'}", flush=True)
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run bench push", description=__doc__)
    parser.add_argument("--part", choices=list(PARTS), help="measure only this part")
    parser.add_argument("--devices", type=int, help="number of devices for every part; the report is not written")
    parser.add_argument("--quick", action="store_true", help="measure each kind of part with few devices, and write no report")
    parser.add_argument("--write", action="store_true", help="with --part: write its section of docs/measurements/push.md")
    parser.add_argument("--json", action="store_true", help="print all figures as one JSON object")
    return parser


def _measure(name: str, options: argparse.Namespace, folder: Path) -> tuple[dict[str, Any], str]:
    module, full, quick = PARTS[name]
    devices = options.devices or (quick if options.quick else full)
    where = folder / name
    where.mkdir()
    print(f"\n{module.TITLE} ({name}, {devices:,} devices)\n", flush=True)
    load, began = os.getloadavg()[0], time.monotonic()
    try:
        empty_database(keep_facts=options.quick)
        figures = dict(module.measure(devices, where, quick=options.quick))
    except TimedOut as error:
        print(_last_lines(where), file=sys.stderr)
        return {"faults": [str(error)]}, ""
    text = f"{page.circumstances(time.monotonic() - began, load)}\n\n{module.report(figures)}"
    print(f"\n{text}", flush=True)
    return figures, text


def _by_size(name: str) -> bool:
    """Return whether a part is repeated at several sizes, with a section of docs/measurements/scale.md for each."""
    return PARTS[name][0] in (scale, sends)


def _write(name: str, devices: int, section: str) -> None:
    module = PARTS[name][0]
    if _by_size(name):
        page.write({module.heading(devices): section}, path=scale.PAGE)
    else:
        page.write({module.TITLE: section})


def _last_lines(folder: Path) -> str:
    """Return the last lines of the workers' logs, which are deleted with the folder."""
    return "\n".join("\n".join(path.read_text(errors="replace").splitlines()[-20:]) for path in folder.rglob("workers.log"))


if __name__ == "__main__":
    sys.exit(main())
