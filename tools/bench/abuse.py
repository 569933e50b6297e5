"""./run bench abuse: what readers notice while strangers hold connections, guess passwords and invent requests.

The demo's web process for readers, with the process of the console beside it and without a proxy, or with --through behind one. A
reader fetches a pack at a steady pace over one kept connection while each attack runs; another asks /healthz twice a second over
new connections. Writes the first part of docs/measurements/security.md; with --through it prints the table alone.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from tools.bench.fronts import FRONTS, serve_front
from tools.bench.read.measure import prepare
from tools.bench.read.servers import ReadBench
from tools.sandbox import demo
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.run_folders import bench_folder, remove_run
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import UserError, say, step

#: Connections that are held, and requests per second of a flood.
HELD, FLOOD = 1000, 50
#: Packs that the reader fetches in a second, and probes of /healthz.
READS, PROBES = 100, 2
_PACK = "/v1/packs/GB/en"
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
_REGISTRATION = (
    b'{"app":"parent","address_kind":"fid","address":"AAAAAAAAAAAAAAAAA%05d","platform":"android","locale":"en","country":"GB",'
    b'"time_zone":"Europe/London","audience":"parent","app_version":"1.0.0"}'
)


@dataclass(frozen=True)
class Waiting:
    """What readers waited while one attack ran, in milliseconds; `failed` counts every response but 200."""

    attack: str
    reads: int
    p50: float
    p99: float
    worst: float
    worst_probe: float
    failed: int


def run(outer: Paths, rest: list[str]) -> int:
    """Measure, print and write the report; return 1 if a read failed."""
    parser = argparse.ArgumentParser(prog="./run bench abuse", description=__doc__)
    parser.add_argument("--seconds", type=int, default=12, help="of each attack (%(default)s)")
    parser.add_argument("--through", choices=FRONTS, help="read and attack through this proxy, which serves packs from files")
    options = parser.parse_args(rest)
    paths = bench_folder(outer)
    with hold_run_folder(paths, "bench abuse"):
        sandbox = Sandbox(paths, Interrupts(), dict(os.environ))
        try:
            sandbox.start(any_free_port())
            bench = ReadBench(sandbox, seconds=options.seconds, rounds=1, quick=True)
            prepare(bench)
            front = serve_front(bench, options.through, _PACK) if options.through else None
            rows = list(_measure(front or sandbox.web, front or sandbox.console, options.seconds))
        except (demo.DemoFailed, CommandFailed) as error:
            raise UserError(f"The measurement failed: {error} (logs: {paths.logs})") from None
        finally:
            sandbox.stop()
    remove_run(paths)
    if options.through:
        say("\n".join(_table(rows)))
    else:
        _write(paths.root / "docs" / "measurements" / "security.md", rows, options.seconds)
    return 1 if any(row.failed for row in rows) else 0


def _measure(web: str, console: str, seconds: int) -> Iterator[Waiting]:
    port, of_staff = (int(urlsplit(url).port or 80) for url in (web, console))
    attacks: dict[str, Callable[[int], Iterator[None]]] = {
        "none": _nothing,
        f"{HELD} connections that stop in the head": lambda port: hold(port, head("GET", "/v1/", "")[:-2] + b"X-Slow: "),
        f"{HELD} bodies of /v1/help that never arrive": lambda port: hold(port, head("POST", "/v1/help", _JSON, 50) + b"{"),
        f"{HELD} console forms that never arrive": lambda _: hold(of_staff, head("POST", "/console/login/", _FORM, 50) + b"u"),
        f"{HELD} packs that the client does not read": lambda port: hold(port, head("GET", _PACK, "")),
        f"{FLOOD} wrong passwords a second": lambda _: flood(of_staff, _password),
        f"{FLOOD} invented locales of a pack a second, br": lambda port: flood(port, invented_locale),
        f"{FLOOD} invented pages of /hsds/services a second": lambda port: flood(port, _page),
        f"{FLOOD} registrations a second": lambda port: flood(port, _registration),
    }
    for name, attack in attacks.items():
        with step(name), contextmanager(attack)(port):
            row = _read(name, port, seconds)
        say(f"    p50 {row.p50:.1f} ms, p99 {row.p99:.1f} ms, worst {row.worst:.0f} ms, /healthz {row.worst_probe:.0f} ms")
        yield row


def _read(attack: str, port: int, seconds: int) -> Waiting:
    """Fetch packs at the pace, and probe, for so many seconds."""
    probes: list[float] = []
    failures: list[int] = []
    ended = threading.Event()

    def probe() -> None:
        while not ended.wait(1 / PROBES):
            with _timed(probes, failures) as get:
                get(http.client.HTTPConnection("127.0.0.1", port, timeout=30), "/healthz")

    prober = threading.Thread(target=probe)
    prober.start()
    times: list[float] = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    begun = time.monotonic()
    for number in count():
        due = begun + number / READS
        if due > begun + seconds:
            break
        time.sleep(max(0.0, due - time.monotonic()))
        with _timed(times, failures) as get:
            get(connection, _PACK)
    ended.set()
    prober.join()
    connection.close()
    found = quantiles(times, n=100)
    return Waiting(attack, len(times), found[49], found[98], max(times), max(probes, default=0.0), len(failures))


@contextmanager
def _timed(times: list[float], failures: list[int]) -> Iterator[Callable[[http.client.HTTPConnection, str], None]]:
    def get(connection: http.client.HTTPConnection, path: str) -> None:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            failures.append(response.status)

    started = time.monotonic()
    try:
        yield get
    except OSError:
        failures.append(0)
    times.append((time.monotonic() - started) * 1000)


def _nothing(port: int) -> Iterator[None]:
    yield


def hold(port: int, request: bytes) -> Iterator[None]:
    """Hold connections, and open another for each that the server closes."""
    ended = threading.Event()
    opened = threading.Semaphore(0)

    def keep_open(stack: ExitStack) -> None:
        held = [stack.enter_context(_open(port, request)) for _ in range(HELD // 4)]
        opened.release()
        while not ended.wait(0.5):
            for index, connection in enumerate(held):
                if _is_closed(connection):
                    connection.close()
                    held[index] = stack.enter_context(_open(port, request))

    with ExitStack() as stack:
        threads = [threading.Thread(target=keep_open, args=(stack,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in threads:
            opened.acquire()
        try:
            yield
        finally:
            ended.set()
            for thread in threads:
                thread.join()


def _open(port: int, request: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(request)
    connection.setblocking(False)
    return connection


def _is_closed(connection: socket.socket) -> bool:
    try:
        # What the server has sent stays unread.
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def flood(port: int, request: Callable[[int], tuple[str, str, bytes, dict[str, str]]]) -> Iterator[None]:
    """Send requests at the pace of FLOOD over ten connections, each waiting for its own responses alone."""
    ended = threading.Event()

    def send(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in count(first, 10):
            if ended.wait(10 / FLOOD):
                return
            method, path, body, headers = request(number)
            try:
                connection.request(method, path, body or None, headers)
                connection.getresponse().read()
            except OSError:
                connection.close()

    threads = [threading.Thread(target=send, args=(first,)) for first in range(10)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def _password(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    return "POST", "/console/login/", f"username=asta&password=wrong-{number}".encode(), {"Content-Type": _FORM}


def invented_locale(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    """Return a request for a pack in a locale that does not exist, for `flood`."""
    return "GET", f"{_PACK}-a{number:07}", b"", {"Accept-Encoding": "br"}


def _page(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    """Return a request for a page that is not in memory yet: in turn of full services, and of many short ones."""
    turn = number // 2
    of_full = f"full=true&per_page={26 + turn % 25}&page={1 + turn // 25}"
    path = "/hsds/services?" + (of_full if number % 2 else f"per_page={100 + turn}")
    return "GET", path, b"", {"Accept-Encoding": "br"}


def _registration(number: int) -> tuple[str, str, bytes, dict[str, str]]:
    return "POST", "/v1/registrations", _REGISTRATION % number, {"Content-Type": _JSON}


def head(method: str, path: str, kind: str, length: int = 0) -> bytes:
    """Return the head of a request; with `kind`, of one with a body of `length` bytes."""
    body = [f"Content-Type: {kind}", f"Content-Length: {length}"] if kind else []
    return ("\r\n".join([f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *body]) + "\r\n\r\n").encode()


def _table(rows: list[Waiting]) -> list[str]:
    base = rows[0]
    return [
        "| attack | p50 | p99 | p99 ÷ none | worst | worst of /healthz | failed |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {row.attack} | {row.p50:.1f} | {row.p99:.1f} | {row.p99 / base.p99:.1f} | {row.worst:.0f} |"
            f" {row.worst_probe:.0f} | {row.failed} |"
            for row in rows
        ),
    ]


def _write(path: Path, rows: list[Waiting], seconds: int) -> None:
    load = os.getloadavg()[0]
    # What was measured in other ways follows, and stays.
    kept = path.read_text(encoding="utf-8").partition("\n## ") if path.exists() else ("", "", "")
    path.write_text(
        f"""# What readers notice of an attack

Written by `./run bench abuse --seconds {seconds}`: the demo's one process for readers, without a proxy in
front and with the process of the console beside it, on two cores that the attackers, the reader and the
database share (load average {load:.1f} at the end). A reader fetches {_PACK} (gzip) {READS} times a second
over one kept connection, another asks `/healthz` {PROBES} times a second over new ones. Times are in milliseconds.

{chr(10).join(_table(rows))}

Required: p99 at most doubles, `/healthz` under 1,000 ms, no read fails.

The demo has no rate limits and no budget for misses, so the floods show what each request costs; the
limit on tries to sign in holds. A page of `/hsds/services` holds at most 50 full services or 500 short
ones. Outside the demo each network also has a budget of two seconds in ten for what is not in memory.
Before bodies were received on the event loop, one connection of the third row froze the process until the
client closed it.
"""
        + "".join(kept[1:]),
        encoding="utf-8",
    )
    say(f"abuse bench: {path.name} is written")
