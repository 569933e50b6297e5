"""./run bench resolver: time the resolver in this process, on the published test vectors, one call at a time."""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from statistics import quantiles

from content.resolver.resolve import resolve
from content.resolver.vectors import query_of, read_cases, read_packs
from tools.sandbox.paths import Paths
from tools.sandbox.terminal import say


def run(paths: Paths, rest: list[str]) -> int:
    """Print the median, the 95th and the 99th percentile in milliseconds; return 0."""
    parser = argparse.ArgumentParser(prog="./run bench resolver", description=__doc__)
    parser.add_argument("--rounds", type=int, default=40, help="how often each vector is resolved (%(default)s)")
    options = parser.parse_args(rest)
    times = measure(options.rounds)
    percentiles = quantiles(times, n=100)
    figures = {"median": percentiles[49], "p95": percentiles[94], "p99": percentiles[98]}
    say(f"{len(times)} calls; " + ", ".join(f"{name} {value:.3f} ms" for name, value in figures.items()))
    return 0


def measure(rounds: int) -> list[float]:
    """Return the milliseconds of each call, after one call per vector to warm up."""
    packs = read_packs()
    queries = [(packs[case["pack"]], query_of(case), datetime.fromisoformat(case["at"])) for case in read_cases()]
    for pack, query, at in queries:
        resolve(pack, query, at)
    times = []
    for _ in range(rounds):
        for pack, query, at in queries:
            started = time.perf_counter()
            resolve(pack, query, at)
            times.append((time.perf_counter() - started) * 1000)
    return times
