"""The fast path while a campaign is being sent beside it, and how long a withdrawal takes to reach the manifest."""

from __future__ import annotations

import base64
import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

from tools.bench.read import load, scheduling
from tools.bench.read.comparison import PACK
from tools.bench.read.load import Load
from tools.bench.read.report import ALONE, BESIDE, PACED, YIELDING
from tools.bench.read.servers import ReadBench
from tools.sandbox import demo
from tools.sandbox.http_client import Client
from tools.sandbox.terminal import say, step

#: Devices for each second of load and for 20 seconds more, and devices that are reached before the load begins.
DEVICES_PER_SECOND, DEVICES_BEFORE = 2_500, 100_000
#: Devices of --quick, which does not wait for the full pace.
QUICK_DEVICES = 20_000
#: Messages per second from which the campaign counts as past its ramp, and the seconds that it may take to get there.
FULL_PACE, RAMP_TIMEOUT = 1_900, 150
#: Seconds between a change of the situation and the load.
SETTLE = 1
#: wrk's script: each connection waits 10 ms after each response. The server is busy and not saturated, so p99 means something.
PAUSES = "function delay() return 10 end\n"


@dataclass
class _Rounds:
    """What was measured in the rounds of one row."""

    loads: list[Load] = field(default_factory=list)
    account: scheduling.Account = field(default_factory=scheduling.Account)
    requests: float = 0.0
    messages: int = 0


def measure_beside_campaign(bench: ReadBench) -> None:
    """Load the fast path at a pace without a campaign, beside one and beside one that yields; then time a withdrawal."""
    sandbox = bench.sandbox
    turns: dict[str, Callable[[], AbstractContextManager[None]]] = {ALONE: lambda: _suspended(bench), BESIDE: nullcontext}
    if reason := scheduling.why_not_idle():
        bench.notes[f"paced, {YIELDING}"] = f"not measured: {reason}"
    else:
        turns[YIELDING] = lambda: _yielding(bench)
    load_seconds = bench.paced_rounds * len(turns) * (bench.seconds + SETTLE) + 20
    devices = QUICK_DEVICES if bench.quick else DEVICES_BEFORE + DEVICES_PER_SECOND * load_seconds
    sandbox.json_command("simulate_registrations", str(devices))
    number, fingerprint = demo.submit_campaign(sandbox)
    demo.approve_campaign(sandbox, number, fingerprint)
    emulator = Client(str(sandbox.emulator_url))

    def accepted() -> int:
        return int(emulator.get(f"/emulator/counts?alert={number}").json()["accepted_total"])

    with step("The campaign ramps up"):
        if not bench.quick and not _reaches_full_pace(bench, accepted):
            say(f"  it stays below {FULL_PACE:,} messages per second; the report gives the rate beside the load")
    _in_turns(bench, turns, accepted)
    _time_withdrawal(bench)


def _in_turns(
    bench: ReadBench, turns: Mapping[str, Callable[[], AbstractContextManager[None]]], accepted: Callable[[], int]
) -> None:
    """Load the fast path at the pace in each of the situations in turn; keep the rounds with the median p99."""
    script = bench.sandbox.paths.temporary / "paced.lua"
    script.write_text(PAUSES, encoding="utf-8")
    groups: dict[str, Callable[[], Iterable[int]]] = {
        process.name: scheduling.children(process.pid) if process.name == "postgres" else scheduling.session(process.pid)
        for process in bench.sandbox.processes.running
        if process.name != "beat"
    }
    server, found = bench.fast_path, {name: _Rounds() for name in turns}
    with step(f"{PACED}: {len(turns)} situations, {bench.paced_rounds} rounds of {bench.seconds} s"):
        for _ in range(bench.paced_rounds):
            for name, situation in turns.items():
                with situation():
                    time.sleep(SETTLE)
                    rounds, before = found[name], accepted()
                    with scheduling.account({**groups, "load generator": scheduling.load_generators}) as account:
                        one = load.run(
                            server.url + PACK, server.pid, bench.seconds, headers={"Accept-Encoding": "gzip"}, script=script
                        )
                    rounds.messages += accepted() - before
                rounds.loads.append(one)
                rounds.account += account
                rounds.requests += one.rate * account.seconds
    for name, rounds in found.items():
        bench.add_row(PACED, name, rounds.loads, "p99")
        rate = rounds.messages / rounds.account.seconds
        bench.notes[f"paced, {name}"] = f"{rate:,.0f} messages per second; {rounds.account.words(rounds.requests)}"


@contextmanager
def _suspended(bench: ReadBench) -> Iterator[None]:
    """Stop the worker, for less time than anybody waits for it, so that nothing is sent."""
    pids = list(_sessions(bench, "worker"))
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def _yielding(bench: ReadBench) -> Iterator[None]:
    """Let the worker run only while nobody else wants the processor, and the emulator too, because FCM is elsewhere."""
    pids = list(_sessions(bench, "worker", "emulator"))
    scheduling.set_policy(pids, os.SCHED_IDLE)
    try:
        yield
    finally:
        scheduling.set_policy(pids, os.SCHED_OTHER)


def _sessions(bench: ReadBench, *names: str) -> Iterator[int]:
    for process in bench.sandbox.processes.running:
        if process.name in names:
            yield from scheduling.session(process.pid)()


def _time_withdrawal(bench: ReadBench) -> None:
    begun = time.monotonic()
    bench.sandbox.json_command("release", "withdraw", "gb-shout", "--by", "grace")
    after = bench.wait_until(lambda: "gb-shout" in _withdrawn(bench.client), "the withdrawal is not in the manifest", 300)
    bench.notes["from the command `release withdraw` to the manifest that readers get"] = f"{time.monotonic() - begun:.1f} s"
    bench.notes["of that, after the command had ended"] = f"{after:.1f} s"


def _reaches_full_pace(bench: ReadBench, accepted: Callable[[], int]) -> bool:
    """Wait until a campaign sends at full pace for two seconds; return False if it does not within RAMP_TIMEOUT."""
    begun = time.monotonic()
    while time.monotonic() - begun < RAMP_TIMEOUT:
        before, since = accepted(), time.monotonic()
        bench.sandbox.pause(2)
        if (accepted() - before) / (time.monotonic() - since) >= FULL_PACE:
            return True
    return False


def _withdrawn(client: Client) -> str:
    """Return the part of the manifest's payload that begins with its list of withdrawn services."""
    payload = client.get("/v1/manifest").data.split(b".")[1]
    return base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)).decode().partition('"withdrawn"')[2]
