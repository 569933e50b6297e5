"""./run faults: carry out the fault runs on each combination of servers."""

from __future__ import annotations

import argparse
import os

from tools.faults import page
from tools.faults.runs import RUNS
from tools.sandbox import debian, environment
from tools.sandbox.paths import Paths
from tools.sandbox.processes import run_in_foreground
from tools.sandbox.terminal import UserError, say

#: Each PostgreSQL with one of the brokers.
COMBINATIONS = (("debian", "redis"), ("wheel", "rabbitmq"))


def run(paths: Paths, rest: list[str]) -> int:
    """Carry out the chosen runs; return 1 if one has a fault, or 2 if only root could install what is missing."""
    options = _parser().parse_args(rest)
    if unknown := set(options.runs) - RUNS.keys():
        raise UserError(f"There is no run called {', '.join(sorted(unknown))}. ./run faults --list lists them.")
    if options.list:
        say("\n".join(f"{name:<20} {one.title}" for name, one in RUNS.items()))
        return 0
    if options.older:
        say(
            "\n".join(f"{title}: {', '.join(names)}" for title, names in page.older().items())
            or "No row is older than this code."
        )
        return 0
    if missing := debian.missing():
        if os.geteuid() != 0:
            say(f"./run faults needs {', '.join(missing)}. As root: apt-get install {' '.join(missing)}")
            return 2
        debian.install(missing, paths.logs / "apt.log")
    combinations = [
        (database, broker)
        for database, broker in COMBINATIONS
        if options.database in (None, database) and options.broker in (None, broker)
    ] or [(options.database, options.broker)]
    failed = sum(_carry_out(paths, database, broker, options) for database, broker in combinations)
    say("fault runs: failed" if failed else "fault runs: ok")
    return 1 if failed else 0


def _carry_out(paths: Paths, database: str, broker: str, options: argparse.Namespace) -> int:
    """Carry out the runs with these servers; return 1 if one has a fault."""
    chosen = ["--database", database, "--broker", broker, "--minutes", str(options.minutes)]
    chosen += ["--quick"] * options.quick + ["--write"] * options.write
    command = [str(paths.python), "-m", "tools.faults.combination", *chosen, *options.runs]
    cache = {environment.BYTECODE: environment.bytecode_folder(paths)}
    return run_in_foreground(command, paths.root, {**environment.without_settings(os.environ), **cache})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run faults", description="Send campaigns while something fails, and count.")
    parser.add_argument("runs", nargs="*", metavar="RUN", help="the runs, by name; all of them without")
    parser.add_argument("--list", action="store_true", help="list the runs")
    parser.add_argument(
        "--older", action="store_true", help="list the rows that were measured with another version of the code that sends"
    )
    parser.add_argument("--quick", action="store_true", help="fewer devices and shorter faults, as in the tests")
    parser.add_argument("--write", action="store_true", help="write the runs that passed into docs/measurements/faults.md")
    parser.add_argument("--database", choices=("debian", "wheel"), help="Debian's PostgreSQL alone, or that in .venv")
    parser.add_argument("--broker", choices=("redis", "rabbitmq"), help="one broker alone")
    parser.add_argument("--minutes", type=float, default=0, help="how long the broker is away in the run broker-away")
    return parser
