"""Release the claims of processes of this machine that have ended, before the end of their leases.

Only the end of a process is certain enough for that (core.process_locks): one that stands still or is cut off may still send. A
released claim is one whose lease has ended, in every respect: what may be done with its batch is decided where that is
(`batch.ABANDONED`, the scheduler), and what was under way may have been sent.
"""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import connection

from core import heartbeats
from core.process_locks import ProcessLocks

FOLDER = "holders"

_logger = logging.getLogger(__name__)

# By the number of the claim, too: software without this column claims a batch and leaves the holder before it in the row. A row
# that is locked is being settled, or comes with the next look. The wave keeps when its holder ended, because the network may
# still deliver what that had sent (`batch.EARLIER_ENDED`).
_RELEASE = """
    WITH held AS (
        SELECT id FROM notifications_batch
        WHERE state = 'claimed' AND holder = ANY(%s) AND holder_fence = fence AND lease_until > now()
        ORDER BY id FOR UPDATE SKIP LOCKED
    ), released AS (
        UPDATE notifications_batch b SET lease_until = now() FROM held WHERE b.id = held.id RETURNING b.wave_id
    ), noted AS (
        UPDATE notifications_wave w SET holder_ended_at = now() WHERE w.id IN (SELECT wave_id FROM released)
    )
    SELECT count(*) FROM released
"""


@cache
def _in_folder(folder: Path) -> ProcessLocks:
    return ProcessLocks(folder)


def _locks() -> ProcessLocks:
    """Return the locks in the folder that outlives containers, or else in that of the heartbeats."""
    return _in_folder(Path(settings.DATABASE_STATE_DIR or heartbeats.folder()) / FOLDER)


def own() -> UUID | None:
    """Return the id that this process's claims bear; None where only the end of their leases can release them."""
    return _locks().own()


def release_ended() -> int:
    """Release what processes of this machine held that have ended; return how many batches that were."""
    if not (ended := _locks().ended()):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, [ended])
        (released,) = cursor.fetchone()
    if released:
        _logger.warning("A process of a worker has ended. The batches that it held are claimed again: %s.", released)
    return int(released)
