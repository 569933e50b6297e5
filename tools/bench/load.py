"""Load for measurements: Debian's wrk against one server, with the processor time and memory that the server took."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tools.sandbox.terminal import Refused

CLIENTS = 32
_TICKS = os.sysconf("SC_CLK_TCK")
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Load:
    """What one run showed: answers a second, latency in milliseconds, what failed, processor seconds, memory in MB."""

    rate: float
    p50: float
    p99: float
    worst: float
    failed: int
    #: Of the server, for 10,000 requests.
    cpu: float
    memory: float


def programs() -> dict[str, str]:
    """Return where wrk and nginx are; Refused says how to get them."""
    found = {name: shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "" for name in ("wrk", "nginx")}
    if missing := [name for name, path in found.items() if not path]:
        raise Refused(f"Missing for ./run bench read: {', '.join(missing)} (as root: apt-get install wrk nginx-light).")
    return found


def run(
    url: str,
    leader: int,
    seconds: int,
    *,
    headers: Mapping[str, str] | None = None,
    script: Path | None = None,
    clients: int = CLIENTS,
) -> Load:
    """Ask one URL over and over from `clients` connections; `leader` is the process whose session the server is."""
    command = [programs()["wrk"], "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", url]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    if script is not None:
        command += ["-s", str(script)]
    before, _ = _used(leader)
    said = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    after, memory = _used(leader)
    return read(said, cpu=after - before, memory=memory)


def read(said: str, *, cpu: float, memory: float) -> Load:
    """Read what wrk printed. Refused: it printed nothing that can be read."""
    rate, total = re.search(r"Requests/sec:\s*([\d.]+)", said), re.search(r"(\d+) requests in", said)
    worst = re.search(r"Latency\s+\S+\s+\S+\s+(\S+)", said)
    if not rate or not total or not worst:
        raise Refused(f"wrk said nothing that can be read: {said.strip()[-200:]!r}")
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", said)
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", said)
    failed = sum(map(int, errors.groups())) if errors else 0
    return Load(
        rate=float(rate[1]),
        p50=_milliseconds(_percentile(said, "50")),
        p99=_milliseconds(_percentile(said, "99")),
        worst=_milliseconds(worst[1]),
        failed=failed + (int(refused[1]) if refused else 0),
        cpu=cpu / max(1, int(total[1])) * 10_000,
        memory=memory,
    )


def nginx(folder: Path, tree: Path, configuration: Path, port: int, origin: str) -> list[str]:
    """Write a configuration around the product's own one, and return the command; one worker process."""
    own = configuration.read_text(encoding="utf-8")
    for ours, here in (("listen 8080", f"listen 127.0.0.1:{port}"), ("/srv/fingerpost", str(tree)), ("127.0.0.1:8000", origin)):
        own = own.replace(ours, here)
    spool = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    path = folder / "nginx.conf"
    path.write_text(
        f"{user} worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
        f"events {{ worker_connections 512; }}\n"
        f"http {{ {spool} sendfile on; tcp_nopush on; keepalive_requests 100000000;\n{own} }}\n",
        encoding="utf-8",
    )
    return [programs()["nginx"], "-c", str(path), "-e", str(folder / "nginx.log")]


def _percentile(said: str, which: str) -> str:
    found = re.search(rf"^\s+{which}%\s+(\S+)", said, re.M)
    return found[1] if found else "0ms"


def _milliseconds(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)(us|ms|s)", text)
    return float(found[1]) * _UNITS[found[2]] if found else 0.0


def _used(leader: int) -> tuple[float, float]:
    """Return processor seconds so far, and the highest resident memory in MB, of all processes of a session (Linux)."""
    ticks = memory = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError, IndexError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader:
                ticks += int(fields[11]) + int(fields[12])
                status = (folder / "status").read_text()
                peak = re.search(r"VmHWM:\s+(\d+)", status)
                memory = max(memory, int(peak[1]) if peak else 0)
    return ticks / _TICKS, memory / 1024
