"""Measure the resolver in process: the test vectors over and over, each call by itself."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from content.resolver.resolve import resolve
from content.resolver.vectors import query_of, read_cases, read_packs
from core.cli import StaffCommand

_ROUNDS = 40


class Command(StaffCommand):
    """Say the median and the tail in milliseconds."""

    help = "Measure how long the resolver takes for one plan."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--rounds", type=int, default=_ROUNDS, help="how often each vector is asked")

    def act(self, options: dict[str, Any]) -> None:
        packs = read_packs()
        asked = [(packs[case["pack"]], query_of(case), datetime.fromisoformat(case["at"])) for case in read_cases()]
        for pack, query, at in asked:
            resolve(pack, query, at)
        took = []
        for _ in range(options["rounds"]):
            for pack, query, at in asked:
                started = time.perf_counter()
                resolve(pack, query, at)
                took.append((time.perf_counter() - started) * 1000)
        took.sort()
        data = {"calls": len(took)} | {
            name: round(took[int(share * (len(took) - 1))], 3) for name, share in (("median", 0.5), ("p95", 0.95), ("p99", 0.99))
        }
        self.answer(options, data, ", ".join(f"{name} {value}" for name, value in data.items()) + " (milliseconds)")
