"""./run test --coverage: how many branches of the product the tests took, and the ten least covered files."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from tools.sandbox.paths import Paths
from tools.sandbox.terminal import UserError, say

#: Files with fewer branches and statements than this are not listed.
SMALLEST = 10
LISTED = 10


def command(paths: Paths) -> list[str]:
    """Return the arguments of Python that run a module under coverage. pyproject.toml configures what is measured."""
    return ["-m", "coverage", "run", f"--data-file={paths.run / 'coverage'}", "-m"]


def print_report(paths: Paths) -> None:
    """Print the share of branches and statements that the tests ran, and the least covered files."""
    arguments = [str(paths.python), "-m", "coverage", "json", f"--data-file={paths.run / 'coverage'}", "-q", "-o", "-"]
    answer = subprocess.run(arguments, cwd=paths.root, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise UserError(f"There is no coverage to report: {(answer.stderr or answer.stdout).strip()}")
    say("\n".join(report(json.loads(answer.stdout))))


def report(measured: dict[str, Any]) -> list[str]:
    """Return the lines of the report for the JSON of coverage."""
    total = measured["totals"]
    branches = f"{total['covered_branches']:,} of {total['num_branches']:,} branches ({_share(total):.1%})"
    lines = [
        f"Coverage of the product: {branches}, {total['percent_statements_covered']:.1f} % of statements.",
        "Code in processes that the tests start (servers, workers) is not counted. Least covered:",
    ]
    files = [
        (found["summary"]["percent_covered"], path, found["summary"])
        for path, found in measured["files"].items()
        if found["summary"]["num_statements"] + found["summary"]["num_branches"] >= SMALLEST
    ]
    for percent, path, summary in sorted(files, key=lambda one: one[:2])[:LISTED]:
        lines.append(f"  {percent:5.1f} %  {path} ({summary['covered_branches']} of {summary['num_branches']} branches)")
    return lines


def _share(total: dict[str, Any]) -> float:
    return total["covered_branches"] / total["num_branches"] if total["num_branches"] else 1.0
