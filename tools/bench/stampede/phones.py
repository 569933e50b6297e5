"""Phones that open the app: each connects anew and reads a few paths one after the other. Real sockets, one event loop.

`python -m tools.bench.stampede.phones` reads its plan as JSON from standard input and prints what the phones noticed as JSON.
Times count from the moment at which a phone was due, so that a server that keeps phones from beginning gains nothing by it.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop

from tools.sandbox.http_client import Client

#: Seconds after which a phone gives up, and phones that may be open at once: the next ones are turned away, and count as failed.
PATIENCE, MOST_OPEN = 10.0, 4_000
#: Seconds between two looks at the emulator's counts.
_LOOK = 0.1


@dataclass(frozen=True)
class Plan:
    """When phones open the app, and what each of them reads.

    Without `alert`, `rate` phones a second open the app for `seconds`. With it, a `share` of the phones that the emulator has
    accepted the alert for do so, after a random time with the mean `delay` in seconds, until `devices` were reached.
    """

    url: str
    #: What a phone reads: the name of each request, its path, and its header fields.
    reads: list[tuple[str, str, dict[str, str]]]
    seconds: float
    rate: float = 0.0
    emulator: str = ""
    alert: str = ""
    devices: int = 0
    share: float = 0.0
    delay: float = 0.0
    #: Phones that open the app, spread evenly over `seconds`, in place of a rate.
    burst: int = 0
    seed: int = 1


@dataclass
class Notes:
    """What the phones noticed; times are in milliseconds."""

    done: int = 0
    #: Failed phones by what went wrong: the status, `timeout`, `connection`, or `turned away`.
    failed: Counter[str] = field(default_factory=Counter)
    whole: list[float] = field(default_factory=list)
    #: How long after it was due a phone began to connect: the load generator's own delay.
    late: list[float] = field(default_factory=list)
    by_read: dict[str, list[float]] = field(default_factory=dict)
    bytes: Counter[str] = field(default_factory=Counter)


class Phone(asyncio.Protocol):
    """One phone: a connection over which it reads each path once."""

    def __init__(self, crowd: Crowd, due: float) -> None:
        self._crowd, self._due = crowd, due
        self._number, self._began, self._buffer, self._wanted = 0, 0.0, b"", -1
        self._transport: asyncio.Transport | None = None
        self.over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        # uvloop's transports have the methods of asyncio's and another class.
        self._transport = cast("asyncio.Transport", transport)
        if self.over:
            self._transport.abort()
            return
        self._send()

    def _send(self) -> None:
        self._began, self._buffer, self._wanted = time.monotonic(), b"", -1
        assert self._transport is not None
        self._transport.write(self._crowd.requests[self._number][1])

    def data_received(self, data: bytes) -> None:
        """Read on until the response is whole; then send the next request."""
        self._buffer += data
        name = self._crowd.requests[self._number][0]
        if self._wanted < 0:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            status = head[9:12].decode()
            if status not in ("200", "304"):
                self.end(f"{name}: {status}")
                return
            place = head.find(b"\r\ncontent-length:")
            length = int(head[place + 17 :].split(b"\r\n", 1)[0]) if place >= 0 and status == "200" else 0
            if place < 0 and status == "200":
                self.end(f"{name}: a response without a length")
                return
            self._wanted = end + 4 + length
        if len(self._buffer) < self._wanted:
            return
        notes = self._crowd.notes
        notes.by_read.setdefault(name, []).append((time.monotonic() - self._began) * 1000)
        notes.bytes[name] += self._wanted
        self._number += 1
        if self._number < len(self._crowd.requests):
            self._send()
        else:
            self.end()

    def connection_lost(self, error: Exception | None) -> None:
        """Count a connection that the server closed too early."""
        self.end("connection")

    def end(self, fault: str = "") -> None:
        """Close the connection, and count this phone once."""
        if self.over:
            return
        self.over = True
        if self._transport is not None:
            self._transport.abort() if fault else self._transport.close()
        self._crowd.ended(fault, time.monotonic() - self._due)

    def give_up_if_due(self, now: float) -> bool:
        """Give up if the phone has waited for PATIENCE; return whether it is over."""
        if not self.over and now - self._due > PATIENCE:
            self.end("timeout")
        return self.over


class Crowd:
    """All phones of a plan."""

    def __init__(self, plan: Plan) -> None:
        address = urlsplit(plan.url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self.requests = [(name, _request(address.netloc, path, headers)) for name, path, headers in plan.reads]
        self.notes = Notes()
        self._open: deque[Phone] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self.opened = 0

    def open(self, due: float) -> None:
        """Let one more phone open the app, which was due at a moment of time.monotonic()."""
        self.opened += 1
        self.notes.late.append((time.monotonic() - due) * 1000)
        if self.opened - self.notes.done - self.notes.failed.total() > MOST_OPEN:
            self.notes.failed["turned away"] += 1
            return
        phone = Phone(self, due)
        self._open.append(phone)
        task = asyncio.get_running_loop().create_task(self._connect(phone))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, phone: Phone) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: phone, self._host, self._port)
        except OSError:
            phone.end("connection")

    def ended(self, fault: str, seconds: float) -> None:
        """Count a phone that has read everything, or has failed."""
        if fault:
            self.notes.failed[fault] += 1
        else:
            self.notes.done += 1
            self.notes.whole.append(seconds * 1000)

    def sweep(self) -> bool:
        """Let phones give up that have waited for too long; return whether any is still open."""
        now = time.monotonic()
        while self._open and self._open[0].give_up_if_due(now):
            self._open.popleft()
        return bool(self._open)


async def crowd(plan: Plan) -> dict[str, Any]:
    """Carry out a plan; return what the phones noticed."""
    phones = Crowd(plan)
    if plan.alert:
        await _follow(plan, phones)
    else:
        await _keep_pace(plan, phones)
    while phones.sweep():
        await asyncio.sleep(0.02)
    return summary(phones.notes)


def moments(plan: Plan) -> Iterator[float]:
    """Yield the seconds from the beginning at which phones open the app, in order."""
    chance = random.Random(plan.seed)
    if plan.burst:
        yield from sorted(chance.uniform(0, plan.seconds) for _ in range(plan.burst))
        return
    moment = chance.expovariate(plan.rate)
    while moment < plan.seconds:
        yield moment
        moment += chance.expovariate(plan.rate)


async def _keep_pace(plan: Plan, phones: Crowd) -> None:
    begun = time.monotonic()
    for moment in moments(plan):
        while (wait := begun + moment - time.monotonic()) > 0:
            phones.sweep()
            await asyncio.sleep(min(wait, 0.05))
        phones.open(begun + moment)
        if phones.opened % 50 == 0:
            # A generator that is behind still lets the phones read.
            await asyncio.sleep(0)


async def _follow(plan: Plan, phones: Crowd) -> None:
    """Open phones as the emulator accepts messages, until all devices were reached or the time is over."""
    accepted = [0]
    over = threading.Event()

    def look() -> None:
        # In a thread: the emulator may take its time while it is busy.
        emulator = Client(plan.emulator)
        while not over.wait(_LOOK):
            accepted[0] = int(emulator.get(f"/emulator/counts?alert={plan.alert}").json()["accepted_total"])
        emulator.close()

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    chance = random.Random(plan.seed)
    loop, begun, counted, owed = asyncio.get_running_loop(), time.monotonic(), 0, 0.0
    scheduled = 0
    while time.monotonic() - begun < plan.seconds and counted < plan.devices:
        await asyncio.sleep(_LOOK)
        phones.sweep()
        now, fresh = time.monotonic(), accepted[0] - counted
        counted += fresh
        owed += fresh * plan.share
        for _ in range(int(owed)):
            # The messages of one look arrived at any moment since the one before.
            due = now + chance.uniform(0, _LOOK) + min(chance.expovariate(1 / plan.delay), 6 * plan.delay)
            loop.call_later(due - now, phones.open, due)
            scheduled += 1
        owed %= 1
    over.set()
    deadline = time.monotonic() + 6 * plan.delay + 1
    while phones.opened < scheduled and time.monotonic() < deadline:
        phones.sweep()
        await asyncio.sleep(0.05)
    looking.join(timeout=5)


def summary(notes: Notes) -> dict[str, Any]:
    """Return the notes as an object: counts, and percentiles in milliseconds."""
    return {
        "done": notes.done,
        "failed": dict(notes.failed),
        "whole": percentiles(notes.whole),
        "late": percentiles(notes.late),
        "reads": {name: percentiles(times) for name, times in notes.by_read.items()},
        "bytes": dict(notes.bytes),
    }


def percentiles(times: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and the longest of some times; zeros if there are none."""
    if not times:
        return {"p50": 0.0, "p99": 0.0, "worst": 0.0}
    ordered = sorted(times)
    last = len(ordered) - 1
    return {"p50": ordered[last // 2], "p99": ordered[last * 99 // 100], "worst": ordered[-1]}


def _request(host: str, path: str, headers: dict[str, str]) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in {"Host": host, **headers}.items())
    return f"GET {path} HTTP/1.1\r\n{fields}\r\n".encode()


def plan_as_json(plan: Plan) -> str:
    """Return a plan as this module reads it."""
    return json.dumps(asdict(plan))


if __name__ == "__main__":
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(uvloop.run(crowd(Plan(**json.load(sys.stdin))))))
