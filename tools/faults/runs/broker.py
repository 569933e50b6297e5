"""The broker ends, is away for long, is out of memory, or delivers twice: workers poll the database, and come back to it."""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable
from subprocess import Popen
from urllib.parse import urlsplit

from tools.faults.proxy import DelayingProxy
from tools.faults.rig import RESUMED_WITHIN, Rig, until
from tools.faults.verdict import Verdict

#: Wake-ups that two workers take at least while each is delivered twice.
_WAKE_UPS = 30
#: Seconds of an outage from which on another campaign is sent before its end.
_LONG = 120.0
#: Seconds to a slow broker and back, and the share of packets that are lost on the way.
_ROUND_TRIP, _LOST = 2.0, 0.05


def killed(rig: Rig) -> Verdict:
    """Kill the broker and start it again, several times."""
    worker, beat = rig.worker(), rig.beat()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.1)
    for _ in range(2 if rig.quick else 10):
        rig.broker.kill()
        rig.broker.start_again()
        time.sleep(1)
    resumed = _resumes(rig, worker, beat)
    return resumed(rig.judge(campaign, rig.finish(campaign), within=rig.seconds(180, 60)))


def away(rig: Rig) -> Verdict:
    """Let the broker be away; the campaign is sent meanwhile, and after a long outage another one before its end."""
    return _without(rig, rig.broker.kill, rig.broker.start_again, 60 * rig.minutes_away or rig.seconds(60, 8))


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
    verdict.counted = f"{twice} of {len(seen())} wake-ups were taken twice"
    if twice < len(seen()) / 2:
        verdict.faults.append(f"only {verdict.counted}")
    return verdict


def slow(rig: Rig) -> Verdict:
    """Let the broker be two seconds away and back, and each twentieth packet be lost and sent again; then be near again."""
    draw, port = random.Random(13), urlsplit(rig.broker.url).port
    assert port is not None
    # TCP repeats a packet at the earliest after the time that it took to and back (RFC 6298).
    proxy = DelayingProxy(port, delay=_ROUND_TRIP / 2, lost=lambda: 1.5 * _ROUND_TRIP if draw.random() < _LOST else 0.0)
    url = rig.broker.url.replace(f":{port}", f":{proxy.port}")
    earlier = len(rig.processes.log())
    try:
        rig.worker(BROKER_URL=url)
        rig.beat(BROKER_URL=url)
        campaign = rig.campaign()
        halted = rig.finish(campaign)
        until(lambda: rig.processes.log()[earlier:].count("received") >= 3, 120, "the worker took no wake-ups")
    finally:
        rig.processes.end()
        proxy.stop()
    verdict = rig.judge(campaign, halted, within=rig.seconds(120, 60))
    verdict.counted = f"wake-ups taken meanwhile: {rig.processes.log()[earlier:].count('received')}"
    return verdict


def _without(rig: Rig, begin: Callable[[], None], end: Callable[[], None], seconds: float) -> Verdict:
    """Let `begin` take the broker away in mid-campaign, and `end` give it back after so many seconds and the campaign's end."""
    worker, beat = rig.worker(), rig.beat()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.1)
    begin()
    try:
        began = time.monotonic()
        halted = rig.finish(campaign, rig.seconds(120, 60))
        verdict = rig.judge(campaign, halted, within=rig.seconds(90, 45))
        time.sleep(max(0.0, began + seconds - time.monotonic()))
        if seconds > _LONG:
            verdict.faults += _another_campaign(rig)
        away = time.monotonic() - began
    finally:
        end()
    verdict = _resumes(rig, worker, beat)(verdict)
    verdict.counted = f"away for {away:.0f} s; {verdict.counted}"
    return verdict


def _another_campaign(rig: Rig) -> list[str]:
    """Send one more campaign, and return its faults: workers that have waited for the broker for long still send."""
    campaign = rig.campaign()
    return rig.judge(campaign, rig.finish(campaign, 120), within=rig.seconds(90, 45)).faults


def _resumes(rig: Rig, worker: Popen[bytes], beat: Popen[bytes]) -> Callable[[Verdict], Verdict]:
    """Wait until the worker takes a wake-up again after the broker's return, which was just now; return what notes it."""
    began, before = time.monotonic(), rig.processes.log().count("received")
    faults = [
        f"the {name} ended with status {process.poll()}"
        for name, process in (("worker", worker), ("beat", beat))
        if process.poll() is not None
    ]
    if not faults:
        until(lambda: rig.processes.log().count("received") > before, 60, "the worker took no wake-up after the broker's return")
    seconds = time.monotonic() - began
    if seconds > RESUMED_WITHIN:
        faults.append(f"the worker took the first wake-up {seconds:.0f} s after the broker's return")

    def note(verdict: Verdict) -> Verdict:
        verdict.counted = f"wake-ups again {seconds:.0f} s after the broker's return"
        verdict.faults += faults
        return verdict

    return note
