"""What a run of tests says in the end: which files took longest, and how many tests it left out."""

from __future__ import annotations

import resource
from collections import Counter, defaultdict
from collections.abc import Generator, Sequence
from typing import Any, Final

import pytest

from tools.sandbox.tiers import LEFT_OUT, QUICK

#: Under this name pytest's cache keeps the seconds that each file took in the last run of many files that had it.
SECONDS: Final = "fingerpost/seconds"
#: Files that are named in the end, and the number of files from which a run names any.
_NAMED, _MANY = 10, 40


class Summary:
    """Counts in each process, and prints in the one that starts the others."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.seconds: dict[str, float] = defaultdict(float)
        #: Of them, seconds of processor time of the tests' process and the processes that it has waited for.
        self.processor: dict[str, float] = defaultdict(float)
        self._processor_so_far = processor_seconds()
        self.left_out: Counter[str] = Counter()

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Count tests by the first of the markers that they have."""
        if self.config.getoption("markexpr") == QUICK:
            self.left_out.update(kind for item in items if (kind := kind_of(item)))

    def pytest_collection_finish(self) -> None:
        """Do not count what comes before the first test."""
        self._processor_so_far = processor_seconds()

    def pytest_sessionfinish(self) -> None:
        """In a process of several: tell the first one, which collects no tests."""
        output: dict[str, Any] | None = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["left_out"] = dict(self.left_out)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Each process collects all tests, so the numbers of one are those of the run."""
        self.left_out = Counter(getattr(node, "workeroutput", {}).get("left_out", {})) or self.left_out

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """In the process that runs a test: note its processor time in the report, which goes to the first process."""
        report = yield
        before, self._processor_so_far = self._processor_so_far, processor_seconds()
        report.processor_seconds = self._processor_so_far - before  # type: ignore[attr-defined]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add the time of a test, with its preparation, to that of its file."""
        file = report.nodeid.partition("::")[0]
        self.seconds[file] += report.duration
        self.processor[file] += getattr(report, "processor_seconds", 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print both, and keep the seconds of a large run for the order of the next one."""
        cache = getattr(self.config, "cache", None)
        if cache is not None and len(self.seconds) >= _MANY:
            cache.set(SECONDS, {**cache.get(SECONDS, {}), **self.seconds})
        for line in lines(self.seconds, self.left_out, self.processor):
            terminalreporter.write_line(line)


def kind_of(item: pytest.Item) -> str | None:
    """Return the first of the markers that leave a test out, or None."""
    return next((marker for marker in LEFT_OUT if item.get_closest_marker(marker)), None)


def processor_seconds() -> float:
    """Return the processor time of this process and those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def lines(seconds: dict[str, float], left_out: Counter[str], processor: dict[str, float]) -> list[str]:
    """Return what is printed; nothing where a few files were chosen and no test was left out."""
    found = []
    if len(seconds) >= _MANY:
        slowest = sorted(seconds, key=lambda file: -seconds[file])[:_NAMED]
        found.append("Slowest files, in seconds, and how many of them on the processor (without PostgreSQL):")
        found += [f"{seconds[file]:7.1f} {processor.get(file, 0.0):7.1f}  {file}" for file in slowest]
        found.append(f"{sum(seconds.values()):7,.0f} {sum(processor.values()):7,.0f}  all files")
    if left_out:
        kinds = ", ".join(f"{left_out[kind]:,} {said}" for kind, said in LEFT_OUT.items() if left_out[kind])
        found.append(f"{left_out.total():,} tests were left out ({kinds}). --all runs them; so does naming their file.")
    return found
