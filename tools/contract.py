"""./run contract: send requests made from the OpenAPI schema as four different senders, and print the statuses they got.

Each request is random within the schema, or breaks it in one place. A server error, or a status or media type that the schema
does not name, is a fault. A seed gives the same requests again; runs with other seeds add up.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from tools.sandbox import environment
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.paths import Paths
from tools.sandbox.processes import run_in_foreground
from tools.sandbox.temporary_database import temporary_database
from tools.sandbox.terminal import say

_TEST: Final = "tests/api/test_contract_identities.py"


def run(paths: Paths, rest: list[str]) -> int:
    """Send the requests; return 1 if one was answered with a fault."""
    parser = argparse.ArgumentParser(prog="./run contract", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="requests, about (%(default)s)")
    parser.add_argument("--minutes", type=float, default=10, help="send no more requests after so many (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the random values (%(default)s)")
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds, from that one on, take turns (%(default)s)")
    given = parser.parse_args(rest)
    report, begun = paths.run / f"contract-{os.getpid()}.json", time.monotonic()
    with temporary_database(paths, Interrupts()) as url:
        settings = {
            "DATABASE_URL": url,
            environment.BYTECODE: environment.bytecode_folder(paths),
            "CONTRACT_CASES": str(given.cases),
            "CONTRACT_SEED": str(given.seed),
            "CONTRACT_SEEDS": str(given.seeds),
            "CONTRACT_SECONDS": str(given.minutes * 60),
            "CONTRACT_REPORT": str(report),
        }
        command = [str(paths.python), "-m", "pytest", "-q", "--timeout", str(int(given.minutes * 60) + 600), _TEST]
        status = run_in_foreground(command, paths.root, {**environment.without_settings(os.environ), **settings})
    if report.exists():
        _print(report, seconds=time.monotonic() - begun)
        report.unlink()
    return 1 if status else 0


def _print(report: Path, *, seconds: float) -> None:
    found: dict[str, list[Any]] = json.loads(report.read_text(encoding="utf-8"))
    for line in table(found["seen"]):
        say(line)
    total = sum(number for *_, number in found["seen"])
    seeds = ", ".join(f"{seed} ({number})" for seed, number in found["seeds"])
    say(f"\n{total} requests in {seconds:.0f} s, {len(found['faults'])} kinds of faults. By seed: {seeds}.")
    for sender, operation, status, text in found["faults"]:
        say(f"\n{operation} as {sender}: {status}\n{text}")


def table(seen: list[list[Any]]) -> list[str]:
    """Return a Markdown table of how many responses of each class each sender got, from (sender, operation, status, number)."""
    counts: Counter[tuple[str, int]] = Counter()
    for sender, _, status, number in seen:
        counts[sender, status // 100] += number
    classes = sorted({kind for _, kind in counts})
    lines = [
        "| sender | " + " | ".join(f"{kind}xx" for kind in classes) + " |",
        "| --- |" + " --- |" * len(classes),
    ]
    for sender in dict.fromkeys(sender for sender, _ in counts):
        lines.append(f"| {sender} | " + " | ".join(str(counts[sender, kind]) for kind in classes) + " |")
    return lines
