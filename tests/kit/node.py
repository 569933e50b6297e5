"""Node and locked packages, such as those of kit/package-lock.json, which are installed once for each lock file."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.processes import ROOT
from tools.sandbox.paths import Paths

KIT = ROOT / "kit"
_LOCKED = ("package.json", "package-lock.json")
#: Run no code of a package at installation, and ask the registry for the locked packages alone.
_INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
_UNREACHABLE = re.compile(r"\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT)\b")


def installed(locked: Path = KIT) -> Path:
    """Return a folder with the packages that `locked` locks in `node_modules`; install them first where no earlier run has."""
    digest = hashlib.sha256(b"".join((locked / name).read_bytes() for name in _LOCKED)).hexdigest()[:12]
    folder = Paths.from_environment(os.environ).run / "kit" / digest
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / ".installed"
        if not done.exists():
            for name in _LOCKED:
                shutil.copy(locked / name, folder)
            _install(folder)
            done.touch()
    return folder


def _install(folder: Path) -> None:
    try:
        # The Kotlin compiler alone is 80 MB.
        run(*_INSTALL, cwd=folder, timeout=300)
    except AssertionError as failure:
        if _UNREACHABLE.search(str(failure)):
            pytest.skip("The npm registry cannot be reached, and this machine has not kept the locked packages.")
        raise


def run(*command: str | Path, cwd: Path = ROOT, given: str | None = None, timeout: float = 120) -> str:
    """Run a program with `given` on its standard input; return its output, or fail with the outputs."""
    program = shutil.which(command[0])
    assert program, f"{command[0]} is missing: apt-get install nodejs npm default-jre-headless"
    result = subprocess.run(
        [program, *map(str, command[1:])],
        cwd=cwd,
        input=given or "",
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )
    assert result.returncode == 0, f"{command} ended with {result.returncode}:\n{result.stdout[-4000:]}\n{result.stderr[-4000:]}"
    return result.stdout


def with_packages(folder: Path) -> Path:
    """Let the modules in `folder` import the locked packages, and return it."""
    (folder / "node_modules").symlink_to(installed() / "node_modules")
    return folder
