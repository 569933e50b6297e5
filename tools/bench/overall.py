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

from tools.sandbox import demo
from tools.sandbox.demo_devices import registrations
from tools.sandbox.http_client import Client
from tools.sandbox.interrupts import Interrupts
from tools.sandbox.lock import hold_run_folder
from tools.sandbox.paths import Paths
from tools.sandbox.ports import any_free_port
from tools.sandbox.run_folders import bench_folder, remove_run
from tools.sandbox.supervisor import CommandFailed, Sandbox
from tools.sandbox.terminal import UserError, say, step

READS = 4000
CLIENTS = 4
T = TypeVar("T")


def run(outer: Paths, rest: list[str]) -> int:
    """Measure and print; return 0. UserError if a request failed or a count does not add up."""
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--registrations", type=int, default=10_000, help="number of registrations through the API (%(default)s)")
    parser.add_argument("--devices", type=int, default=100_000, help="audience of the campaign (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print all figures as one JSON object at the end")
    options = parser.parse_args(rest)
    paths = bench_folder(outer)
    with hold_run_folder(paths, "bench"):
        sandbox = Sandbox(paths, Interrupts(), os.environ)
        try:
            sandbox.start(any_free_port(), console=False)
            figures = _measure(sandbox, options.registrations, options.devices)
        except (demo.DemoFailed, CommandFailed) as error:
            raise UserError(f"The measurement failed: {error} (logs: {paths.logs})") from None
        finally:
            sandbox.stop()
    remove_run(paths)
    if options.json:
        say(json.dumps(figures))
    return 0


def _measure(sandbox: Sandbox, registered: int, devices: int) -> dict[str, Any]:
    figures: dict[str, Any] = {"registrations": registered, "devices": devices, "reads": READS}
    client = Client(sandbox.web)
    demo.add_staff(sandbox)
    with step("Loading and publishing"):
        demo.load_content(sandbox)
        demo.publish_release(sandbox, client, changed=True)
    bodies = iter(list(registrations(registered, "bench")))
    with step(f"{registered} registrations through the API, {CLIENTS} clients at a time"):
        figures["registrations_per_second"] = _rate(
            sandbox, registered, bodies, lambda one, body: one.post("/v1/registrations", body).status == 201
        )
    paths = ("/v1/packs/GB/en", "/v1/packs/IN/hi", "/v1/alerts?country=GB&locale=en&audience=parent", "/v1/")
    requested = (paths[index % len(paths)] for index in range(READS))
    with step(f"{READS} reads of packs, feed and service document"):
        figures["reads_per_second"] = _rate(sandbox, READS, requested, lambda one, path: one.get(path).status == 200)
    if devices > registered:
        with step(f"{devices - registered} more devices by simulate_registrations"):
            sandbox.json_command("simulate_registrations", str(devices - registered))
    figures |= _campaign(sandbox, devices)
    for name, value in figures.items():
        say(f"  {name:<28} {value}")
    return figures


def _campaign(sandbox: Sandbox, devices: int) -> dict[str, Any]:
    number, fingerprint = demo.submit_campaign(sandbox)
    started = time.monotonic()
    with step(f"A campaign to {devices} devices"):
        demo.approve_campaign(sandbox, number, fingerprint)
        status = demo.wait_until_finished(sandbox, number)
    seconds = time.monotonic() - started
    figures = demo.campaign_figures(status)
    demo.check_campaign(Client(sandbox.web), sandbox, status, figures, at_least=devices)
    return {"campaign_seconds": round(seconds, 1), "messages_per_second": round(devices / seconds), **figures}


def _rate(sandbox: Sandbox, count: int, items: Iterator[T], send: Callable[[Client, T], bool]) -> int:
    """Return how many items per second a few clients sent. DemoFailed if `send` returned False for any of them."""
    lock = threading.Lock()
    failed: list[T] = []

    def work() -> None:
        client = Client(sandbox.web)
        while True:
            with lock:
                taken = list(islice(items, 20))
            if not taken:
                return
            failed.extend(item for item in taken if not send(client, item))

    threads = [threading.Thread(target=work, daemon=True) for _ in range(CLIENTS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise demo.DemoFailed(f"{len(failed)} of {count} requests failed, the first one for {failed[0]!r}")
    return round(count / (time.monotonic() - started))
