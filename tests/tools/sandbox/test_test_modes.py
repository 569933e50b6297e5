"""./run test --coverage, --previous, --matrix and --postgres: what each does, and what it says where it can do nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest

from tests import conftest, longest_files
from tests.examples import examples, mark_cases
from tools.sandbox import coverage_report, debian, previous_code, run_tests, tiers, version_matrix
from tools.sandbox.paths import Paths
from tools.sandbox.previous_code import Baseline, new_migrations, read_baseline
from tools.sandbox.pytest_plugins import summary
from tools.sandbox.terminal import UserError
from tools.sandbox.version_matrix import Result, find_postgresqls, find_pythons

ROOT = Path(__file__).resolve().parents[3]


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "whole"
    (folder / "app/migrations").mkdir(parents=True)
    (folder / "app/migrations/0001_first.py").touch()
    (folder / "app/migrations/__init__.py").touch()
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "First")
    return folder


def paths_in(folder: Path) -> Paths:
    paths = Paths(root=folder, run=folder / ".run")
    paths.create()
    return paths


def test_options_are_ours_and_the_rest_is_pytests() -> None:
    options, arguments = run_tests._parse(["-q", "--all", "tests/core", "-k", "a or b", "--coverage", "--durations=5", "-m", "x"])

    assert (options.all, options.coverage, options.previous, options.matrix) == (True, True, False, False)
    assert arguments == ["-q", "tests/core", "-k", "a or b", "--durations=5", "-m", "x"]


def test_the_quick_tier_tries_fewer_invented_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(tiers.QUICK_TIER, "1")
    assert [examples(number) for number in (5, 20, 100, 400)] == [5, 10, 20, 80]
    assert [examples(number, least=4) for number in (3, 20, 100)] == [3, 4, 20]
    monkeypatch.delenv(tiers.QUICK_TIER)
    assert [examples(number) for number in (5, 20, 100, 400)] == [5, 20, 100, 400]


def test_the_quick_tier_tries_every_fifth_case_of_a_sampled_test() -> None:
    items = [Case(f"{test}[{number}]") for number in range(11) for test in ("test_a.py::test_one", "test_a.py::test_two")]
    others = [Case(f"test_b.py::test_all[{number}]", sampled=False) for number in range(6)]

    mark_cases([*items, *others])  # type: ignore[list-item]

    assert [case.nodeid for case in (*items, *others) if not case.slow] == [
        *(f"test_a.py::test_{test}[{number}]" for number in (0, 5, 10) for test in ("one", "two")),
        *(case.nodeid for case in others),
    ]


def test_the_whole_suite_takes_a_process_more_than_cores_and_a_chosen_file_takes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 6)

    assert run_tests.processes_for(None, ["-q", "-k", "a or b"]) == 7
    assert run_tests.processes_for(None, ["-q", f"{__file__}::test_one"]) == 1
    assert run_tests.processes_for(3, [__file__]) == 3
    assert run_tests.spread_over(1) == []
    assert run_tests.spread_over(2)[:2] == ["-n", "2"]


def test_no_property_fails_because_the_machine_is_slow() -> None:
    usual = hypothesis.settings()

    assert usual.deadline is None
    assert hypothesis.HealthCheck.too_slow in usual.suppress_health_check


FILE, FOLDER = "tests/tools/sandbox/test_test_modes.py", "tests/tools"


@pytest.mark.parametrize(
    ("arguments", "missing", "expected"),
    [
        ([], [], ["-m", tiers.QUICK]),
        (["-k", "a or b"], [], ["-m", tiers.QUICK]),
        ([FOLDER, FILE], [], ["-m", tiers.QUICK]),
        ([f"{FILE}::test_one"], [], []),
        ([FILE], ["chromium"], ["-m", "not browser and not services"]),
    ],
)
def test_a_named_file_runs_all_its_tests_that_can_run_here(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], missing: list[str], expected: list[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(debian, "missing", lambda: missing)

    assert run_tests.tier(arguments) == expected


def test_a_run_names_its_slowest_files_and_what_it_left_out() -> None:
    many = {f"tests/test_{number}.py": float(number) for number in range(50)}

    assert summary.lines({"tests/test_one.py": 3.0}, Counter(), {}) == []
    assert summary.lines(many, Counter({"slow": 1_200, "browser": 3}), {"tests/test_49.py": 7.25, "tests/test_1.py": 1.0}) == [
        "Slowest files, in seconds, and how many of them on the processor (without PostgreSQL):",
        "   49.0     7.2  tests/test_49.py",
        *(f"{number:7.1f}     0.0  tests/test_{number}.py" for number in range(48, 39, -1)),
        "  1,225       8  all files",
        "1,203 tests were left out (1,200 slow, 3 in a browser). --all runs them; so does naming their file.",
    ]


@pytest.mark.slow
def test_several_processes_leave_out_slow_tests_and_say_so(tmp_path: Path) -> None:
    for name in ("one", "two"):
        text = "import pytest\n\ndef test_quick(): sum(range(10**6))\n\n@pytest.mark.slow\ndef test_slow(): pass\n"
        (tmp_path / f"test_{name}.py").write_text(text)
    (tmp_path / "conftest.py").write_text(
        "from tools.sandbox.pytest_plugins.summary import Summary\n\n"
        "def pytest_configure(config):\n    config.pluginmanager.register(Summary(config), 'summary')\n\n"
        "def pytest_unconfigure(config):\n    print('processor', config.pluginmanager.get_plugin('summary').processor)\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n  slow\n  journey\n  browser\n  services\n  faults\n")
    command = [sys.executable, "-m", "pytest", "-n", "2", "-p", "no:django", "-m", tiers.QUICK, "."]

    done = subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True)

    assert "2 tests were left out (2 slow)." in done.stdout, done.stdout
    assert "2 passed" in done.stdout
    measured = dict(re.findall(r"'(test_\w+\.py)': ([\d.]+)", done.stdout))
    assert {name: float(seconds) > 0.001 for name, seconds in measured.items()} == {"test_one.py": True, "test_two.py": True}


@dataclass
class Case:
    """A collected case of a test, as far as the sampling of cases looks."""

    nodeid: str
    sampled: bool = True
    slow: bool = False

    def get_closest_marker(self, name: str) -> str | None:
        return name if self.sampled and name == "sampled" else None

    def add_marker(self, mark: pytest.MarkDecorator) -> None:
        self.slow = mark.name == "slow"


@dataclass
class Item:
    """A collected test, as far as the order of the tests and the choice of them look."""

    path: Path
    markers: tuple[str, ...] = ()
    fixturenames: tuple[str, ...] = ()

    @property
    def nodeid(self) -> str:
        return f"{self.path}::test"

    def get_closest_marker(self, name: str) -> str | None:
        return name if name in self.markers else None


FAST = Item(Path("test_fast.py"), fixturenames=("client",))
BESIDE = Item(Path("test_slow.py"), fixturenames=("release", "db"))
SLOW = Item(Path("test_slow.py"), ("faults", "django_db"))


def arranged(items: list[Item], *, database_only: bool = False, seconds: dict[str, float] | None = None) -> list[Item]:
    """Return the tests in the order in which they run; those that are left out are missing."""
    config = SimpleNamespace(
        getoption=lambda name: database_only,
        hook=SimpleNamespace(pytest_deselected=lambda items: None),
        cache=None if seconds is None else SimpleNamespace(get=lambda name, usual: seconds),
    )
    conftest.pytest_collection_modifyitems(config, items)  # type: ignore[arg-type]
    return items


@pytest.mark.parametrize(("spread", "order"), [(True, [BESIDE, SLOW, FAST]), (False, [FAST, BESIDE, SLOW])])
def test_a_process_of_several_begins_with_the_files_of_slow_tests(
    monkeypatch: pytest.MonkeyPatch, spread: bool, order: list[Item]
) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    if spread:
        monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")

    assert arranged([FAST, BESIDE, SLOW]) == order


def test_a_process_of_several_begins_with_what_took_longest_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    known, longer = Item(Path("test_known.py")), Item(Path("test_longer.py"))

    assert arranged([FAST, known, longer, SLOW], seconds={"test_known.py": 1.0, "test_longer.py": 2.0}) == [
        *(SLOW, longer, known, FAST)
    ]


def test_without_an_earlier_run_a_process_of_several_begins_with_the_longest_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    longest, shorter = (Item(Path(name)) for name in list(longest_files.SECONDS)[:2])

    assert arranged([FAST, shorter, longest]) == arranged([FAST, shorter, longest], seconds={}) == [longest, shorter, FAST]
    assert arranged([FAST, longest, shorter], seconds={str(shorter.path): 10_000.0}) == [shorter, longest, FAST]


def test_the_longest_files_are_there_and_in_order() -> None:
    assert [name for name in longest_files.SECONDS if not (ROOT / name).is_file()] == []
    assert sorted(longest_files.SECONDS.values(), reverse=True) == list(longest_files.SECONDS.values())


def test_database_only_leaves_out_tests_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)

    assert arranged([FAST, BESIDE, SLOW], database_only=True) == [BESIDE, SLOW]


def test_a_folder_without_postgresql_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no program named postgres"):
        run_tests.run(paths_in(tmp_path), [f"--postgres={tmp_path}"])


def test_the_report_names_the_least_covered_files_and_leaves_out_the_smallest() -> None:
    def summary(percent: float, size: int) -> dict[str, float]:
        return {"percent_covered": percent, "num_statements": size, "num_branches": 4, "covered_branches": 3}

    measured = {
        "totals": {"covered_branches": 900, "num_branches": 1_200, "percent_statements_covered": 95.04},
        "files": {
            "core/tiny.py": {"summary": summary(0.0, 5)},
            **{f"core/{number:02}.py": {"summary": summary(90.0 - number, 100)} for number in range(20)},
        },
    }
    lines = coverage_report.report(measured)

    assert lines[0] == "Coverage of the product: 900 of 1,200 branches (75.0%), 95.0 % of statements."
    assert lines[2:4] == ["   71.0 %  core/19.py (3 of 4 branches)", "   72.0 %  core/18.py (3 of 4 branches)"]
    assert len(lines) == 2 + coverage_report.LISTED


def test_new_migrations_are_those_that_the_commit_does_not_have(repository: Path) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    assert new_migrations(repository, commit) == set()

    (repository / "app/migrations/0002_second.py").touch()

    assert new_migrations(repository, commit) == {"app/0002_second"}


def test_the_same_schema_is_nothing_to_test(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    monkeypatch.setattr(previous_code, "read_baseline", lambda: Baseline(commit, ()))

    assert previous_code.run(paths_in(repository), []) == 0
    assert "SKIPPED: the schema is the same" in capsys.readouterr().out


def test_a_shallow_clone_fetches_the_commit_or_says_that_it_cannot(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "commit", "-q", "--allow-empty", "-m", "Second")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{repository}", "shallow")
    monkeypatch.setattr(previous_code, "read_baseline", lambda: Baseline(commit, ()))

    assert previous_code.run(paths_in(tmp_path / "shallow"), []) == 0
    assert "the schema is the same" in capsys.readouterr().out

    monkeypatch.setattr(previous_code, "read_baseline", lambda: Baseline("0" * 40, ()))
    assert previous_code.run(paths_in(tmp_path / "shallow"), []) == 0
    assert "SKIPPED: this clone has no commit 0000000000 and cannot fetch it" in capsys.readouterr().out


def test_the_baseline_names_a_whole_commit_and_tests_of_sending() -> None:
    baseline = read_baseline()

    assert len(baseline.commit) == 40
    assert len(baseline.tests) > 5
    assert all(name.startswith("tests/notifications/") for name in baseline.tests)


def test_this_python_and_the_wheels_postgresql_are_always_had() -> None:
    assert f"{sys.version_info.major}.{sys.version_info.minor}" in find_pythons()
    assert None in find_postgresqls(Paths(root=ROOT, run=ROOT)).values()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_of_another_user_holds_no_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "versions").mkdir(mode=0)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))

    assert find_pythons()


def test_a_name_on_the_path_that_does_not_start_is_no_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "python3.14").write_text("#!/bin/sh\nexit 127\n")
    (tmp_path / "python3.14").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))

    assert "3.14" not in find_pythons()


def test_the_matrix_says_what_was_tested_and_what_could_not_be() -> None:
    results = [Result("3.11", "18", True, "9 passed in 1.00s"), Result("3.11", "15", False, "1 failed, 8 passed in 1.00s")]

    assert version_matrix.report(results, {"3.11": "python3.11"}, {"15": Path("/usr"), "18": None}) == [
        *("", "Matrix:"),
        "  Python 3.11, PostgreSQL 18: passed; 9 passed in 1.00s",
        "  Python 3.11, PostgreSQL 15: FAILED; 1 failed, 8 passed in 1.00s",
        "Not tested:",
        *(f"  Python {version} (none found that starts)" for version in ("3.12", "3.13", "3.14")),
        *(f"  PostgreSQL {major} (no programs of it installed)" for major in ("16", "17")),
    ]


def test_a_pair_passes_only_if_tests_ran(tmp_path: Path) -> None:
    (tmp_path / "run").write_text(
        "import sys\nprint(sys.argv[2])\nprint('3 passed, 1 skipped in 0.10s' if 'good' in sys.argv else 'no')\n"
    )

    def on_pair(*arguments: str) -> Result:
        return version_matrix._on_pair("3.11", sys.executable, tmp_path, "15", Path("/usr/lib"), list(arguments))

    assert on_pair("good") == Result("3.11", "15", True, "3 passed, 1 skipped in 0.10s")
    assert on_pair("bad").passed is False


def test_the_copy_for_another_python_holds_the_checkout_and_nothing_that_git_ignores(repository: Path) -> None:
    (repository / ".gitignore").write_text(".run/\nlocal\n")
    (repository / "local").touch()
    (repository / "new.py").touch()

    copy = version_matrix._copy(paths_in(repository), "3.12")

    names = sorted(str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file())
    assert names == [".gitignore", "app/migrations/0001_first.py", "app/migrations/__init__.py", "new.py"]
