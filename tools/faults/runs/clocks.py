"""Clocks are wrong: the database's, a worker's or the beat's (by libfaketime, in that process alone)."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from tools.bench.push import records
from tools.faults.clock import WrongClock
from tools.faults.rig import Rig, execute, until
from tools.faults.verdict import Verdict

_HOUR = 3600.0


def database_forward(rig: Rig) -> Verdict:
    """Set PostgreSQL's clock forward by an hour. Leases seem over, so that what is under way may be repeated."""
    return _database_step(rig, _HOUR)


def database_back(rig: Rig) -> Verdict:
    """Set PostgreSQL's clock back by an hour. What was due stays due."""
    return _database_step(rig, -_HOUR)


def failover_ahead(rig: Rig) -> Verdict:
    """Kill PostgreSQL and start it again with its clock 20 s ahead, as on another machine."""
    rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign)
    held = rig.claimed()
    rig.kill_database()
    clock = _clock(rig)
    clock.set(20)
    rig.postgres.start_again(clock)
    try:
        halted = rig.finish(campaign)
    finally:
        _right_clock(rig)
    return rig.judge(campaign, halted, may_double=held, within=rig.seconds(120, 60) + 55)


def nothing_runs(rig: Rig) -> Verdict:
    """Let nothing run for two hours of the database's clock. What was due meanwhile is sent once, and what has ended is not."""
    from notifications.models import Campaign

    clock, now = _clock(rig), datetime.now(UTC)
    rig.stop_database()
    rig.postgres.start_again(clock)
    try:
        ended = records.create_campaign(at=now + timedelta(minutes=30), end=now + timedelta(minutes=90))
        campaign = rig.campaign(at=now + timedelta(minutes=30))
        rig.stop_database()
        clock.set(2 * _HOUR)
        rig.postgres.start_again(clock)
        for _ in range(2):
            rig.worker()
        rig.beat()
        halted = rig.finish(campaign)
        until(lambda: Campaign.objects.get(pk=ended.pk).state == "expired", 30, "the campaign that had ended was not closed")
        sent = rig.messages(ended)
    finally:
        _right_clock(rig)
    verdict = rig.judge(campaign, halted, within=rig.seconds(120, 60))
    verdict.counted = f"of a campaign that had ended meanwhile {sent} messages were sent"
    if sent:
        verdict.faults.append(f"{sent} messages of a campaign left after its end")
    return verdict


def workers_off(rig: Rig) -> Verdict:
    """Let one worker's clock be four minutes ahead of the beat's and the database's, and another's as far behind.

    FCM's token endpoint accepts five minutes (https://developers.google.com/identity/protocols/oauth2/service-account).
    """
    for number, seconds in enumerate((240, -240)):
        clock = WrongClock(rig.readable(f"worker-{number}"))
        clock.set(seconds)
        rig.worker(**clock.environment(threads=True))
    rig.beat()
    campaign = rig.campaign()
    halted = rig.finish(campaign)
    verdict = rig.judge(campaign, halted, within=rig.seconds(120, 60))
    taken = rig.processes.log().count("succeeded")
    if not taken or "Discarding" in rig.processes.log():
        verdict.faults.append(f"{taken} wake-ups were carried out, and some were dropped by a machine's clock")
    return verdict


def beat_steps(rig: Rig) -> Verdict:
    """Set the beat's clock back by an hour, and then forward: the timetable goes on, that of the upkeep too."""
    clock = WrongClock(rig.readable("beat"))
    rig.worker()
    rig.beat(**clock.environment(threads=True))
    _upkeep_is_sent(rig, "the beat did not start")
    clock.set(-_HOUR)
    time.sleep(2)
    campaign = rig.campaign()
    # Due each ten seconds.
    _upkeep_is_sent(rig, "the beat stood still after its clock was set back")
    clock.set(_HOUR)
    time.sleep(2)
    _upkeep_is_sent(rig, "the beat stood still after its clock was set forward")
    return rig.judge(campaign, rig.finish(campaign), within=rig.seconds(120, 60))


def _upkeep_is_sent(rig: Rig, trouble: str) -> None:
    """Wait until the beat has sent one more of the tasks that no worker does by itself."""
    line = "Sending due task sign-manifest"
    before = rig.processes.log().count(line)
    until(lambda: rig.processes.log().count(line) > before, 60, trouble)


def _database_step(rig: Rig, step: float) -> Verdict:
    clock = _clock(rig)
    rig.stop_database()
    rig.postgres.start_again(clock)
    try:
        rig.worker()
        campaign = rig.campaign()
        rig.under_way(campaign)
        held = rig.claimed()
        before = _now()
        clock.set(step)
        until(lambda: abs(_now() - before - step) < 60, 10, "PostgreSQL's clock did not change")
        # A batch may have been claimed since the first look.
        held = max(held, rig.claimed())
        halted = rig.finish(campaign)
    finally:
        _right_clock(rig)
    return rig.judge(campaign, halted, may_double=held, within=rig.seconds(120, 60) + 55)


def _now() -> float:
    return float(execute("SELECT extract(epoch FROM clock_timestamp())")[0][0])


def _clock(rig: Rig) -> WrongClock:
    return WrongClock(rig.readable("database"))


def _right_clock(rig: Rig) -> None:
    """Let PostgreSQL run by the machine's clock again."""
    rig.processes.end()
    rig.stop_database()
    rig.postgres.start_again()
