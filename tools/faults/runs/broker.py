"""The broker ends, is away for long, is out of memory, or delivers twice: workers poll the database, and come back to it."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable

from tools.faults.rig import Rig, until
from tools.faults.verdict import Verdict

#: Wake-ups that two workers take at least while each is delivered twice.
_WAKE_UPS = 30


def killed(rig: Rig) -> Verdict:
    """Kill the broker and start it again, several times."""
    worker = rig.worker()
    rig.beat()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.1)
    for _ in range(2 if rig.quick else 10):
        rig.broker.kill()
        rig.broker.start_again()
        time.sleep(1)
    halted = rig.finish(campaign)
    verdict = rig.judge(campaign, halted, within=rig.seconds(180, 60))
    return _after(rig, verdict, worker.poll())


def away(rig: Rig) -> Verdict:
    """Let the broker be away; the campaign is sent meanwhile."""
    return _without(rig, rig.broker.kill, rig.broker.start_again, rig.seconds(60, 8))


def full(rig: Rig) -> Verdict:
    """Let the broker refuse messages because its memory is used up; the campaign is sent meanwhile."""
    return _without(rig, rig.broker.fill_up, rig.broker.free, rig.seconds(45, 8))


def doubling(rig: Rig) -> Verdict:
    """Let the broker deliver each wake-up twice, to two workers beside a beat."""
    earlier = len(rig.processes.log())

    def seen() -> Counter[str]:
        return Counter(re.findall(r"\[([0-9a-f-]{36})\] received", rig.processes.log()[earlier:]))

    with rig.broker.doubling() as url:
        for _ in range(2):
            rig.worker(BROKER_URL=url)
        rig.beat(BROKER_URL=url)
        campaign = rig.campaign()
        halted = rig.finish(campaign)
        until(lambda: seen().total() >= _WAKE_UPS, 60, "the workers took too few wake-ups")
        rig.processes.end()
    verdict = rig.judge(campaign, halted, within=rig.seconds(120, 60))
    twice = sum(count == 2 for count in seen().values())
    if twice < len(seen()) / 2:
        verdict.faults.append(f"only {twice} of {len(seen())} wake-ups were delivered twice")
    return verdict


def _without(rig: Rig, begin: Callable[[], None], end: Callable[[], None], seconds: float) -> Verdict:
    """Let `begin` take the broker away in mid-campaign, and `end` give it back after so many seconds and the campaign's end."""
    worker = rig.worker()
    rig.beat()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.1)
    begin()
    try:
        began = time.monotonic()
        halted = rig.finish(campaign, rig.seconds(120, 60))
        time.sleep(max(0.0, began + seconds - time.monotonic()))
    finally:
        end()
    return _after(rig, rig.judge(campaign, halted, within=rig.seconds(90, 45)), worker.poll())


def _after(rig: Rig, verdict: Verdict, status: int | None) -> Verdict:
    """Check that the worker takes wake-ups again."""
    if status is not None:
        verdict.faults.append(f"the worker ended with status {status}")
        return verdict
    before = rig.processes.log().count("received")
    until(lambda: rig.processes.log().count("received") > before, 60, "the worker took no wake-up after the broker's return")
    return verdict
