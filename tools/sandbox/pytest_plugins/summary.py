"""What a run of tests says in the end: which files took longest, and how many tests it left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import pytest

from tools.sandbox.tiers import LEFT_OUT, QUICK

#: Files that are named in the end, and the number of files from which a run names any.
_NAMED, _MANY = 10, 40


class Summary:
    """Counts in each process, and prints in the one that starts the others."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seconds: dict[str, float] = defaultdict(float)
        self.left_out: Counter[str] = Counter()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count tests by the first of the markers that they have."""
        if self.config.getoption("markexpr") == QUICK:
            self.left_out.update(kind for item in items if (kind := kind_of(item)))

    def pytest_sessionfinish(self) -> None:
        """In a process of several: tell the first one, which collects no tests."""
        output: dict[str, Any] | None = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["left_out"] = dict(self.left_out)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Each process collects all tests, so the numbers of one are those of the run."""
        self.left_out = Counter(getattr(node, "workeroutput", {}).get("left_out", {})) or self.left_out

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the time of a test, with its preparation, to that of its file."""
        self.seconds[report.nodeid.partition("::")[0]] += report.duration

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print both."""
        for line in lines(self.seconds, self.left_out):
            terminalreporter.write_line(line)


def kind_of(item: pytest.Item) -> str | None:
    """Return the first of the markers that leave a test out, or None."""
    return next((marker for marker in LEFT_OUT if item.get_closest_marker(marker)), None)


def lines(seconds: dict[str, float], left_out: Counter[str]) -> list[str]:
    """Return what is printed; nothing where a few files were chosen and no test was left out."""
    found = []
    if len(seconds) >= _MANY:
        slowest = sorted(seconds.items(), key=lambda one: -one[1])[:_NAMED]
        found += ["Slowest files:", *(f"{taken:7.1f} s  {file}" for file, taken in slowest)]
    if left_out:
        kinds = ", ".join(f"{left_out[kind]:,} {said}" for kind, said in LEFT_OUT.items() if left_out[kind])
        found.append(f"{left_out.total():,} tests were left out ({kinds}). --all runs them; so does naming their file.")
    return found
