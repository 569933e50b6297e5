"""Workers and the beat end, or stand still."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from tools.faults.rig import Rig, until
from tools.faults.verdict import Verdict
from tools.faults.watch import WORDS_WITHIN

if TYPE_CHECKING:
    from notifications.models import Campaign

#: Seconds of a lease, after which another worker may take over, and some to do so.
LEASE = 45 + 10


def worker_killed(rig: Rig) -> Verdict:
    """Kill a worker with all its processes. What it held may be repeated, once its lease has ended."""
    worker = rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign)
    rig.processes.kill(worker)
    held = rig.claimed()
    rig.says("recorded no outcome for|Waiting for a worker")
    rig.leases_end()
    rig.worker()
    return rig.judge(campaign, rig.finish(campaign), may_double=held, within=_usual(rig) + LEASE + WORDS_WITHIN)


def worker_terminated(rig: Rig) -> Verdict:
    """Stop a worker in order. It settles what it holds, so that nothing is repeated."""
    worker = rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign)
    rig.processes.stop(worker)
    rig.says("Waiting for a worker")
    rig.worker()
    return rig.judge(campaign, rig.finish(campaign), within=_usual(rig) + 30 + WORDS_WITHIN)


def worker_frozen(rig: Rig) -> Verdict:
    """Stop a worker's processes for longer than a lease, as a virtual machine that is moved, while another one sends."""
    worker = rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.2)
    os.killpg(worker.pid, signal.SIGSTOP)
    held = rig.claimed()
    rig.worker()
    _wait_or_end(rig, campaign, LEASE)
    os.killpg(worker.pid, signal.SIGCONT)
    # What it settles now comes too late and is void.
    return rig.judge(campaign, rig.finish(campaign), may_double=held, within=_usual(rig) + LEASE + 10)


def beat_killed(rig: Rig) -> Verdict:
    """Kill the beat: the workers look by themselves for what is due."""
    rig.worker()
    beat = rig.beat()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.1)
    rig.processes.kill(beat)
    return rig.judge(campaign, rig.finish(campaign), within=_usual(rig))


def _usual(rig: Rig) -> float:
    """Return the seconds that a campaign takes at the most without a fault, on a busy machine."""
    return rig.seconds(120, 60)


def _wait_or_end(rig: Rig, campaign: Campaign, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    until(lambda: time.monotonic() > deadline, seconds + 5, "the clock stood still", pause=0.2)
