"""PostgreSQL ends, refuses writes, or makes them wait."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg

from tools.bench.push import records
from tools.bench.push.celery_processes import end_connections
from tools.faults.rig import Rig, execute, progress_of, resume, until
from tools.faults.verdict import Verdict

if TYPE_CHECKING:
    from notifications.models import Campaign

#: Seconds of a lease, after which a batch is claimed again whose worker could not give it back.
LEASE = 45 + 10
#: The most seconds between the answer to an approval and the crash that follows it.
ANSWERED_BEFORE = 0.02


def killed(rig: Rig) -> Verdict:
    """Kill PostgreSQL with all its processes. Outcomes are written after its recovery."""
    rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign)
    held = rig.claimed()
    rig.kill_database()
    time.sleep(rig.seconds(10, 3))
    rig.postgres.start_again()
    return rig.judge(campaign, rig.finish(campaign), may_double=held, within=rig.seconds(120, 60) + LEASE)


def approvals(rig: Rig) -> Verdict:
    """Kill PostgreSQL right after approvals were answered with success, and in the middle of others. Then send a campaign."""
    tomorrow, draw = datetime.now(UTC) + timedelta(days=1), random.Random(23)
    usual = _seconds_of_an_approval(tomorrow)
    crashes = 8 if rig.quick else 100
    after, meanwhile = _Crashes(rig, tomorrow), _Crashes(rig, tomorrow)
    for _ in range(crashes):
        after.crash(draw.uniform(0, ANSWERED_BEFORE), answered_first=True)
        meanwhile.crash(draw.uniform(0, usual), answered_first=False)
    rig.worker()
    campaign = rig.campaign()
    verdict = rig.judge(campaign, rig.finish(campaign), within=rig.seconds(180, 120))
    lost, wrong = after.lost + meanwhile.lost, after.wrong | meanwhile.wrong
    verdict.counted = (
        f"{crashes} crashes at most {ANSWERED_BEFORE * 1000:.0f} ms after an approval was answered with success, and {crashes} "
        f"during one, of which {meanwhile.answered} had been answered; {lost} lost"
    )
    if lost:
        verdict.faults.append(f"{lost} of {after.answered + meanwhile.answered} approvals were answered with success and lost")
    if wrong:
        verdict.faults.append(f"after a crash campaigns were {', '.join(sorted(wrong))}")
    if after.answered != crashes:
        verdict.faults.append(f"{crashes - after.answered} approvals before a crash were not answered with success")
    if meanwhile.answered == crashes:
        verdict.faults.append("no crash met an approval")
    return verdict


class _Crashes:
    """Approvals that PostgreSQL is killed after or during, one each."""

    def __init__(self, rig: Rig, due: datetime) -> None:
        self._rig, self._due = rig, due
        self.answered = self.lost = 0
        #: States in which no campaign may be after the crash.
        self.wrong: set[str] = set()

    def crash(self, seconds: float, *, answered_first: bool) -> None:
        """Approve a campaign, and kill PostgreSQL so many seconds after the approval was answered, or else was begun."""
        campaign = records.submit_campaign(at=self._due)
        answered = threading.Event()
        approving = threading.Thread(target=_approve, args=[campaign, answered])
        approving.start()
        if answered_first:
            answered.wait(60)
        time.sleep(seconds)
        was_answered = answered.is_set()
        self._rig.kill_database()
        approving.join(60)
        self._rig.postgres.start_again()
        (state,) = execute("SELECT state FROM notifications_campaign WHERE id = %s", campaign.pk)[0]
        self.answered += was_answered
        # Also one that was answered while PostgreSQL was being killed.
        self.lost += answered.is_set() and state != "approved"
        if state not in ("submitted", "approved"):
            self.wrong.add(state)


def _seconds_of_an_approval(at: datetime) -> float:
    """Return how long an approval takes here without a crash."""
    # The first one also creates the staff.
    records.approve_campaign(records.submit_campaign(at=at))
    campaign = records.submit_campaign(at=at)
    began = time.monotonic()
    records.approve_campaign(campaign)
    return time.monotonic() - began


def _approve(campaign: Campaign, answered: threading.Event) -> None:
    from django.db import Error, connection

    try:
        records.approve_campaign(campaign)
        answered.set()
    except Error:
        return
    finally:
        connection.close()


def connections_ended(rig: Rig) -> Verdict:
    """End all connections of the workers, again and again."""
    rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.2)
    for _ in range(3 if rig.quick else 10):
        end_connections()
        time.sleep(0.7)
    return rig.judge(campaign, rig.finish(campaign), within=rig.seconds(120, 60) + LEASE)


def read_only(rig: Rig) -> Verdict:
    """Let PostgreSQL refuse all writes for ten seconds. Nothing is repeated: outcomes wait in the worker."""
    rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign)
    with _read_only_database():
        began = time.monotonic()
        rig.says("read-only")
        time.sleep(max(0.0, began + rig.seconds(10, 5) - time.monotonic()))
    return rig.judge(campaign, rig.finish(campaign), within=rig.seconds(120, 60) + LEASE)


def failing_write(rig: Rig) -> Verdict:
    """Let a trigger refuse the outcomes of one batch for longer than its lease. All others are settled meanwhile."""
    rig.worker()
    with _outcomes_refused():
        campaign = rig.campaign()
        rig.under_way(campaign)
        rig.says("does not take the outcomes")
        until(lambda: _open_batches() == 1, rig.seconds(120, 60), "the other batches were not settled")
        time.sleep(rig.seconds(60, 8))
        halted_before = progress_of(campaign)["halted"]
    verdict = rig.judge(campaign, rig.finish(campaign), within=rig.seconds(120, 60))
    if halted_before:
        verdict.faults.append(f"halted: {halted_before}")
    return verdict


def locked_campaign(rig: Rig) -> Verdict:
    """Lock the campaign's row while devices of it are gone. Its batches are settled, and another campaign begins and ends."""
    rig.emulator.plan([{"match": {"every": 50}, "answer": "UNREGISTERED"}])
    rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.2)
    with _other_session() as session:
        session.execute("SELECT 1 FROM notifications_campaign WHERE id = %s FOR UPDATE", [campaign.pk])
        began = time.monotonic()
        other = records.create_campaign()
        until(lambda: rig.messages(other) >= rig.devices // 2, rig.seconds(90, 60), "the other campaign was not sent")
        time.sleep(max(0.0, began + rig.seconds(60, 5) - time.monotonic()))
        session.rollback()
    halted = rig.finish(campaign)
    gone = rig.emulator.counts(alert=str(campaign.pk))["by_answer"].get("UNREGISTERED", 0)
    gone += rig.emulator.counts(alert=str(other.pk))["by_answer"].get("UNREGISTERED", 0)
    return rig.judge(campaign, halted, may_erase=gone, within=rig.seconds(150, 90))


def resume_and_settle(rig: Rig) -> Verdict:
    """Pause and resume while batches with gone devices are settled: both lock the campaign and its batches."""
    from datetime import UTC, datetime

    from django.db import OperationalError

    from notifications.campaigns import lifecycle

    rig.emulator.plan([{"match": {"every": 50}, "answer": "UNREGISTERED"}])
    rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.1)
    deadlocks = 0
    for _ in range(6 if rig.quick else 18):
        try:
            campaign.refresh_from_db()
            lifecycle.pause(campaign, by=records.staff()[1], at=datetime.now(UTC))
            time.sleep(0.1)
            resume(campaign)
        except OperationalError:
            deadlocks += 1
        time.sleep(0.2)
    halted = rig.finish(campaign)
    gone = rig.emulator.counts(alert=str(campaign.pk))["by_answer"].get("UNREGISTERED", 0)
    verdict = rig.judge(campaign, halted, may_erase=gone, within=rig.seconds(150, 90))
    if deadlocks:
        verdict.faults.append(f"{deadlocks} deadlocks")
    return verdict


