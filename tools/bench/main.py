"""./run bench: choose the measurement that the first argument names."""

from __future__ import annotations

from collections.abc import Callable

from tools.bench import abuse, codebase, emulator, overall, resolver_speed
from tools.bench.companion import measure as companion
from tools.bench.push import launch
from tools.bench.read import measure as read
from tools.bench.stampede import measure as stampede
from tools.sandbox.paths import Paths

_MEASUREMENTS: dict[str, Callable[[Paths, list[str]], int]] = {
    "abuse": abuse.run,
    "codebase": lambda paths, rest: codebase.run(rest),
    "companion": companion.run,
    "console": lambda paths, rest: launch.run(paths, rest, "tools.bench.console_pages"),
    "emulator": emulator.run,
    "localisation": lambda paths, rest: launch.run(paths, rest, "tools.bench.localisation"),
    "main-job": lambda paths, rest: launch.run(paths, rest or ["100000"], "tools.bench.push.main_job"),
    "push": launch.run,
    "read": read.run,
    "resolver": resolver_speed.run,
    "restore": lambda paths, rest: launch.run(paths, rest, "tools.bench.restore"),
    "stampede": stampede.run,
}


def run(paths: Paths, rest: list[str]) -> int:
    """Run the measurement that the first argument names, or the overall one; return the exit status."""
    if rest and (measure := _MEASUREMENTS.get(rest[0])):
        return measure(paths, rest[1:])
    return overall.run(paths, rest)
