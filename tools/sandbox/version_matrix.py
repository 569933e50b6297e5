"""./run test --matrix: the tests on each supported Python and PostgreSQL that this machine has."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from tools.sandbox import postgres
from tools.sandbox.paths import Paths
from tools.sandbox.terminal import say

PYTHONS = ("3.11", "3.12", "3.13", "3.14")
POSTGRESQLS = ("15", "16", "17", "18")
#: Where Debian, PostgreSQL's own packages and Homebrew install the programs of version {major}.
FOLDERS = (
    "/usr/lib/postgresql/{major}/bin",
    "/usr/pgsql-{major}/bin",
    "/opt/homebrew/opt/postgresql@{major}/bin",
    "/usr/local/opt/postgresql@{major}/bin",
)
_COUNTS = re.compile(r"\d+ (?:passed|failed|error).* in .*s")


@dataclass(frozen=True)
class Result:
    """The tests on one Python and one PostgreSQL."""

    python: str
    postgresql: str
    passed: bool
    summary: str

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        return f"  Python {self.python}, PostgreSQL {self.postgresql}: {verdict}; {self.summary}"


def run(paths: Paths, arguments: list[str]) -> int:
    """Run the tests on every pair; print the result of each and what was not available; return 1 if any pair failed."""
    pythons, servers = find_pythons(), find_postgresqls(paths)
    results = []
    for version, python in pythons.items():
        checkout = paths.root if version == _own_version() else _copy(paths, version)
        for major, binaries in servers.items():
            say(f"Python {version}, PostgreSQL {major}:")
            results.append(_on_pair(version, python, checkout, major, binaries, arguments))
    say("\n".join(report(results, pythons, servers)))
    return 0 if all(result.passed for result in results) else 1


def find_pythons() -> dict[str, str]:
    """Return the executable of each supported Python that is installed and works, by version, including this one."""
    found = {version: next(filter(_starts, _candidates(version)), None) for version in PYTHONS}
    # Not sys.executable: inside .venv, it cannot create another virtual environment.
    found[_own_version()] = getattr(sys, "_base_executable", sys.executable)
    return {version: python for version, python in sorted(found.items()) if python}


def _candidates(version: str) -> list[str]:
    """Return where a Python of this version may be: on PATH, or installed by pyenv or uv."""
    homes = (Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions", Path.home() / ".local/share/uv/python")
    # A folder that belongs to another user holds nothing that could be started.
    readable = [home for home in homes if os.access(home, os.R_OK | os.X_OK)]
    installed = [str(path) for home in readable for path in sorted(home.glob(f"*{version}*/bin/python{version}"), reverse=True)]
    on_path = shutil.which(f"python{version}")
    return [on_path, *installed] if on_path else installed


def _starts(python: str) -> bool:
    """Return whether the program works: pyenv puts shims on PATH for versions that are not selected."""
    return subprocess.run([python, "-c", "import venv"], capture_output=True, check=False).returncode == 0


def find_postgresqls(paths: Paths) -> dict[str, Path | None]:
    """Return the folder of programs of each supported PostgreSQL, by major version; None for the one in .venv."""
    found: dict[str, Path | None] = {}
    for major in POSTGRESQLS:
        for pattern in FOLDERS:
            folder = Path(pattern.format(major=major))
            if (folder / "postgres").is_file():
                found[major] = folder
                break
    found[postgres.wheel_major(paths)] = None
    return dict(sorted(found.items()))


def report(results: list[Result], pythons: dict[str, str], servers: dict[str, Path | None]) -> list[str]:
    """Return the lines of the report: the result of each pair, and the versions that were not available."""
    missing = [f"Python {version} (none found that starts)" for version in PYTHONS if version not in pythons]
    missing += [f"PostgreSQL {major} (no programs of it installed)" for major in POSTGRESQLS if major not in servers]
    lines = ["", "Matrix:", *map(str, results)]
    return [*lines, "Not tested:", *(f"  {entry}" for entry in missing)] if missing else lines


def _on_pair(version: str, python: str, checkout: Path, major: str, binaries: Path | None, arguments: list[str]) -> Result:
    command = [python, "run", "test", *([f"--postgres={binaries}"] if binaries else []), *arguments]
    begun, last = time.monotonic(), ""
    with subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            say(line.rstrip("\n"))
            if found := _COUNTS.search(line):
                last = found[0]
    summary = last or f"no test ran, {time.monotonic() - begun:.0f} s"
    return Result(version, major, process.returncode == 0 and bool(last), summary)


def _copy(paths: Paths, version: str) -> Path:
    """Copy the checkout, so that another Python gets its own .venv; return the folder of the copy."""
    folder = paths.run / "matrix" / f"python{version}"
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=paths.root, capture_output=True, check=True
    )
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (paths.root / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(paths.root / name, folder / name)
    return folder


def _own_version() -> str:
    return ".".join(str(part) for part in sys.version_info[:2])
