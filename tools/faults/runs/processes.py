"""Workers and the beat end, or stand still."""

from __future__ import annotations

import os
import random
import signal
import time
from subprocess import Popen
from typing import TYPE_CHECKING

import psutil

from tools.faults.abandoned import RESUMED_WITHIN, AbandonedClaims, Resumption, abandoned_claims
from tools.faults.crash_points import POINTS
from tools.faults.rig import Rig, execute, progress_of, resume, until
from tools.faults.verdict import Verdict
from tools.faults.watch import WORDS_WITHIN

if TYPE_CHECKING:
    from notifications.models import Campaign

#: Seconds of a lease, after which another worker may take over from one that may not have ended, and some to do so.
LEASE = 45 + 10


def worker_killed(rig: Rig) -> Verdict:
    """Kill a worker with all its processes, twice; the second time another one is started at once."""
    with abandoned_claims() as abandoned:
        worker = rig.worker()
        campaign = rig.campaign()
        rig.under_way(campaign, 0.2)
        rig.processes.kill(worker)
        rig.says("recorded no outcome for|Waiting for a worker")
        worker = rig.worker()
        rig.under_way(campaign, 0.5)
        rig.processes.kill(worker)
        resumed = _Restart(rig, campaign, abandoned)
        halted = rig.finish(campaign)
        verdict = rig.judge(campaign, halted, may_double=abandoned.devices(campaign.pk), within=_usual(rig) + 2 * WORDS_WITHIN)
    verdict.counted = f"after the second kill {resumed}"
    verdict.faults += resumed.faults() if resumed.claims else ["the worker held nothing when it was killed"]
    return verdict


class _Restart:
    """A worker that is started where others have ended, and the seconds from then until it takes up what they held."""

    def __init__(self, rig: Rig, campaign: Campaign, abandoned: AbandonedClaims, **environment: str) -> None:
        until(lambda: abandoned.orphans() != set() or not rig.claimed(), 5, "the sessions of the killed worker did not end")
        self.claims, before, began = len(abandoned.orphans()), rig.messages(campaign), time.monotonic()
        self.worker = rig.worker(**environment)
        until(lambda: not abandoned.orphans(), LEASE, "what the killed worker held was not taken up")
        self.free_after = time.monotonic() - began
        until(lambda: rig.messages(campaign) > before, 60, "sending did not go on")
        self.sent_after = time.monotonic() - began

    def __str__(self) -> str:
        return (
            f"{self.claims} claims were free {self.free_after:.1f} s after the restart, and sending went on after "
            f"{self.sent_after:.1f} s"
        )

    def faults(self) -> list[str]:
        """Return in a sentence that it took too long; nothing if it did not."""
        longest = max(self.free_after, self.sent_after)
        if longest <= RESUMED_WITHIN:
            return []
        return [f"sending went on {longest:.0f} s after the restart, later than {RESUMED_WITHIN:.0f} s"]


