"""The fast path while a campaign is being sent beside it, and how long a withdrawal takes to reach the manifest."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tools.bench.read import scheduling
from tools.bench.read.comparison import PACK
from tools.bench.read.report import ALONE, BESIDE, PACED
from tools.bench.read.servers import ReadBench
from tools.sandbox import demo
from tools.sandbox.http_client import Client
from tools.sandbox.terminal import say, step

#: Devices for each second of load and for 20 seconds more, and devices that are reached before the load begins.
DEVICES_PER_SECOND, DEVICES_BEFORE = 2_500, 100_000
#: Messages per second from which the campaign counts as past its ramp, and the seconds that it may take to get there.
FULL_PACE, RAMP_TIMEOUT = 1_900, 150
#: wrk's script: each connection waits 10 ms after each response. The server is busy and not saturated, so p99 means something.
PAUSES = "function delay() return 10 end\n"


def measure_beside_campaign(bench: ReadBench) -> None:
    """Load the fast path at a given pace without and with a campaign beside it; then time a withdrawal."""
    sandbox = bench.sandbox
    _schedule(bench)
    load_seconds = bench.seconds * bench.paced_rounds + 20
    before_load = 10_000 if bench.quick else DEVICES_BEFORE
    sandbox.json_command("simulate_registrations", str(before_load + DEVICES_PER_SECOND * load_seconds))
    script = sandbox.paths.temporary / "paced.lua"
    script.write_text(PAUSES, encoding="utf-8")
    _paced(bench, ALONE, script)
    number, fingerprint = demo.submit_campaign(sandbox)
    demo.approve_campaign(sandbox, number, fingerprint)
    emulator = Client(str(sandbox.emulator_url))

    def accepted() -> int:
        return int(emulator.get(f"/emulator/counts?alert={number}").json()["accepted_total"])

    with step("The campaign ramps up"):
        if not bench.quick and not _reaches_full_pace(bench, accepted):
            say(f"  it stays below {FULL_PACE:,} messages per second; the report gives the rate beside the load")
    before, begun = accepted(), time.monotonic()
    _paced(bench, BESIDE, script)
    sent, seconds = accepted() - before, time.monotonic() - begun
    bench.notes["messages per second beside the load"] = f"{sent / seconds:,.0f}"
    _time_withdrawal(bench)


def _paced(bench: ReadBench, name: str, script: Path) -> None:
    """Load the fast path at the pace, and note how long everybody waited for a processor."""
    groups: dict[str, Callable[[], Iterable[int]]] = {
        process.name: scheduling.children(process.pid) if process.name == "postgres" else scheduling.session(process.pid)
        for process in bench.sandbox.processes.running
        if process.name != "beat"
    }
    with scheduling.account({**groups, "load generator": scheduling.load_generators}) as account:
        bench.in_turns(PACED, {name: (bench.fast_path, PACK, {"Accept-Encoding": "gzip"})}, script)
    bench.notes[f"paced, {name}"] = account.words(bench.rows[-1].load.rate * account.seconds)


def _schedule(bench: ReadBench) -> None:
    """Set the chosen way of scheduling for the processes that run."""
    pids = {process.name: scheduling.session(process.pid)() for process in bench.sandbox.processes.running}
    if bench.scheduling in ("batch", "both"):
        scheduling.behind_others(pids["worker"])
    if bench.scheduling in ("short", "both") and not scheduling.with_short_slices(pids["web"]):
        say("  this kernel knows no slices of one's own")


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
