"""Count the devices that may be sent to more than once: a claim ended without a settlement, or FCM gave no answer.

A trigger of the run's own database records each claim that another one replaces, and each settlement with devices of which it is
not certain, so that the bound for repeats is exact however many workers end. A claim that is replaced before its lease has ended
is none of these, unless the process that made it has ended: it may still be sending, so the run fails. Whether the process has
ended is judged without the product, by the session with the database that made the claim.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from django.db import Error, connection

from tools.faults.rig import execute

#: Seconds of a lease. Not read from the product, whose mistakes it is compared with.
LEASE: Final = 45
#: Seconds within which another process takes up what one held that has ended.
RESUMED_WITHIN: Final = 10.0
#: Seconds within which the database ends the session of a process that has ended.
_SESSION_ENDS_WITHIN: Final = 1.0
#: Seconds between two looks for claims whose process has ended.
_INTERVAL: Final = 0.2


class ReplacedEarly(Exception):
    """A claim was replaced while its worker might still send under it."""


class AbandonedClaims:
    """What the triggers of a run have recorded so far."""

    def devices(self, campaign: int) -> int:
        """Return how many devices of a campaign may have been sent to more than once.

        It raises ReplacedEarly where a claim was replaced, or its lease cut short, less than LEASE after it began or was renewed,
        while the session that made it went on.
        """
        sums = "SELECT coalesce(sum(devices), 0), count(*) FILTER (WHERE early) FROM abandoned_claim WHERE campaign = %s"
        number, early = execute(sums, campaign)[0]
        if early:
            raise ReplacedEarly(
                f"{early} claims were replaced before their lease of {LEASE} s had ended, and their process had not ended"
            )
        return int(number)

    def orphans(self) -> set[tuple[int, int]]:
        """Return the claims (batch, fence) that nobody may take up yet although the process that made them has ended."""
        rows = execute(
            """
            SELECT b.id, b.fence FROM notifications_batch b JOIN begun_claim c ON c.batch = b.id
            WHERE b.state = 'claimed' AND b.lease_until > now() AND NOT EXISTS (
                SELECT FROM pg_stat_activity a WHERE a.pid = c.session AND a.backend_start = c.session_since)
            """
        )
        return {(batch, fence) for batch, fence in rows}


@contextmanager
def abandoned_claims() -> Iterator[AbandonedClaims]:
    """Record the claims that are replaced and the settlements without certainty, until the end of the context."""
    _remove()
    execute("CREATE TABLE abandoned_claim (campaign bigint, devices integer, early boolean)")
    execute(
        """
        CREATE TABLE begun_claim (
            batch bigint PRIMARY KEY, at timestamptz, session integer, session_since timestamptz, has_ended boolean)
        """
    )
    execute(
        f"""
        CREATE FUNCTION is_early(of_batch bigint) RETURNS boolean LANGUAGE plpgsql AS $$
        DECLARE claim begun_claim; deadline timestamptz := clock_timestamp() + interval '{_SESSION_ENDS_WITHIN} s';
        BEGIN
            SELECT * INTO claim FROM begun_claim c
            WHERE c.batch = of_batch AND NOT c.has_ended AND now() < c.at + interval '{LEASE} s';
            IF NOT FOUND THEN RETURN FALSE; END IF;
            WHILE clock_timestamp() < deadline LOOP
                PERFORM pg_stat_clear_snapshot();
                IF NOT EXISTS (
                    SELECT FROM pg_stat_activity a WHERE a.pid = claim.session AND a.backend_start = claim.session_since
                ) THEN RETURN FALSE; END IF;
                PERFORM pg_sleep(0.02);
            END LOOP;
            RETURN TRUE;
        END $$
        """
    )
    execute(
        """
        CREATE FUNCTION note_abandoned_claim() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF OLD.state = 'claimed' AND (NEW.fence > OLD.fence OR NEW.state <> 'claimed') THEN
                INSERT INTO abandoned_claim
                SELECT w.campaign_id, CASE WHEN NEW.fence > OLD.fence
                    THEN OLD.size - OLD.accepted - OLD.rejected - OLD.unknown - OLD.skipped
                    ELSE cardinality(NEW.uncertain_tickets) END,
                    NEW.fence > OLD.fence AND is_early(OLD.id)
                FROM notifications_wave w WHERE w.id = OLD.wave_id;
            END IF;
            IF NEW.state = 'claimed' AND (NEW.fence > OLD.fence OR NEW.lease_until > OLD.lease_until) THEN
                INSERT INTO begun_claim
                SELECT NEW.id, now(), a.pid, a.backend_start, FALSE FROM pg_stat_get_activity(pg_backend_pid()) a
                ON CONFLICT (batch) DO UPDATE
                SET at = EXCLUDED.at, session = EXCLUDED.session, session_since = EXCLUDED.session_since, has_ended = FALSE;
            ELSIF NEW.state = 'claimed' AND NEW.lease_until < OLD.lease_until THEN
                -- Cut short: right only where the process has ended.
                INSERT INTO abandoned_claim
                SELECT w.campaign_id, 0, TRUE FROM notifications_wave w WHERE w.id = OLD.wave_id AND is_early(OLD.id);
                UPDATE begun_claim SET has_ended = TRUE WHERE batch = OLD.id;
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
    try:
        yield AbandonedClaims()
    finally:
        # A run that failed may have left no database; the next one begins with this.
        with suppress(Error):
            _remove()


def _remove() -> None:
    execute("DROP FUNCTION IF EXISTS note_abandoned_claim() CASCADE")
    execute("DROP FUNCTION IF EXISTS is_early(bigint)")
    execute("DROP TABLE IF EXISTS abandoned_claim, begun_claim")


class Resumption:
    """For how long the claims of processes that have ended keep others from their batches; use it as a context manager."""

    def __init__(self, claims: AbandonedClaims) -> None:
        self._claims = claims
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="resumption", daemon=True)
        #: By (batch, fence): since when it has been seen, on the clock of time.monotonic.
        self._since: dict[tuple[int, int], float] = {}
        #: How many such claims there were, and the most seconds that one took.
        self.seen, self.longest = 0, 0.0

    def __enter__(self) -> Resumption:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(timeout=30)

    def faults(self) -> list[str]:
        """Return in a sentence that a claim outlasted its process for too long; nothing if none did."""
        if self.longest <= RESUMED_WITHIN:
            return []
        return [f"a claim was kept for {self.longest:.0f} s after its process had ended, longer than {RESUMED_WITHIN:.0f} s"]

    def _run(self) -> None:
        while not self._over.wait(_INTERVAL):
            try:
                self._note(self._claims.orphans())
            except Error:
                # The database is away, which says nothing about the workers.
                connection.close()
        connection.close()

    def _note(self, orphans: set[tuple[int, int]]) -> None:
        now = time.monotonic()
        self.seen += len(orphans - self._since.keys())
        self._since = {claim: self._since.get(claim, now) for claim in orphans}
        self.longest = max([self.longest, *(now - since for since in self._since.values())])
