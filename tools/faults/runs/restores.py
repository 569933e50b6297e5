"""An earlier state of the database comes back: nobody is sent anything twice before a person has decided it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from tools.faults.proxy import DelayingProxy
from tools.faults.rig import Rig, execute, progress_of, resume, until
from tools.faults.verdict import Verdict

if TYPE_CHECKING:
    from notifications.models import Campaign


def snapshot_put_back(rig: Rig) -> Verdict:
    """Stop PostgreSQL in mid-campaign, put back a snapshot of its disk from the beginning of the campaign, and start it.

    It has the same identity and timeline. The workers remember how far its log had come.
    """
    rig.worker()
    campaign, snapshot = _snapshot(rig)
    rig.stop_database()
    rig.postgres.put_back(snapshot)
    # Requests of before the stop may still be on their way, and a permit lets a sender go on for its time.
    before = rig.messages_at_rest()
    rig.postgres.start_again()
    return _held_until_a_person_resumes(rig, campaign, before)


def snapshot_all_stopped(rig: Rig) -> Verdict:
    """Put back a snapshot while no worker is running, and empty the broker: only the file outside the database knows more."""
    folder = _state_folder(rig)
    worker = rig.worker(DATABASE_STATE_DIR=folder)
    campaign, snapshot = _snapshot(rig)
    rig.processes.stop(worker)
    rig.stop_database()
    rig.postgres.put_back(snapshot)
    rig.broker.empty()
    before = rig.messages_at_rest()
    rig.postgres.start_again()
    rig.worker(DATABASE_STATE_DIR=folder)
    return _held_until_a_person_resumes(rig, campaign, before)


def dump_in_place(rig: Rig) -> Verdict:
    """Restore a dump into the very same database with pg_restore --clean, while no worker is running; empty the broker.

    Identity, timeline and position of the log say nothing about it. The number of the scheduler's runs does.
    """
    folder, dump = _state_folder(rig), rig.readable("dump")
    # Slowly: the scheduler has to run some times more in mid-campaign.
    worker = rig.worker(DATABASE_STATE_DIR=folder, FCM_MESSAGES_PER_MINUTE=str(4 * rig.devices))
    campaign = rig.campaign()
    rig.under_way(campaign, 0.2)
    rig.postgres.dump(dump, rig.database())
    rig.goes_on(campaign, rig.devices // 4)
    rig.processes.stop(worker)
    rig.postgres.restore_in_place(dump, rig.database())
    rig.broker.empty()
    before = rig.messages_at_rest()
    rig.worker(DATABASE_STATE_DIR=folder)
    return _held_until_a_person_resumes(rig, campaign, before)


def point_in_time(rig: Rig) -> Verdict:
    """Recover PostgreSQL to an instant in mid-campaign, while no worker is running; empty the broker.

    It starts from a base backup of before the campaign and follows the archived log. Nothing outside the database knows more
    here: the workers have no folder, and the new timeline alone says that this is another state.
    """
    archive, base = rig.readable(f"archive-{time.monotonic_ns()}"), rig.readable("base")
    rig.stop_database()
    rig.postgres.start_again(options=rig.postgres.new_archive(archive))
    rig.postgres.base_backup(base)
    worker = rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.2)
    instant = execute("SELECT clock_timestamp()::text")[0][0]
    rig.goes_on(campaign, rig.devices // 4)
    rig.processes.stop(worker)
    # A server that is stopped in order archives the rest of its log first.
    rig.stop_database()
    rig.postgres.recover(base, archive, until=instant)
    rig.broker.empty()
    before = rig.messages_at_rest()
    until(lambda: execute("SELECT pg_is_in_recovery()") == [(False,)], 60, "PostgreSQL did not end its recovery")
    rig.worker()
    return _held_until_a_person_resumes(rig, campaign, before)


def standby_promoted(rig: Rig) -> Verdict:
    """Kill PostgreSQL in mid-campaign, promote the standby that streams from it, and let the same worker go on with that.

    The standby may lack the last moment. It has the same identity and another timeline.
    """
    standby = rig.postgres.start_standby(rig.readable(f"standby-{time.monotonic_ns()}"))
    proxy = DelayingProxy(rig.postgres.port, delay=0.0)
    try:
        rig.worker(DATABASE_URL=rig.processes.environment["DATABASE_URL"].replace(f":{rig.postgres.port}/", f":{proxy.port}/"))
        campaign = rig.campaign()
        rig.under_way(campaign, 0.3)
        rig.kill_database()
        before = rig.messages_at_rest()
        standby.promote()
        with rig.repointed(standby.port):
            proxy.target = ("127.0.0.1", standby.port)
            return _held_until_a_person_resumes(rig, campaign, before)
    finally:
        rig.processes.end()
        rig.end_watch()
        proxy.stop()
        standby.stop()


def no_base_backup(rig: Rig) -> str:
    """Return why no standby can be made, or ""."""
    return "" if rig.postgres.has_program("pg_basebackup") else "this PostgreSQL comes without pg_basebackup"


def no_pg_restore(rig: Rig) -> str:
    """Return why no dump can be restored, or ""."""
    return "" if rig.postgres.has_program("pg_restore") else "this PostgreSQL comes without pg_restore"


def _state_folder(rig: Rig) -> str:
    """Return a new folder for the workers' file."""
    return str(rig.readable(f"state-{time.monotonic_ns()}"))


def _snapshot(rig: Rig) -> tuple[Campaign, Path]:
    """Begin a campaign, take a snapshot of the disk in it, and send more; return both."""
    snapshot = rig.readable("snapshot")
    campaign = rig.campaign()
    rig.under_way(campaign, 0.2)
    rig.stop_database()
    rig.postgres.copy_data(snapshot)
    rig.postgres.start_again()
    rig.goes_on(campaign, rig.devices // 4)
    return campaign, snapshot


def _held_until_a_person_resumes(rig: Rig, campaign: Campaign, before: int) -> Verdict:
    """Check that no message has left since there were `before`, let a person resume, and return the verdict."""
    rig.says("restored")
    halted = rig.finish(campaign, 60)
    time.sleep(rig.seconds(10, 4))
    after = rig.emulator.counts()["messages"]
    recorded = _is_recorded(campaign.pk)
    known = progress_of(campaign)
    # What was sent since is recorded nowhere: those devices get the same alert again, which replaces itself.
    forgotten = before - known["accepted"]
    rig.leases_end()
    resume(campaign)
    until(lambda: bool(progress_of(campaign)["finished_at"]), 240, "the campaign did not end after a person resumed it")
    verdict = rig.judge(campaign, halted, expects_halt=True, may_double=forgotten, within=rig.seconds(180, 90) + 85)
    if after != before:
        verdict.faults.append(f"{after - before} messages left before a person resumed")
    if known["state"] != "held":
        verdict.faults.append(f"the campaign was {known['state']}, not held")
    if not recorded:
        verdict.faults.append("there is no entry from which staff get a message")
    return verdict


def _is_recorded(campaign: int) -> bool:
    """Return whether the audit log, from which messages to staff are made, has an entry that the campaign is held."""
    from core.audit_verbs import Verb

    rows = execute("SELECT 1 FROM core_auditentry WHERE verb = %s AND row = %s LIMIT 1", str(Verb.CAMPAIGN_HELD), str(campaign))
    return bool(rows)
