"""./run bench companion: Lighthouse, bytes until the first plan, and times on a slow network, in Debian's Chromium.

The server is a sandbox with the published release of `./run`. Lighthouse is the one of package-lock.json beside this file, and is
installed once for each lock file. Writes docs/measurements/companion.md with --write.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from statistics import median
from typing import Any, Final

from tools.bench.push.tables import table
from tools.bench.read.measure import prepare
from tools.bench.read.servers import ReadBench
from tools.sandbox import demo
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.run_folders import bench_folder, remove_run
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import UserError, say, step

ROUNDS = 5
#: The lowest score of each category of Lighthouse, in per cent.
LOWEST: Final = {"performance": 90, "accessibility": 95, "best-practices": 95}
#: Bytes of the files of the app until the first plan, with headers: what docs/companion.md promises of the files alone, and
#: at most a kilobyte of headers for each.
MAX_APP_BYTES = 96_000
HERE = Path(__file__).parent
_LOCKED = ("package.json", "package-lock.json")
_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
_SCRIPT = "measure.js"
#: The part of the page that --write replaces.
_FIGURES = re.compile(r"(<!-- figures -->\n).*(<!-- end of figures -->)", re.S)


def run(outer: Paths, rest: list[str]) -> int:
    """Measure and print; with --write, write the page. Return 1 if a score is too low or the app is too large."""
    parser = argparse.ArgumentParser(prog="./run bench companion", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="of Lighthouse and of the slow network (%(default)s)")
    parser.add_argument("--write", action="store_true", help="write docs/measurements/companion.md")
    options = parser.parse_args(rest)
    programs = {name: shutil.which(name) for name in ("chromium", "node", "npm")}
    if missing := [name for name, found in programs.items() if found is None]:
        raise UserError(f"Missing: {', '.join(missing)}. Install Debian's packages chromium, nodejs and npm.")
    folder = _installed(outer)
    paths = bench_folder(outer)
    with hold_run_folder(paths, "bench companion"):
        sandbox = Sandbox(paths, Interrupts(), dict(os.environ))
        try:
            sandbox.start(any_free_port(), console=False)
            prepare(ReadBench(sandbox, seconds=1, rounds=1, quick=True))
            with step(f"Chromium, {options.rounds} rounds"):
                found = _measured(folder, sandbox.web, str(programs["chromium"]), options.rounds)
        except (demo.DemoFailed, CommandFailed) as error:
            raise UserError(f"The measurement failed: {error} (logs: {paths.logs})") from None
        finally:
            sandbox.stop()
    remove_run(paths)
    text = report(found)
    say(f"\n{text}")
    if options.write:
        page = paths.root / "docs" / "measurements" / "companion.md"
        page.write_text(_FIGURES.sub(lambda parts: f"{parts[1]}{text}\n{parts[2]}", page.read_text(encoding="utf-8")), "utf-8")
    for fault in (found_faults := faults(found)):
        say(f"FAILED: {fault}")
    say(f"companion bench: {'failed' if found_faults else 'ok'}")
    return 1 if found_faults else 0


def _installed(outer: Paths) -> Path:
    """Return the folder with the locked packages and the script beside them."""
    locked = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in _LOCKED)).hexdigest()[:12]
    folder = outer.run / "bench-companion" / locked
    done = folder / ".installed"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in _LOCKED:
            shutil.copy(HERE / name, folder)
        with step("Installing Lighthouse (only once)"):
            installed = subprocess.run(_INSTALL, cwd=folder, capture_output=True, text=True, check=False)
        if installed.returncode:
            raise UserError(f"npm could not install Lighthouse: {installed.stderr.strip()}")
        done.touch()
    shutil.copy(HERE / _SCRIPT, folder)
    return folder


def _measured(folder: Path, url: str, chromium: str, rounds: int) -> dict[str, Any]:
    command = ["node", _SCRIPT, url, chromium, str(rounds)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UserError(f"The browser could not be measured: {done.stderr.strip()[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def scores(found: dict[str, Any]) -> dict[tuple[str, str], list[int]]:
    """Return the scores of all rounds in rising order, by screen and category."""
    collected: dict[tuple[str, str], list[int]] = {}
    for screens in found["lighthouse"]:
        for screen, one in screens.items():
            for category, score in one["scores"].items():
                collected.setdefault((screen, category), []).append(score)
    return {key: sorted(values) for key, values in collected.items()}


def faults(found: dict[str, Any]) -> list[str]:
    """Return what is below its limit, as sentences; a median counts for the performance, which varies, and else the lowest."""
    wrong = []
    for (screen, category), values in scores(found).items():
        reached = median(values) if category == "performance" else values[0]
        if reached < LOWEST[category]:
            wrong.append(f"{category} of the {screen} is {reached:g}, below {LOWEST[category]}.")
    if found["bytes"]["app"] > MAX_APP_BYTES:
        wrong.append(f"The files of the app took {found['bytes']['app']} bytes, more than {MAX_APP_BYTES}.")
    return wrong


def report(found: dict[str, Any]) -> str:
    """Return the figures as tables of Markdown."""
    rows = [
        [screen, category, f"{values[0]}" if values[0] == values[-1] else f"{values[0]} to {values[-1]}", f"{LOWEST[category]}"]
        for (screen, category), values in scores(found).items()
    ]
    below = {tuple(audit) for screens in found["lighthouse"] for one in screens.values() for audit in one["below"]}
    sent = found["bytes"]
    total = sent["app"] + sent["manifests"] + sent["packs"]
    weights = [
        ["the files of the app", f"{sent['app']:,}"],
        ["two country manifests", f"{sent['manifests']:,}"],
        ["two packs", f"{sent['packs']:,}"],
        [f"all, in {sent['requests']} requests", f"{total:,}"],
    ]
    middle = {name: median(one[name] for one in found["slow"]) for name in ("empty", "choices", "plan")}
    names = {"empty": "an empty page", "choices": "the first screen", "plan": "the first plan, without a pause"}
    times = [[names[name], f"{value:,.0f} ms", f"{value / middle['empty']:.1f}"] for name, value in middle.items()]
    rounds = len(found["lighthouse"])
    version = next(iter(found["lighthouse"][0].values()))["version"]
    parts = [
        f"Lighthouse {version}, {found['browser']}, {rounds} round{'s' if rounds > 1 else ''}.",
        table(["screen", "category", "scores", "at least"], rows),
        "Audits below 90: "
        + (", ".join(f"{name} ({value})" if value else name for name, value in sorted(below)) or "none")
        + ".",
        table(["until the first plan", "bytes"], weights),
        table(["slow 4G, a processor four times slower", "median", "ratio"], times),
    ]
    return "\n\n".join(parts)
