"""FCM answers with errors: of one device, of all for a while, or of all for ever."""

from __future__ import annotations

import time

from tools.faults.rig import Rig
from tools.faults.verdict import Verdict


def single_failures(rig: Rig) -> Verdict:
    """Let every 64th message be answered with 500. Those devices are tried again by themselves; no other waits."""
    rig.emulator.plan([{"match": {"every": 64}, "answer": "INTERNAL"}])
    rig.worker()
    campaign = rig.campaign()
    # A device that is met again waits twice as long each time.
    return rig.judge(campaign, rig.finish(campaign), within=rig.seconds(240, 120))


def down(rig: Rig) -> Verdict:
    """Let FCM answer 503 for a while."""
    rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign)
    rig.emulator.plan([{"match": {"any": True}, "answer": "UNAVAILABLE"}])
    began = time.monotonic()
    rig.says("Trying again at")
    time.sleep(max(0.0, began + rig.seconds(20, 5) - time.monotonic()))
    rig.emulator.plan([])
    return rig.judge(campaign, rig.finish(campaign), within=rig.seconds(240, 120))


def quota_used_up(rig: Rig) -> Verdict:
    """Let FCM answer 429 with a Retry-After to a few messages; the project waits that long."""
    rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign)
    rig.emulator.plan([{"match": {"any": True}, "answer": "QUOTA", "retry_after": 5, "times": 20}])
    rig.says("429.*Trying again at")
    return rig.judge(campaign, rig.finish(campaign), within=rig.seconds(240, 120))


def all_unregistered(rig: Rig) -> Verdict:
    """Let FCM call everybody unregistered: the campaign halts, and nobody is taken off the list."""
    rig.emulator.plan([{"match": {"any": True}, "answer": "UNREGISTERED"}])
    rig.worker()
    campaign = rig.campaign()
    rig.says("gone")
    halted = rig.finish(campaign)
    verdict = rig.judge(campaign, halted, within=60, expects_halt=True)
    # Nobody accepts a message here.
    verdict.missed = 0
    verdict.faults = [fault for fault in verdict.faults if "missed" not in fault]
    return verdict
