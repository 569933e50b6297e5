"""The checkout's own .venv, filled from a hash-locked list and again only when that list changes."""

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

from tools.sandbox.paths import Places, read_json, write_json
from tools.sandbox.terminal import Progress, Refused, step

NO_VENV = "This Python has no venv: install it first (on Debian and Ubuntu: apt install python3-venv)."
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?)==([^\s;\\]+)", re.MULTILINE)


def ensure(places: Places, wanted: str) -> None:
    """Make .venv hold what requirements/<wanted>.txt lists; return at once when it does already."""
    lock = places.root / "requirements" / f"{wanted}.txt"
    # A lock on the folder itself leaves no file behind, and two starts at once do not install into each other.
    folder = os.open(lock.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not _works(places.python):
            _create(places)
        if not _current(places, wanted):
            _install(places, lock)
            write_json(_stamp(places), {"python": _version(), "locks": {wanted: _digest(lock)}})
    finally:
        os.close(folder)


def require_venv(find: Callable[[str], object] = find_spec) -> None:
    """Refuse a Python that cannot make a virtual environment, as Debian's cannot without python3-venv."""
    if not (find("venv") and find("ensurepip")):
        raise Refused(NO_VENV)


def _version() -> str:
    return ".".join(str(part) for part in sys.version_info[:2])


def _stamp(places: Places) -> Path:
    return places.venv / "fingerpost.json"


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _pins(lock: Path) -> set[tuple[str, str]]:
    return set(_PIN.findall(lock.read_text()))


def _current(places: Places, wanted: str) -> bool:
    stamp = read_json(_stamp(places))
    if stamp.get("python") != _version():
        return False
    requirements = places.root / "requirements"
    for name, digest in stamp.get("locks", {}).items():
        lock = requirements / f"{name}.txt"
        # What was installed for the tests serves the demo too, as long as it is the same versions.
        if lock.is_file() and _digest(lock) == digest and _pins(requirements / f"{wanted}.txt") <= _pins(lock):
            return True
    return False


def _works(python: Path) -> bool:
    if not python.exists():
        return False
    code = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
    answer = subprocess.run([python, "-I", "-c", code], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == _version()


def _create(places: Places) -> None:
    require_venv()
    with step("Making .venv"):
        command = [sys.executable, "-m", "venv", "--clear", str(places.venv)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        shutil.rmtree(places.venv, ignore_errors=True)
        reason = (answer.stderr or answer.stdout).strip().splitlines()
        raise Refused(
            NO_VENV
            if "ensurepip" in answer.stderr + answer.stdout
            else f"Making .venv failed: {reason[-1] if reason else 'no reason given'}"
        )


def _install(places: Places, lock: Path) -> None:
    """Install with hashes required and wheels only, so that nothing but what was locked gets in and nothing is built here."""
    command: list[str | Path] = [
        *(places.python, "-I", "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:"),
        # Of thousands of modules a few hundred are ever used, and Python compiles those when it first meets them.
        *("--no-compile", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", "-r", lock),
    ]
    total = len(_pins(lock))
    progress = Progress(f"Installing {total} packages into .venv (once, about a minute)", total)
    environment = {**os.environ, "PIP_USER": "0"}
    tail: deque[str] = deque(maxlen=5)
    seen = 0
    log = places.logs / "install.log"
    with (
        log.open("w") as file,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment) as pip,
    ):
        assert pip.stdout is not None
        for line in pip.stdout:
            file.write(line)
            tail.append(line.strip())
            seen += line.startswith(("Collecting ", "Requirement already satisfied"))
            progress.advance(seen)
    if pip.returncode != 0:
        reason = next((line for line in reversed(tail) if line.startswith("ERROR")), tail[-1] if tail else "no reason given")
        raise Refused(f"Installing failed: {reason} (all of it: {log})")
    progress.done()