def through_pgbouncer(rig: Rig) -> Verdict:
    """Send with two workers through a pool of five connections, each given out for one transaction."""
    pooled = rig.pooler(rig.database())
    rig.worker(DATABASE_URL=pooled)
    rig.worker(DATABASE_URL=pooled)
    rig.beat(DATABASE_URL=pooled)
    campaign = rig.campaign()
    return rig.judge(campaign, rig.finish(campaign), within=rig.seconds(120, 60))


@contextmanager
def _read_only_database() -> Iterator[None]:
    from django.db import connection

    name = connection.settings_dict["NAME"]
    execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    end_connections()
    try:
        connection.close()
        yield
    finally:
        connection.close()
        execute("SET default_transaction_read_only = off")
        execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        end_connections()
        connection.close()


@contextmanager
def _outcomes_refused() -> Iterator[None]:
    """Refuse the settlement of the first batch that is claimed and is no canary."""
    execute(
        """
        CREATE FUNCTION refuse_outcomes() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT NEW.canary AND NEW.accepted > OLD.accepted AND NEW.id = (
                SELECT min(b.id) FROM notifications_batch b WHERE b.wave_id = NEW.wave_id AND NOT b.canary)
            THEN RAISE EXCEPTION 'outcomes are refused on purpose'; END IF;
            RETURN NEW;
        END $$
        """
    )
    execute("CREATE TRIGGER refuse_outcomes BEFORE UPDATE ON notifications_batch FOR EACH ROW EXECUTE FUNCTION refuse_outcomes()")
    try:
        yield
    finally:
        execute("DROP FUNCTION refuse_outcomes() CASCADE")


def _open_batches() -> int:
    """Return how many batches have no outcome yet, once a campaign is frozen; 0 before."""
    return int(execute("SELECT count(*) FROM notifications_batch WHERE state <> 'done'")[0][0])


@contextmanager
def _other_session() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    from django.db import connection

    given = connection.settings_dict
    with psycopg.connect(
        host=given["HOST"], port=given["PORT"], dbname=given["NAME"], user=given["USER"], password=given["PASSWORD"]
    ) as session:
        yield session
