"""./run bench stampede: phones that open an alert within seconds, while it is still being pushed to others.

A campaign leaves through the real pipeline and is accepted by the FCM emulator; a share of its phones open the app and read the
alert, the manifest and the pack over connections of their own: directly from the web process, and through nginx with the exported
tree. Before that, the highest rate of phones that each can hold is searched for.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tools.bench.attacks import flood, head, hold, invented_locale
from tools.bench.read import load
from tools.bench.read.measure import prepare
from tools.bench.read.servers import ReadBench
from tools.bench.stampede import report
from tools.bench.stampede.phones import Plan, plan_as_json
from tools.bench.usage import session_usage
from tools.sandbox import demo
from tools.sandbox.http_client import Client
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.published import begin_with_copy
from tools.sandbox.run_folders import bench_folder, remove_run
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import UserError, say, step

#: What a phone reads. The pack is new to it: a release was published with the alert.
PLACE = "country=GB&audience=parent&locale=en"
PACK, MANIFEST = "/v1/packs/GB/en", "/v1/manifest"
CODED = {"Accept-Encoding": "gzip"}
#: A rate is held if no phone fails and 99 of 100 have read everything after so many milliseconds.
HELD_WITHIN = 1_000.0
#: The first rate that is tried, by how much the next one is higher, and how many are tried at most.
FIRST_RATE, STEP, TRIES = 250.0, 1.4, 12
#: The mean time in seconds after which a person opens a message that they open at all, and their share.
DELAY, SHARE = 5.0, 0.05
#: Messages per second of the push, and the share of the project's quota that the product uses.
PUSH, QUOTA_SHARE = 10_000, 0.8
#: Phones of a burst as a multiple of the rate that is held, and the seconds over which they are spread.
BURST, SPREADS = 5, (1.0, 5.0, 15.0)


@dataclass(frozen=True)
class Front:
    """A way to the bytes: the web process itself, or nginx before it."""

    name: str
    url: str
    #: The processes that lead the sessions of its servers.
    leaders: tuple[int, ...]


def run(outer: Paths, rest: list[str]) -> int:
    """Measure and print; with --write, write the page. Return 1 if a phone failed beside a campaign, or a message was missed."""
    options = _parser().parse_args(rest)
    load.required_programs()
    paths = bench_folder(outer)
    begin_with_copy(paths)
    quota = str(int(options.push * 60 / QUOTA_SHARE))
    with hold_run_folder(paths, "bench stampede"):
        sandbox = Sandbox(
            paths, Interrupts(), {**os.environ, "FCM_MESSAGES_PER_MINUTE": quota, "FCM_QUOTA_SHARE": str(QUOTA_SHARE)}
        )
        try:
            sandbox.start(any_free_port(), console=False)
            figures = _measure(ReadBench(sandbox, seconds=options.seconds, rounds=1, quick=options.quick), options)
        except (demo.DemoFailed, CommandFailed) as error:
            raise UserError(f"The measurement failed: {error} (logs: {paths.logs})") from None
        finally:
            sandbox.stop()
    remove_run(paths)
    text = report.page(figures)
    say(f"\n{text}")
    if options.json:
        say(json.dumps(figures))
    if options.write and not options.quick:
        report.write(paths.root / "docs" / "measurements" / "stampede.md", text)
    faults = report.faults(figures)
    for fault in faults:
        say(f"FAILED: {fault}")
    say(f"stampede bench: {'failed' if faults else 'ok'}")
    return 1 if faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./run bench stampede", description=__doc__)
    parser.add_argument("--push", type=int, default=PUSH, help="messages per second (%(default)s)")
    parser.add_argument("--devices", type=int, default=400_000, help="of each campaign (%(default)s); it ramps up for a minute")
    parser.add_argument("--share", type=float, default=SHARE, help="of phones that open the message (%(default)s)")
    parser.add_argument("--delay", type=float, default=DELAY, help="mean seconds until they do (%(default)s)")
    parser.add_argument("--seconds", type=int, default=5, help="of each rate that is tried (%(default)s)")
    parser.add_argument("--quick", action="store_true", help="small and short, without a report")
    parser.add_argument("--write", action="store_true", help="write docs/measurements/stampede.md")
    parser.add_argument("--json", action="store_true", help="print all figures as one JSON object")
    return parser


def _measure(bench: ReadBench, options: argparse.Namespace) -> dict[str, Any]:
    if options.quick:
        options.devices, options.seconds, options.share, options.delay = 1_500, 1, 0.2, 0.5
    prepare(bench)
    bench.sandbox.json_command("simulate_registrations", str(options.devices))
    fronts = _fronts(bench)
    figures: dict[str, Any] = {
        "push": options.push, "devices": options.devices, "share": options.share, "delay": options.delay,
        "load": os.getloadavg()[0], "held": {}, "spread": {}, "beside": {}, "sizes": _sizes(bench),
    }  # fmt: skip
    for front in fronts:
        for name, reads in {"alerts, manifest, pack": _reads(None), "alerts, manifest": _reads(None)[:2]}.items():
            with step(f"The highest rate that is held: {front.name}, {name}"):
                figures["held"].setdefault(front.name, {})[name] = _highest(bench, front, reads, options)
        held = next(iter(figures["held"][front.name].values()))["rate"]
        burst = max(50, int(held * BURST))
        with step(f"{burst:,} phones at once, and spread: {front.name}"):
            figures["spread"][front.name] = [
                {"seconds": spread, "phones": burst}
                | _load(bench, front, Plan(front.url, _reads(None), seconds=spread, burst=burst))
                for spread in (SPREADS[:1] if options.quick else SPREADS)
            ]
    for front in fronts:
        for attacked in (True,) if options.quick else (False, True):
            name = f"{front.name}, {'under attack' if attacked else 'alone'}"
            figures["beside"][name] = _beside_campaign(bench, front, options, name, attacked=attacked)
    return figures


def _fronts(bench: ReadBench) -> list[Front]:
    paths, web = bench.sandbox.paths, bench.fast_path
    tree = paths.run / "tree"
    bench.sandbox.json_command("export_release", str(tree))
    port = any_free_port()
    origin = web.url.removeprefix("http://")
    command = load.nginx_command(paths.temporary, tree, paths.root / "docker" / "nginx.conf", port, origin)
    nginx = bench.serve("nginx", command, port, PACK)
    return [Front("the web process", web.url, (web.pid,)), Front("nginx and the exported tree", nginx.url, (web.pid, nginx.pid))]


def _reads(alert: str | None) -> list[tuple[str, str, dict[str, str]]]:
    """Return what a phone reads; without an alert, the list of alerts instead."""
    path = f"/v1/alerts/{alert}?{PLACE}" if alert else f"/v1/alerts?{PLACE}"
    return [("alert" if alert else "alerts", path, CODED), ("manifest", MANIFEST, CODED), ("pack", PACK, CODED)]


def _sizes(bench: ReadBench) -> dict[str, int]:
    """Return the bytes of each response as phones ask for it."""
    get = Client(bench.sandbox.web)
    found = {}
    for name, path, headers in _reads(None):
        response = get.get(path, **{key.replace("-", "_"): value for key, value in headers.items()})
        found[name] = int(response.headers.get("Content-Length", len(response.data)))
    return found


def _highest(
    bench: ReadBench, front: Front, reads: list[tuple[str, str, dict[str, str]]], options: argparse.Namespace
) -> dict[str, Any]:
    """Raise the rate until it is not held, twice in a row; return the last one that was held, and what the phones noticed."""
    rate, best = (100.0 if options.quick else FIRST_RATE), {"rate": 0.0}
    for _ in range(1 if options.quick else TRIES):
        for _again in range(2):
            found = _load(bench, front, Plan(front.url, reads, seconds=float(options.seconds), rate=rate))
            held = not found["failed"] and found["whole"]["p99"] <= HELD_WITHIN
            if held:
                break
        if not held:
            return best | {"not_held": rate}
        best = {"rate": rate} | found
        rate *= STEP
    return best


def _load(bench: ReadBench, front: Front, plan: Plan) -> dict[str, Any]:
    """Carry out a plan in a process of its own; return what the phones noticed, and the servers' processor time for a phone."""
    sandbox = bench.sandbox
    before = sum(session_usage(leader)[0] for leader in front.leaders)
    done = subprocess.run(
        [str(sandbox.paths.python), "-m", "tools.bench.stampede.phones"],
        input=plan_as_json(plan), capture_output=True, text=True, cwd=sandbox.paths.root, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise demo.DemoFailed(f"the phones failed: {done.stderr.strip()[-300:]}")
    used = sum(session_usage(leader)[0] for leader in front.leaders) - before
    found: dict[str, Any] = json.loads(done.stdout)
    found["cpu_ms"] = used * 1000 / max(1, found["done"])
    sandbox.keep_running()
    return found


def _beside_campaign(bench: ReadBench, front: Front, options: argparse.Namespace, name: str, *, attacked: bool) -> dict[str, Any]:
    """Send one campaign to all devices, and let a share of their phones open it."""
    sandbox = bench.sandbox
    number, fingerprint = demo.submit_campaign(sandbox)
    demo.approve_campaign(sandbox, number, fingerprint)
    bench.wait_until(lambda: _accepted(sandbox, number)["accepted_total"] > 0, "the campaign did not begin", 120)
    plan = Plan(
        front.url, _reads(number), seconds=120 + options.devices / 500, emulator=str(sandbox.emulator_url), alert=number,
        devices=options.devices, share=options.share, delay=options.delay,
    )  # fmt: skip
    with step(f"{name}: a campaign to {options.devices:,}"), _attack(front) if attacked else nullcontext():
        found = _load(bench, front, plan)
    demo.wait_until_finished(sandbox, number)
    seen = _accepted(sandbox, number)
    seconds = max(0.1, seen["last_at"] - seen["first_at"])
    return found | {"messages": seen["accepted_total"] / seconds, "missed": options.devices - seen["addresses"]}


def _accepted(sandbox: Sandbox, number: str) -> dict[str, Any]:
    return dict(Client(str(sandbox.emulator_url)).get(f"/emulator/counts?alert={number}").json())


@contextmanager
def _attack(front: Front) -> Iterator[None]:
    """Hold a thousand stalled connections, and ask for invented packs 50 times a second."""
    port = int(urlsplit(front.url).port or 80)
    stalled = head("GET", "/v1/", "")[:-2] + b"X-Slow: "
    with contextmanager(hold)(port, stalled), contextmanager(flood)(port, invented_locale):
        yield
