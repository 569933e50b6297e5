"""Run folders for a test run or a measurement: each starts empty and is removed at the end."""

from __future__ import annotations

import shutil

from tools.sandbox import postgres
from tools.sandbox.lock import is_held
from tools.sandbox.paths import Paths
from tools.sandbox.processes import stop_leftovers


def remove_run(paths: Paths) -> None:
    """Remove a run folder, with its database and any process that a killed run left behind. A folder in use is kept."""
    if is_held(paths):
        return
    stop_leftovers(paths)
    postgres.remove(paths)
    shutil.rmtree(paths.run, ignore_errors=True)


def bench_folder(outer: Paths) -> Paths:
    """Return an empty run folder for a measurement, so that its figures do not depend on what the demo's database holds."""
    paths = Paths(outer.root, outer.run / "bench")
    remove_run(paths)
    paths.create()
    return paths
