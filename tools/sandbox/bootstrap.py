"""Create the checkout's .venv and install a hash-locked list of packages into it. Standard library only."""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from tools.sandbox.paths import Paths, read_json, write_json
from tools.sandbox.terminal import Progress, UserError, step

NO_VENV = "This Python has no venv module. Install it first (on Debian and Ubuntu: apt install python3-venv)."
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?)==([^\s;\\]+)", re.MULTILINE)


def ensure(paths: Paths, packages: str) -> None:
    """Install requirements/<packages>.txt into .venv unless it is installed already. UserError if that fails."""
    lock_file = paths.root / "requirements" / f"{packages}.txt"
    # Locking the folder itself leaves no file behind, and keeps two starts from installing at the same time.
    folder = os.open(lock_file.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not _works(paths.python):
            _create(paths)
        if not _is_current(paths, packages):
            _install(paths, lock_file)
            write_json(_stamp(paths), {"python": _version(), "locks": {packages: _digest(lock_file)}})
    finally:
        os.close(folder)


def require_venv(find: Callable[[str], object] = find_spec) -> None:
    """Raise UserError if this Python cannot create virtual environments (on Debian, without python3-venv)."""
    if not (find("venv") and find("ensurepip")):
        raise UserError(NO_VENV)


def _version() -> str:
    return ".".join(str(part) for part in sys.version_info[:2])


def _stamp(paths: Paths) -> Path:
    return paths.venv / "fingerpost.json"


def _digest(lock_file: Path) -> str:
    return hashlib.sha256(lock_file.read_bytes()).hexdigest()


def pins(lock_file: Path) -> set[tuple[str, str]]:
    """Return the (package, version) pairs of a lock file."""
    return set(_PIN.findall(lock_file.read_text()))


def _is_current(paths: Paths, packages: str) -> bool:
    stamp = read_json(_stamp(paths))
    if stamp.get("python") != _version():
        return False
    requirements = paths.root / "requirements"
    for name, digest in stamp.get("locks", {}).items():
        lock_file = requirements / f"{name}.txt"
        # The larger list that the tests need serves the demo too, as long as it pins the same versions.
        if lock_file.is_file() and _digest(lock_file) == digest and pins(requirements / f"{packages}.txt") <= pins(lock_file):
            return True
    return False


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    code = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    return result.returncode == 0 and result.stdout.strip() == _version()


def _create(paths: Paths) -> None:
    require_venv()
    with step("Creating .venv"):
        command = [sys.executable, "-m", "venv", "--clear", str(paths.venv)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        shutil.rmtree(paths.venv, ignore_errors=True)
        if "ensurepip" in result.stderr + result.stdout:
            raise UserError(NO_VENV)
        reason = (result.stderr or result.stdout).strip().splitlines() or ["no reason given"]
        raise UserError(f"Creating .venv failed: {reason[-1]}")


def _install(paths: Paths, lock_file: Path) -> None:
    """Install with hashes required and from wheels only, so that nothing unlocked gets in and nothing is built here."""
    command: list[str | Path] = [
        *(paths.python, "-I", "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"),
        # Only a few hundred of the thousands of modules are ever imported; Python compiles those when it first meets them.
        *("--no-compile", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", "-r", lock_file),
    ]
    total = len(pins(lock_file))
    progress = Progress(f"Installing {total} packages into .venv (only once, about a minute)", total)
    environment = {**os.environ, "PIP_USER": "0"}
    last_lines: deque[str] = deque(maxlen=5)
    seen = 0
    log = paths.logs / "install.log"
    with (
        log.open("w") as file,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as pip,
    ):
        assert pip.stdout is not None
        try:
            for line in pip.stdout:
                file.write(line)
                last_lines.append(line.strip())
                seen += line.startswith(("Collecting ", "Requirement already satisfied"))
                progress.advance(seen)
        except BaseException:
            # Otherwise pip would go on beside the next start.
            pip.terminate()
            pip.wait()
            raise
    if pip.returncode != 0:
        errors = [line for line in last_lines if line.startswith("ERROR")] or list(last_lines) or ["no reason given"]
        raise UserError(f"Installing failed: {errors[-1]} (log: {log})")
    progress.done()
