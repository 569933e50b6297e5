"""An earlier state of the database comes back: nobody is sent anything twice before a person has decided it."""

from __future__ import annotations

import time

from tools.faults.rig import Rig, execute, progress_of, resume, until
from tools.faults.verdict import Verdict


def snapshot_put_back(rig: Rig) -> Verdict:
    """Stop PostgreSQL in mid-campaign, put back a snapshot of its disk from the beginning of the campaign, and start it.

    It has the same identity and timeline. The workers remember how far its log had come.
    """
    snapshot = rig.readable("snapshot")
    rig.worker()
    campaign = rig.campaign()
    rig.under_way(campaign, 0.2)
    rig.stop_database()
    rig.postgres.copy_data(snapshot)
    rig.postgres.start_again()
    rig.goes_on(campaign, rig.devices // 4)
    rig.stop_database()
    rig.postgres.put_back(snapshot)
    # Requests of before the stop may still be on their way, and a permit lets a sender go on for its time.
    before = rig.messages_at_rest()
    rig.postgres.start_again()
    halted = rig.finish(campaign, 30)
    time.sleep(rig.seconds(10, 4))
    after = rig.emulator.counts()["messages"]
    recorded = _is_recorded(campaign.pk)
    said = progress_of(campaign)["state"]
    rig.leases_end()
    resume(campaign)
    until(lambda: bool(progress_of(campaign)["finished_at"]), 240, "the campaign did not end after a person resumed it")
    # The database has lost what was sent since: those devices get the same alert again, which replaces itself.
    verdict = rig.judge(campaign, halted, expects_halt=True, may_double=rig.devices, within=rig.seconds(180, 90) + 55)
    if after != before:
        verdict.faults.append(f"{after - before} messages left before a person resumed")
    if said != "held":
        verdict.faults.append(f"the campaign was {said}, not held")
    if not recorded:
        verdict.faults.append("there is no entry from which staff get a message")
    return verdict


def _is_recorded(campaign: int) -> bool:
    """Return whether the audit log, from which messages to staff are made, has an entry that the campaign is held."""
    from core.audit_verbs import Verb

    rows = execute("SELECT 1 FROM core_auditentry WHERE verb = %s AND row = %s LIMIT 1", str(Verb.CAMPAIGN_HELD), str(campaign))
    return bool(rows)
