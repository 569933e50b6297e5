"""The database is far away: everything is slower, and nothing stands still."""

from __future__ import annotations

from tools.faults.proxy import DelayingProxy
from tools.faults.rig import Rig
from tools.faults.verdict import Verdict


def of_200_ms(rig: Rig) -> Verdict:
    """Send with 200 ms to the database and back."""
    return _away(rig, 0.2)


def of_400_ms(rig: Rig) -> Verdict:
    """Send with 400 ms to the database and back."""
    return _away(rig, 0.4)


def of_800_ms(rig: Rig) -> Verdict:
    """Send with 800 ms to the database and back."""
    return _away(rig, 0.8)


def _away(rig: Rig, round_trip: float) -> Verdict:
    from notifications.delivery.left_out import SLOW_DATABASE

    # Some thirty statements before the first message, and eight for each of the 21 batches.
    within = 60 + 400 * round_trip
    proxy = DelayingProxy(rig.postgres.port, delay=round_trip / 2)
    try:
        here, there = f":{rig.postgres.port}/", f":{proxy.port}/"
        database = rig.processes.environment["DATABASE_URL"].replace(here, there)
        # With FCM's default quota, whose batches are of 500: nothing has to happen in the middle.
        rig.worker(DATABASE_URL=database, FCM_MESSAGES_PER_MINUTE="600000")
        campaign = rig.campaign()
        halted = rig.finish(campaign, within + 120)
    finally:
        rig.processes.end()
        proxy.stop()
    verdict = rig.judge(campaign, halted, within=within)
    if round_trip > SLOW_DATABASE and not rig.has_said("sends slowly: the database takes"):
        verdict.faults.append("the page did not say that the database takes long to answer")
    return verdict
