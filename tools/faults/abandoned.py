"""Count the devices that may be sent to more than once: a claim ended without a settlement, or FCM gave no answer.

A trigger of the run's own database records each claim that another one replaces, and each settlement with devices of which it is
not certain, so that the bound for repeats is exact however many workers end. A claim that is replaced before its lease has ended
is none of these: its worker may still be sending, so the run fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from django.db import Error

from tools.faults.rig import execute

#: Seconds of a lease. Not read from the product, whose mistakes it is compared with.
LEASE: Final = 45


class ReplacedEarly(Exception):
    """A claim was replaced while its worker might still send under it."""


@contextmanager
def abandoned_claims() -> Iterator[Callable[[int], int]]:
    """Yield a function that returns how many devices of a campaign may have been sent to more than once.

    It raises ReplacedEarly where a claim was replaced less than LEASE after it began or was renewed, unless the run itself had
    ended its lease (`Rig.leases_end`).
    """
    _remove()
    execute("CREATE TABLE abandoned_claim (campaign bigint, devices integer, early boolean)")
    execute("CREATE TABLE begun_claim (batch bigint PRIMARY KEY, at timestamptz, ended_by_run boolean)")
    execute(
        f"""
        CREATE FUNCTION note_abandoned_claim() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state = 'claimed' AND (NEW.fence > OLD.fence OR NEW.state <> 'claimed') THEN
                INSERT INTO abandoned_claim
                SELECT w.campaign_id, CASE WHEN NEW.fence > OLD.fence
                    THEN OLD.size - OLD.accepted - OLD.rejected - OLD.unknown - OLD.skipped
                    ELSE cardinality(NEW.uncertain_tickets) END,
                    NEW.fence > OLD.fence AND EXISTS (
                        SELECT FROM begun_claim c
                        WHERE c.batch = OLD.id AND NOT c.ended_by_run AND now() < c.at + interval '{LEASE} s')
                FROM notifications_wave w WHERE w.id = OLD.wave_id;
            END IF;
            IF NEW.state = 'claimed' AND (NEW.fence > OLD.fence OR NEW.lease_until <> OLD.lease_until) THEN
                -- The product only extends leases.
                INSERT INTO begun_claim VALUES (NEW.id, now(), FALSE) ON CONFLICT (batch) DO UPDATE
                SET at = now(), ended_by_run = NEW.fence = OLD.fence AND NEW.lease_until < OLD.lease_until;
            END IF;
            RETURN NULL;
        END $$
        """
    )
    execute(
        """
        CREATE TRIGGER note_abandoned_claim AFTER UPDATE ON notifications_batch
        FOR EACH ROW WHEN (OLD.state = 'claimed' OR NEW.state = 'claimed')
        EXECUTE FUNCTION note_abandoned_claim()
        """
    )

    def devices(campaign: int) -> int:
        sums = "SELECT coalesce(sum(devices), 0), count(*) FILTER (WHERE early) FROM abandoned_claim WHERE campaign = %s"
        number, early = execute(sums, campaign)[0]
        if early:
            raise ReplacedEarly(f"{early} claims were replaced before their lease of {LEASE} s had ended")
        return int(number)

    try:
        yield devices
    finally:
        # A run that failed may have left no database; the next one begins with this.
        with suppress(Error):
            _remove()


def _remove() -> None:
    execute("DROP FUNCTION IF EXISTS note_abandoned_claim() CASCADE")
    execute("DROP TABLE IF EXISTS abandoned_claim, begun_claim")
