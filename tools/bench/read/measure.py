"""./run bench read: our fast path against plain Django, nginx with exported files, and a list as most teams would write it.

One server process each, loaded in turns by Debian's wrk on the same machine; medians. Writes docs/measurements/read.md.
"""

from __future__ import annotations

import argparse
import json
import os

from tools.bench.read import load
from tools.bench.read.campaign import measure_beside_campaign
from tools.bench.read.comparison import compare_servers
from tools.bench.read.growth import measure_growth
from tools.bench.read.report import write
from tools.bench.read.servers import ReadBench
from tools.sandbox import demo
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.published import begin_with_copy, publish_all
from tools.sandbox.run_folders import bench_folder, remove_run
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import UserError, say

#: 2,500 messages per second, of which the product uses its share of 80 %.
MESSAGES_PER_MINUTE = "150000"
PARTS = {"servers": compare_servers, "beside": measure_beside_campaign, "growth": measure_growth}


def run(outer: Paths, rest: list[str]) -> int:
    """Measure, print and write the report; return 1 if a request failed."""
    parser = argparse.ArgumentParser(prog="./run bench read", description=__doc__)
    parser.add_argument("--seconds", type=int, help="of each run (5)")
    parser.add_argument("--rounds", type=int, help="of each row (3)")
    parser.add_argument("--only", choices=PARTS, help="measure one part; the report is not written")
    parser.add_argument(
        "--quick", action="store_true", help="every part once, short and small, without django-parler; the report is not written"
    )
    options = parser.parse_args(rest)
    load.required_programs()
    seconds, rounds = options.seconds or (1 if options.quick else 5), options.rounds or (1 if options.quick else 3)
    paths = bench_folder(outer)
    begin_with_copy(paths)
    with hold_run_folder(paths, "bench read"):
        sandbox = Sandbox(paths, Interrupts(), {**os.environ, "FCM_MESSAGES_PER_MINUTE": MESSAGES_PER_MINUTE})
        try:
            sandbox.start(any_free_port(), console=False)
            bench = ReadBench(sandbox, seconds=seconds, rounds=rounds, quick=options.quick)
            prepare(bench)
            for name, measure in PARTS.items():
                if options.only in (None, name):
                    measure(bench)
        except (demo.DemoFailed, CommandFailed) as error:
            raise UserError(f"The measurement failed: {error} (logs: {paths.logs})") from None
        finally:
            sandbox.stop()
    remove_run(paths)
    say(json.dumps(bench.notes, indent=1))
    if options.only is None and not options.quick:
        write(paths.root / "docs" / "measurements" / "read.md", bench.rows, bench.notes, seconds, rounds)
    failed = sum(row.load.failed for row in bench.rows)
    say(f"read bench: {len(bench.rows)} rows, {failed} failed requests")
    return 1 if failed else 0


def prepare(bench: ReadBench) -> None:
    """Publish all content, and wait until it is served."""
    publish_all(bench.sandbox)
