"""Workers and the beat end, or stand still."""

from __future__ import annotations

import os
import random
import signal
import time
from subprocess import Popen
from typing import TYPE_CHECKING

import psutil

from tools.bench.push import claims
from tools.faults.abandoned import abandoned_claims
from tools.faults.crash_points import POINTS
from tools.faults.rig import Rig, execute, progress_of, resume, until
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


def crash_points(rig: Rig) -> Verdict:
    """Kill a worker at each named instant of one campaign; in between another one sends a little and stops in order."""
    rig.beat()
    with abandoned_claims() as abandoned:
        campaign = rig.campaign()
        left_claimed = 0
        for name in POINTS:
            if "help" in name:
                # As of a wave that begins later: the help of this one was checked when its audience was frozen.
                execute("UPDATE notifications_wave SET help_checked_at = NULL")
            _dies_at(rig, name)
            if rig.claimed():
                # Were the same batch begun three times and never settled, the campaign would halt.
                claims.expire_leases()
                left_claimed += _send_a_little(rig, campaign)
        rig.worker()
        halted = rig.finish(campaign)
        verdict = rig.judge(campaign, halted, may_double=abandoned(campaign.pk), within=_usual(rig) + 40 * len(POINTS))
    verdict.counted = f"killed at {len(POINTS)} instants"
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


def _send_a_little(rig: Rig, campaign: Campaign) -> int:
    """Let a worker send slowly to a hundredth of the devices, and stop it; return how many devices are still claimed."""
    helper = rig.worker(FCM_MESSAGES_PER_MINUTE=str(rig.devices // 5))
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
    with abandoned_claims() as abandoned:
        while kills < wanted:
            campaign = rig.campaign()
            rig.under_way(campaign, 0.05)
            before = len(halts)
            kills += _kill_until_it_ends(rig, campaign, draw, workers, wanted - kills, halts)
            while reason := rig.finish(campaign, 600):
                halts.append(reason)
                resume(campaign)
            last = halts[-1] if len(halts) > before else ""
            verdict = rig.judge(campaign, last, may_double=abandoned(campaign.pk), within=900, expects_halt=bool(last))
            verdicts.append(verdict)
    whole = _together(verdicts)
    whole.counted = f"kills: {kills}; campaigns: {len(verdicts)}; resumed by a person: {len(halts)}"
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
