"""The network between a worker and everything else drops all packets, and nobody is told."""

from __future__ import annotations

import time
from urllib.parse import urlsplit

from tools.faults.namespace import Namespace
from tools.faults.rig import Rig
from tools.faults.verdict import Verdict


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


def _there(url: str, network: Namespace) -> str:
    """Return the URL of a server of this machine as it is reached from the namespace."""
    parts = urlsplit(url)
    host, port = network.reach(parts.port or 0)
    return url.replace(f"{parts.hostname}:{parts.port}", f"{host}:{port}")
