"""The network between a worker and everything else drops all packets, and nobody is told."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from subprocess import Popen
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import ProxyHandler, build_opener

from tools.bench.push.celery_processes import ROOT
from tools.faults.abandoned import abandoned_claims
from tools.faults.namespace import Namespace
from tools.faults.rig import RESUMED_WITHIN, Rig, until
from tools.faults.verdict import Verdict

#: What /readyz says of writes and sends while everything works; nothing is published in a fault run, so nothing is read.
_READY = {"reads": False, "writes": True, "sends": True}


def black_hole(rig: Rig) -> Verdict:
    """Drop all packets between a worker and database, broker and FCM: neither side gets an error, only no answer."""
    with Namespace() as network:
        environment = rig.processes.environment
        # The sandbox accepts FCM on loopback only.
        network.reach_on_loopback(urlsplit(environment["FCM_ENDPOINT"]).port or 0)
        there = {name: _there(environment[name], network) for name in ("DATABASE_URL", "BROKER_URL")}
        rig.worker(*network.within, **there)
        campaign = rig.campaign()
        rig.under_way(campaign, 0.2)
        network.drop_all()
        # What was sent and not settled may be repeated: FCM's answers are lost.
        held = rig.claimed()
        began, before = time.monotonic(), rig.messages_at_rest()
        if not rig.quick:
            # In the short form the packets pass again before that.
            rig.says("recorded no outcome for|Waiting for a worker")
        time.sleep(max(0.0, began + rig.seconds(35, 15) - time.monotonic()))
        silent = rig.emulator.counts()["messages"] == before
        network.pass_all()
        halted = rig.finish(campaign)
        rig.processes.end()
    verdict = rig.judge(campaign, halted, may_double=held, within=rig.seconds(120, 60) + 35 + 55)
    if not silent:
        verdict.faults.append("messages reached FCM although all packets were dropped")
    return verdict


def hosts_partitioned(rig: Rig) -> Verdict:
    """Cut two of four machines off: a worker and the beat are alone, another worker sends, and a web process goes on."""
    with ExitStack() as stack:
        hosts = [stack.enter_context(Namespace(number)) for number in range(4)]
        environment = rig.processes.environment
        settings = [{name: _there(environment[name], host) for name in ("DATABASE_URL", "BROKER_URL")} for host in hosts]
        one, other, beat, web = hosts
        for host, given in zip((one, other), settings, strict=False):
            host.reach_on_loopback(urlsplit(environment["FCM_ENDPOINT"]).port or 0)
            rig.worker(*host.within, **given)
        rig.beat(*beat.within, **settings[2])
        ready = stack.enter_context(_web(rig, web, settings[3]))
        until(lambda: ready() == _READY, 60, "the web process did not find that everything works")
        abandoned = stack.enter_context(abandoned_claims())
        campaign = rig.campaign()
        rig.under_way(campaign, 0.2)
        for host in (one, beat):
            host.drop_all()
        began = time.monotonic()
        rig.goes_on(campaign, rig.devices // 10)
        states = [ready()]
        time.sleep(max(0.0, began + rig.seconds(35, 10) - time.monotonic()))
        states.append(ready())
        for host in (one, beat):
            host.pass_all()
        began, before = time.monotonic(), _ticks(rig)
        until(lambda: _ticks(rig) > before, 120, "no wake-up of the beat was taken after the partition")
        resumed = time.monotonic() - began
        halted = rig.finish(campaign)
        rig.processes.end()
        may_double = abandoned.devices(campaign.pk)
    verdict = rig.judge(campaign, halted, may_double=may_double, within=rig.seconds(120, 60) + 35 + 55)
    verdict.counted = f"wake-ups of the beat again {resumed:.0f} s after the partition"
    verdict.faults += [f"while two machines were cut off, /readyz of another said {state}" for state in states if state != _READY]
    if resumed > RESUMED_WITHIN:
        verdict.faults.append(f"the beat's first wake-up was taken {resumed:.0f} s after the partition")
    return verdict


def _ticks(rig: Rig) -> int:
    """Return how many wake-ups that only the beat sends were taken."""
    return len(re.findall(r"Task notifications\.tasks\.tick\[[0-9a-f-]+\] received", rig.processes.log()))


@contextmanager
def _web(rig: Rig, host: Namespace, settings: dict[str, str]) -> Iterator[Callable[[], dict[str, bool]]]:
    """Start a web process on a machine; yield a function that asks its /readyz."""
    command = [*host.within, sys.executable, "-m", "config.serve", "--host", "0.0.0.0", "--port", "8000", "--workers", "1"]
    with (rig.processes.folder / "web.log").open("ab") as log:
        process = Popen(
            command, cwd=ROOT, env={**rig.processes.environment, **settings, "SERVES": "readers"}, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip

    # Whatever proxy the environment names: the machine is in this one.
    opener = build_opener(ProxyHandler({}))

    def ready() -> dict[str, bool]:
        try:
            with opener.open(f"http://{host.address}:8000/readyz", timeout=5) as response:
                return dict(json.loads(response.read()))
        except HTTPError as error:
            return dict(json.loads(error.read()))
        except OSError:
            return {}

    try:
        yield ready
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


def _there(url: str, network: Namespace) -> str:
    """Return the URL of a server of this machine as it is reached from the namespace."""
    parts = urlsplit(url)
    host, port = network.reach(parts.port or 0)
    return url.replace(f"{parts.hostname}:{parts.port}", f"{host}:{port}")
