"""Count the devices that may be sent to more than once: a claim ended without a settlement, or FCM gave no answer.

A trigger of the run's own database records each claim that another one replaces, and each settlement with devices of which it is
not certain, so that the bound for repeats is exact however many workers end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from django.db import Error

from tools.faults.rig import execute


@contextmanager
def abandoned_claims() -> Iterator[Callable[[int], int]]:
    """Yield a function that returns how many devices of a campaign may have been sent to more than once."""
    _remove()
    execute("CREATE TABLE abandoned_claim (campaign bigint, devices integer)")
    execute(
        """
        CREATE FUNCTION note_abandoned_claim() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            INSERT INTO abandoned_claim
            SELECT w.campaign_id, CASE WHEN NEW.fence > OLD.fence
                THEN OLD.size - OLD.accepted - OLD.rejected - OLD.unknown - OLD.skipped
                ELSE cardinality(NEW.uncertain_tickets) END
            FROM notifications_wave w WHERE w.id = OLD.wave_id;
            RETURN NULL;
        END $$
        """
    )
    execute(
        """
        CREATE TRIGGER note_abandoned_claim AFTER UPDATE ON notifications_batch
        FOR EACH ROW WHEN (OLD.state = 'claimed' AND (NEW.fence > OLD.fence OR NEW.state <> 'claimed'))
        EXECUTE FUNCTION note_abandoned_claim()
        """
    )

    def devices(campaign: int) -> int:
        return int(execute("SELECT coalesce(sum(devices), 0) FROM abandoned_claim WHERE campaign = %s", campaign)[0][0])

    try:
        yield devices
    finally:
        # A run that failed may have left no database; the next one begins with this.
        with suppress(Error):
            _remove()


def _remove() -> None:
    execute("DROP FUNCTION IF EXISTS note_abandoned_claim() CASCADE")
    execute("DROP TABLE IF EXISTS abandoned_claim")
