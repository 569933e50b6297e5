"""./run bench: registrations and reads through the API, and one campaign to many devices, on a sandbox of its own."""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar

from tools.bench import codebase, read
from tools.bench.push import launch
from tools.sandbox import story
from tools.sandbox.demo_campaign import sample_campaign
from tools.sandbox.demo_devices import registrations
from tools.sandbox.http_client import Client
from tools.sandbox.lock import only_run
from tools.sandbox.ports import any_free
from tools.sandbox.processes import Interrupts
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import Refused, say, step
from tools.sandbox.test_and_lint import bench_places, remove_run

READS = 4000
CLIENTS = 4
T = TypeVar("T")


def run(rest: list[str]) -> int:
    """Measure and print; exit status 1 when a count does not add up. `push` and `read` measure one side each, beside others."""
    if rest[:1] == ["push"]:
        return launch.run(rest[1:])
    if rest[:1] == ["read"]:
        return read.run(rest[1:])
    if rest[:1] == ["codebase"]:
        return codebase.run(rest[1:])
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--registrations", type=int, default=10_000, help="through the API (%(default)s)")
    parser.add_argument("--devices", type=int, default=100_000, help="audience of the campaign (%(default)s)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object")
    options = parser.parse_args(rest)
    places = bench_places()
    with only_run(places, "bench"):
        sandbox = Sandbox(places, Interrupts(), os.environ)
        try:
            sandbox.start(any_free())
            figures = _measure(sandbox, options.registrations, options.devices)
        except (story.Failed, CommandFailed) as error:
            raise Refused(f"The measurement stopped: {error} (logs: {places.logs})") from None
        finally:
            sandbox.stop()
    remove_run(places)
    if options.json:
        say(json.dumps(figures))
    return 0


def _measure(sandbox: Sandbox, wanted: int, devices: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"registrations": wanted, "devices": devices, "reads": READS}
    client = Client(sandbox.web)
    story.hire(sandbox)
    with step("Loading and publishing"):
        story.load(sandbox)
        story.publish(sandbox, client, True)
    bodies = iter(list(registrations(wanted, "bench")))
    with step(f"{wanted} registrations through the API, {CLIENTS} clients at a time"):
        figures["registrations_per_second"] = _rate(
            sandbox, wanted, bodies, lambda one, body: one.post("/v1/registrations", body).status == 201
        )
    paths = ("/v1/packs/GB/en", "/v1/packs/IN/hi", "/v1/alerts?country=GB&locale=en&audience=parent", "/v1/")
    asked = (paths[index % len(paths)] for index in range(READS))
    with step(f"{READS} reads of packs, feed and service document"):
        figures["reads_per_second"] = _rate(sandbox, READS, asked, lambda one, path: one.get(path).status == 200)
    if devices > wanted:
        with step(f"{devices - wanted} more devices by simulate_registrations"):
            sandbox.ask("simulate_registrations", str(devices - wanted))
    figures |= _campaign(sandbox, devices)
    for name, value in figures.items():
        say(f"  {name:<28} {value}")
    return figures


def _campaign(sandbox: Sandbox, devices: int) -> dict[str, Any]:
    path = sandbox.places.run / "campaign.yaml"
    path.write_text(sample_campaign(), encoding="utf-8")
    number = str(sandbox.ask("campaign", "create", str(path), "--by", "amina")["id"])
    fingerprint = sandbox.ask("campaign", "submit", number, "--by", "amina")["fingerprint"]
    started = time.monotonic()
    with step(f"A campaign to {devices} devices"):
        sandbox.ask("campaign", "approve", number, "--fingerprint", fingerprint, "--by", "david")
        status = story.finished(sandbox, number, seconds=600)
    seconds = time.monotonic() - started
    counted = story.counted(status)
    story.check(Client(sandbox.web), sandbox, status, counted, at_least=devices)
    return {"campaign_seconds": round(seconds, 1), "messages_per_second": round(devices / seconds), **counted}


def _rate(sandbox: Sandbox, count: int, items: Iterator[T], act: Callable[[Client, T], bool]) -> int:
    """Return how many items a second were done by a few clients; Failed when one was not."""
    lock = threading.Lock()
    bad: list[T] = []

    def work() -> None:
        client = Client(sandbox.web)
        while True:
            with lock:
                taken = list(islice(items, 20))
            if not taken:
                return
            bad.extend(item for item in taken if not act(client, item))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(CLIENTS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if bad:
        raise story.Failed(f"{len(bad)} of {count} requests were not answered as they must be, the first being {bad[0]!r}")
    return round(count / (time.monotonic() - started))
