"""./run bench abuse: what readers notice while strangers hold connections, guess passwords and invent requests.

The demo's web process for readers, with the process of the console beside it and without a proxy, or with --through behind one. A
reader fetches a pack at a steady pace over one kept connection before and while each attack runs; another asks /healthz twice a
second over new connections. Writes the first part of docs/measurements/security.md, or with --through its part about that proxy;
with --only it prints the table alone.
"""

from __future__ import annotations

import argparse
import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from operator import attrgetter
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

from tools.bench import attacks
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

#: Packs that the reader fetches in a second, and probes of /healthz.
READS, PROBES = 100, 2


@dataclass(frozen=True)
class Waiting:
    """What readers waited for so many reads, in milliseconds; `failed` counts every response but 200."""

    reads: int
    p50: float
    p99: float
    worst: float
    worst_probe: float
    failed: int


@dataclass(frozen=True)
class Compared:
    """What readers waited while an attack ran, and just before it."""

    attack: str
    before: Waiting
    during: Waiting

    @property
    def ratio(self) -> float:
        """p99 during the attack ÷ p99 before it."""
        return self.during.p99 / self.before.p99


def run(outer: Paths, rest: list[str]) -> int:
    """Measure, print and write the report; return 1 if a read failed."""
    parser = argparse.ArgumentParser(prog="./run bench abuse", description=__doc__)
    parser.add_argument("--seconds", type=int, default=12, help="of each attack (%(default)s)")
    parser.add_argument(
        "--rounds", type=int, default=3, help="of all attacks in turn; the one with the median ratio counts (%(default)s)"
    )
    parser.add_argument("--through", choices=FRONTS, help="read and attack through this proxy, which serves packs from files")
    parser.add_argument(
        "--only", metavar="TEXT", action="append", help="attacks whose name contains this; the report is not written"
    )
    options = parser.parse_args(rest)
    names = [name for name in attacks.ATTACKS if any(text in name for text in options.only or [""])]
    # Each round has servers of its own: pages that have been invented once are in memory afterwards.
    rounds = [_round(outer, names, options.seconds, options.through) for _ in range(options.rounds)]
    rows = [_median(list(of_attack)) for of_attack in zip(*rounds, strict=True)]
    if options.only:
        say("\n".join(_table(rows)))
    else:
        report = outer.root / "docs" / "measurements" / "security.md"
        write = _write if options.through is None else partial(_write_through, options.through)
        report.write_text(write(report.read_text(encoding="utf-8"), rows, options.seconds, options.rounds), encoding="utf-8")
        say(f"abuse bench: {report.name} is written")
    return 1 if any(row.before.failed or row.during.failed for row in rows) else 0


def _round(outer: Paths, names: list[str], seconds: int, through: str | None) -> list[Compared]:
    paths = bench_folder(outer)
    with hold_run_folder(paths, "bench abuse"):
        sandbox = Sandbox(paths, Interrupts(), dict(os.environ))
        try:
            sandbox.start(any_free_port())
            bench = ReadBench(sandbox, seconds=seconds, rounds=1, quick=True)
            prepare(bench)
            front = serve_front(bench, through, attacks.PACK) if through else None
            web, console = (int(urlsplit(url).port or 80) for url in (front or sandbox.web, front or sandbox.console))
            rows = [_measure(name, web, console, seconds, root=paths.root) for name in names]
        except (demo.DemoFailed, CommandFailed, ChildProcessError) as error:
            raise UserError(f"The measurement failed: {error} (logs: {paths.logs})") from None
        finally:
            sandbox.stop()
    remove_run(paths)
    return rows


def _measure(name: str, web: int, console: int, seconds: int, *, root: Path) -> Compared:
    # Just before, because other work of the machine changes p99 by more than many an attack.
    before = _read(web, seconds)
    with step(name), attacks.running(name, web, console, root=root):
        during = _read(web, seconds)
    say(
        f"    p50 {during.p50:.1f} ms, p99 {during.p99:.1f} ms ({before.p99:.1f} ms before), worst {during.worst:.0f} ms,"
        f" /healthz {during.worst_probe:.0f} ms"
    )
    return Compared(name, before, during)


def _median(of_attack: list[Compared]) -> Compared:
    """Return the round with the median ratio, with the worst waits and the failures of all rounds."""
    every = [row.during for row in of_attack]
    median = sorted(of_attack, key=attrgetter("ratio"))[len(of_attack) // 2]
    during = replace(
        median.during,
        worst=max(row.worst for row in every),
        worst_probe=max(row.worst_probe for row in every),
        failed=sum(row.failed for row in every),
    )
    return replace(median, during=during)


def _read(port: int, seconds: int) -> Waiting:
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
            get(connection, attacks.PACK)
    ended.set()
    prober.join()
    connection.close()
    found = quantiles(times, n=100)
    return Waiting(len(times), found[49], found[98], max(times), max(probes, default=0.0), len(failures))


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


def _table(rows: list[Compared]) -> list[str]:
    return [
        "| attack | p50 | p99 before it | p99 | ratio | worst | worst of /healthz | failed |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *(
            f"| {row.attack} | {row.during.p50:.1f} | {row.before.p99:.1f} | {row.during.p99:.1f} | {row.ratio:.1f} |"
            f" {row.during.worst:.0f} | {row.during.worst_probe:.0f} | {row.during.failed} |"
            for row in rows
        ),
    ]


def _write(report: str, rows: list[Compared], seconds: int, rounds: int) -> str:
    """Return the report with a new first part."""
    load = os.getloadavg()[0]
    # What was measured in other ways follows, and stays.
    kept = report.partition("\n## ")
    return f"""# What readers notice of an attack

Written by `./run bench abuse --seconds {seconds} --rounds {rounds}`: the demo's one process for readers,
without a proxy in front and with the process of the console beside it, on two cores that the
attackers, the reader and the database share (load average {load:.1f} at the end). A reader fetches
{attacks.PACK} (gzip) {READS} times a second over one kept connection, another asks `/healthz`
{PROBES} times a second over new ones, as long before each attack as during it. Times are in milliseconds,
of the round with the median ratio; the worst waits are those of all rounds.

{chr(10).join(_table(rows))}

Required: p99 at most doubles, `/healthz` under 1,000 ms, no read fails.

The demo has no rate limits and no budget for misses, so the floods show what each request costs; the
limit on tries to sign in holds. A page of `/hsds/services` holds at most 50 full services or 500 short
ones; a search as lines returns every service that it finds. Outside the demo each network also has a
budget of two seconds in ten for what is not in memory. Before bodies were received on the event loop,
one connection of the third row froze the process until the client closed it.
""" + "".join(kept[1:])


def _write_through(proxy: str, report: str, rows: list[Compared], seconds: int, rounds: int) -> str:
    """Return the report with a new part about a proxy, in its old place or else behind the first part."""
    first, *parts = report.split("\n## ")
    title = f"Through {proxy}"
    new = f"""{title}

Written by `./run bench abuse --through {proxy} --seconds {seconds} --rounds {rounds}` (load average
{os.getloadavg()[0]:.1f} at the end): the same behind the shipped configuration of {proxy}, which serves
packs from exported files and receives whole bodies before it passes a request on.

{chr(10).join(_table(rows))}
"""
    others = [part for part in parts if not part.startswith(f"{title}\n")]
    place = next((index for index, part in enumerate(parts) if part.startswith(f"{title}\n")), 0)
    return "\n## ".join([first, *others[:place], new, *others[place:]])
