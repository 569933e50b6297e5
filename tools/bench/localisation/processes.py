"""Management commands and a web process on the database of a measurement."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil

from tools.sandbox.ports import any_free_port

#: Runs a management command, and prints its processor time in seconds and its peak memory in kB; getrusage would count what
#: this process holds while it starts another.
_COMMAND = """
import re, sys, time
from pathlib import Path
from django.core.management import execute_from_command_line
try:
    execute_from_command_line(["manage.py", *sys.argv[1:]])
finally:
    print(time.process_time(), re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@dataclass(frozen=True)
class Ran:
    """What a command took, its start included, and the last line that it printed."""

    seconds: float
    processor_seconds: float
    peak_megabytes: int
    answer: str


def run_command(*arguments: str, **settings: str) -> Ran:
    """Run a management command in a process of its own, with these settings beside those of this process."""
    began = time.monotonic()
    environment = os.environ | _database() | settings
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    said = process.stdout.read().decode().strip().splitlines()
    process.wait()
    *printed, usage = said
    processor, peak = usage.split()
    return Ran(time.monotonic() - began, float(processor), int(peak) // 1024, printed[-1] if printed else "")


@contextmanager
def web() -> Iterator[tuple[int, int]]:
    """Start a web process; yield its port and its process id."""
    port = any_free_port()
    settings = _database() | {"ALLOWED_HOSTS": "127.0.0.1", "EDITION_DIR": ""}
    command = [sys.executable, "-m", "config.serve", "--port", str(port), "--workers", "1"]
    with subprocess.Popen(
        command, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            _wait(port)
            yield port, process.pid
        finally:
            family = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            for member in psutil.wait_procs(family, timeout=5)[1]:
                member.kill()
            process.kill()


def _wait(port: int) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if b" 200 " in connection.recv(1000):
                return
        time.sleep(0.2)
    raise RuntimeError("the web process did not start")


def _database() -> dict[str, str]:
    from django.db import connection

    given: dict[str, Any] = connection.settings_dict
    place = f"{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    return {"DATABASE_URL": f"postgresql://{place}"}