def crash_points(rig: Rig) -> Verdict:
    """Kill a worker at each named instant of one campaign; in between another one sends a little and stops in order."""
    rig.beat()
    with abandoned_claims() as abandoned:
        campaign = rig.campaign()
        left_claimed, restarts = 0, []
        for name in POINTS:
            if "help" in name:
                # As of a wave that begins later: the help of this one was checked when its audience was frozen.
                execute("UPDATE notifications_wave SET help_checked_at = NULL")
            _dies_at(rig, name)
            if rig.claimed():
                # Were the same batch begun three times and never settled, the campaign would halt.
                restarts.append(_Restart(rig, campaign, abandoned, FCM_MESSAGES_PER_MINUTE=str(rig.devices // 5)))
                left_claimed += _send_a_little(rig, campaign, restarts[-1].worker)
        rig.worker()
        halted = rig.finish(campaign)
        verdict = rig.judge(campaign, halted, may_double=abandoned.devices(campaign.pk), within=_usual(rig) + 40 * len(POINTS))
    latest = max((restart.free_after for restart in restarts), default=0.0)
    held = sum(restart.claims for restart in restarts)
    verdict.counted = f"killed at {len(POINTS)} instants; {held} claims were free at most {latest:.1f} s after a restart"
    verdict.faults += [fault for restart in restarts for fault in restart.faults()]
    if left_claimed:
        verdict.faults.append(f"workers that were stopped in order left {left_claimed} devices claimed")
    return verdict


def _dies_at(rig: Rig, name: str) -> None:
    worker = rig.doomed_worker(name)
    until(lambda: worker.poll() is not None, 240, f"no worker came to {name}")
    status = worker.returncode
    rig.processes.stop(worker)
    if status != -signal.SIGKILL:
        raise RuntimeError(f"the worker that was to die {name} ended with status {status}")


def _send_a_little(rig: Rig, campaign: Campaign, helper: Popen[bytes]) -> int:
    """Let a slow worker send to a hundredth of the devices, and stop it; return how many devices are still claimed."""
    rig.goes_on(campaign, rig.devices // 100)
    rig.processes.stop(helper)
    return rig.claimed()


def random_kills(rig: Rig) -> Verdict:
    """Kill a process of one of three workers, drawn at random, again and again in campaign after campaign; a person resumes."""
    draw, verdicts = random.Random(11), []
    kills, wanted = 0, 5 if rig.quick else 300
    # Slowly: a campaign takes three minutes.
    rate = str(2 * rig.devices if rig.quick else rig.devices // 3)
    workers = [rig.worker(FCM_MESSAGES_PER_MINUTE=rate) for _ in range(3)]
    halts: list[str] = []
    with abandoned_claims() as abandoned, Resumption(abandoned) as resumption:
        while kills < wanted:
            campaign = rig.campaign()
            rig.under_way(campaign, 0.05)
            before = len(halts)
            kills += _kill_until_it_ends(rig, campaign, draw, workers, wanted - kills, halts)
            while reason := rig.finish(campaign, 600):
                halts.append(reason)
                resume(campaign)
            last = halts[-1] if len(halts) > before else ""
            bound = abandoned.devices(campaign.pk)
            verdicts.append(rig.judge(campaign, last, may_double=bound, within=900, expects_halt=bool(last)))
    whole = _together(verdicts)
    whole.counted = (
        f"kills: {kills}; campaigns: {len(verdicts)}; resumed by a person: {len(halts)}; "
        f"{resumption.seen} claims were free at most {resumption.longest:.1f} s after the end of their process"
    )
    whole.faults += resumption.faults()
    return whole


def _kill_until_it_ends(
    rig: Rig, campaign: Campaign, draw: random.Random, workers: list[Popen[bytes]], most: int, halts: list[str]
) -> int:
    """Kill processes until a campaign has ended; return how many, `most` of them. Each reason of a halt is added to `halts`."""
    killed = 0
    while killed < most:
        if all(worker.poll() is not None for worker in workers):
            raise RuntimeError("all workers have ended by themselves")
        time.sleep(draw.uniform(0.5, 2))
        killed += kill_one(draw, workers)
        progress = progress_of(campaign)
        if progress["finished_at"]:
            break
        if progress["halted"]:
            # A batch that was begun three times and never settled waits for a person.
            halts.append(progress["halted"])
            resume(campaign)
    return killed


def kill_one(draw: random.Random, workers: list[Popen[bytes]]) -> bool:
    """Kill a process of one of the workers, drawn at random; return False when none was there, as while a pool replaces them."""
    children = [child for worker in workers for child in _children(worker)]
    if not children:
        return False
    try:
        draw.choice(children).kill()
    except psutil.NoSuchProcess:
        return False
    return True


def _children(worker: Popen[bytes]) -> list[psutil.Process]:
    if worker.poll() is not None:
        # Its number may be another process's by now.
        return []
    try:
        return psutil.Process(worker.pid).children()
    except psutil.NoSuchProcess:
        return []


def _together(verdicts: list[Verdict]) -> Verdict:
    """Return one verdict with the sums of several campaigns to the same devices."""
    first, *others = verdicts
    for one in others:
        first.missed += one.missed
        first.doubled += one.doubled
        first.may_double += one.may_double
        first.wrongly_erased += one.wrongly_erased
        first.halted = first.halted or one.halted
        first.seconds = max(first.seconds, one.seconds)
        first.faults += one.faults
    return first


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
