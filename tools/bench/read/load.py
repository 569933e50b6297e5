"""Load for measurements: Debian's wrk against one server, with the processor time and memory that the server used."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.bench.usage import session_usage
from tools.sandbox.terminal import UserError

CONNECTIONS = 32
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@dataclass(frozen=True)
class Load:
    """The result of one run of wrk. Latencies are in milliseconds, memory is in MB."""

    #: Responses per second.
    rate: float
    p50: float
    p99: float
    worst: float
    failed: int
    #: The server's processor seconds for 10,000 requests.
    cpu: float
    #: The highest peak resident memory of the server's processes.
    memory: float


def required_programs() -> dict[str, str]:
    """Return the paths of wrk and nginx by name. UserError names those that are missing."""
    found = {name: shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "" for name in ("wrk", "nginx")}
    if missing := [name for name, path in found.items() if not path]:
        raise UserError(f"./run bench read needs {' and '.join(missing)}. As root: apt-get install wrk nginx-light")
    return found


def run(
    url: str,
    leader: int,
    seconds: int,
    *,
    headers: Mapping[str, str] | None = None,
    script: Path | None = None,
    connections: int = CONNECTIONS,
) -> Load:
    """Request one URL repeatedly for `seconds`. `leader` is the process that leads the server's session."""
    command = [required_programs()["wrk"], "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    if script is not None:
        command += ["-s", str(script)]
    before, _ = session_usage(leader)
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    after, memory = session_usage(leader)
    return parse(output, cpu=after - before, memory=memory)


def parse(output: str, *, cpu: float, memory: float) -> Load:
    """Return the figures in wrk's output; `cpu` is the server's processor time in seconds. UserError if there are none."""
    rate, total = re.search(r"Requests/sec:\s*([\d.]+)", output), re.search(r"(\d+) requests in", output)
    worst = re.search(r"Latency\s+\S+\s+\S+\s+(\S+)", output)
    if not rate or not total or not worst:
        raise UserError(f"wrk printed no figures: {output.strip()[-200:]!r}")
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    other_statuses = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    failed = sum(map(int, errors.groups())) if errors else 0
    return Load(
        rate=float(rate[1]),
        p50=_in_milliseconds(_percentile(output, "50")),
        p99=_in_milliseconds(_percentile(output, "99")),
        worst=_in_milliseconds(worst[1]),
        failed=failed + (int(other_statuses[1]) if other_statuses else 0),
        cpu=cpu / max(1, int(total[1])) * 10_000,
        memory=memory,
    )


def nginx_command(
    folder: Path, tree: Path, configuration: Path, port: int, origin: str, *, console: str = "127.0.0.1:8001"
) -> list[str]:
    """Write an nginx configuration around the product's own one; return the command that starts nginx with one worker process."""
    own = configuration.read_text(encoding="utf-8")
    here = {"listen 8080": f"listen 127.0.0.1:{port}", "/srv/fingerpost": str(tree)}
    for ours, instead in {**here, "127.0.0.1:8000": origin, "127.0.0.1:8001": console}.items():
        own = own.replace(ours, instead)
    spool = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    path = folder / "nginx.conf"
    path.write_text(
        f"{user} worker_processes 1; worker_rlimit_nofile 16384; daemon off; pid {folder}/nginx.pid;\n"
        f"error_log {folder}/nginx.log; events {{ worker_connections 8192; }}\n"
        f"http {{ {spool} sendfile on; tcp_nopush on; keepalive_requests 100000000;\n{own} }}\n",
        encoding="utf-8",
    )
    return [required_programs()["nginx"], "-c", str(path), "-e", str(folder / "nginx.log")]


def _percentile(output: str, which: str) -> str:
    found = re.search(rf"^\s+{which}%\s+(\S+)", output, re.M)
    return found[1] if found else "0ms"


def _in_milliseconds(text: str) -> float:
    found = re.fullmatch(r"([\d.]+)(us|ms|s)", text)
    return float(found[1]) * _MILLISECONDS[found[2]] if found else 0.0
