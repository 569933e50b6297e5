"""Find out that the database is an earlier state of itself, and hold all campaigns: more may have been sent than it records.

A dump in a new database, a standby or a point in time has another identity (`brake.IDENTITY_SQL`). A snapshot of the disk that
is put back has the same one, but a lower position in the write-ahead log than workers have seen. A dump that is restored in
place has the same one and a higher position, but fewer runs of the scheduler.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.db import connection, transaction

from core.models import User
from core.states import advance
from notifications.models.brake import IDENTITY_SQL, Brake, BrakeState
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import CampaignState

_RESTORED = "The database was restored or failed over. More may have been sent than it records."
#: What identifies the state of the database: identity, number of restores that were noticed, runs of the scheduler, position that
#: is on its disk. Of a server that crashes only what is not on its disk yet is lost; a run is, once it is committed.
STATE_SQL = f"""
    ({IDENTITY_SQL}), coalesce((SELECT restores FROM notifications_brake WHERE campaign_id IS NULL), 0),
    coalesce((SELECT runs FROM notifications_schedulerrun WHERE id = 1), 0)::bigint,
    CASE WHEN pg_is_in_recovery() THEN 0 ELSE pg_current_wal_flush_lsn() - '0/0'::pg_lsn END::bigint
"""  # noqa: S608

_logger = logging.getLogger(__name__)


class DatabaseState(NamedTuple):
    """How far a database has come. For one identity, nothing of it falls unless an earlier state is put back.

    A restore that was noticed is the exception: then `restores` is higher, and the rest counts from there.
    """

    identity: str
    restores: int
    runs: int
    position: int

    @classmethod
    def read(cls) -> DatabaseState:
        """Read the present state."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {STATE_SQL}")
            return cls(*cursor.fetchone())

    def is_at_least(self, other: DatabaseState) -> bool:
        """Return whether this is not an earlier state than `other`; True for another database."""
        if self.identity != other.identity or self.restores != other.restores:
            return self.identity != other.identity or self.restores > other.restores
        return self.runs >= other.runs and self.position >= other.position

    def or_later(self, other: DatabaseState) -> DatabaseState:
        """Return the later one of two states of the same restores, number by number; else this one."""
        if self[:2] != other[:2]:
            return self
        return self._replace(runs=max(self.runs, other.runs), position=max(self.position, other.position))


class LatestState:
    """The latest state of the database that this process has seen or heard of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: DatabaseState | None = None

    @property
    def latest(self) -> DatabaseState | None:
        """Return the latest state; None before the first."""
        return self._latest

    def note(self, state: DatabaseState, *, before: DatabaseState | None) -> bool:
        """Record a state; return False when it is earlier than `before`, the latest one when its query began.

        What another thread has recorded meanwhile says nothing: its query may have begun later and ended sooner.
        """
        if before is not None and not state.is_at_least(before):
            return False
        with self._lock:
            latest = self._latest
            if latest is None or latest.identity != state.identity or state.restores >= latest.restores:
                self._latest = state if latest is None else state.or_later(latest)
        return True

    @property
    def restores(self) -> int:
        """Return the number of restores in the latest state."""
        return self._latest.restores if self._latest else 0

    def as_message(self) -> list[str | int] | None:
        """Return the latest state for a message to another worker."""
        return list(self._latest) if self._latest else None

    def learn(self, message: Sequence[str | int] | None) -> None:
        """Take over the state that another worker has seen, if it is a later one of the same database."""
        if message is None or len(message) != len(DatabaseState._fields):
            return
        identity, *numbers = message
        state = DatabaseState(str(identity), *map(int, numbers))
        if self._latest is None or self._latest.identity == state.identity:
            self.note(state, before=None)


@cache
def _seen_by(process: int) -> LatestState:
    return LatestState()


def seen() -> LatestState:
    """Return what this process has seen of the database."""
    return _seen_by(os.getpid())


def hold_after_restore(*, at: datetime) -> bool:
    """Hold all campaigns in flight when this is an earlier or another state of the database; return whether they were held."""
    before = seen().latest
    known, present = Brake.objects.for_everything(), DatabaseState.read()
    earlier = not seen().note(present, before=before)
    if known.database == present.identity and not earlier:
        return False
    restores = max(known.restores, seen().restores) + 1
    with transaction.atomic():
        hold_in_flight(by=User.objects.system(), at=at, reason=_RESTORED)
        Brake.objects.filter(pk=known.pk).update(database=present.identity, restores=restores)
    _logger.error(_RESTORED)
    return True


@transaction.atomic
def hold_in_flight(*, by: User, at: datetime, reason: str) -> list[int]:
    """Hold every approved or sending campaign until a person releases it; return their ids."""
    held = []
    for campaign in Campaign.objects.filter(state__in=(CampaignState.APPROVED, CampaignState.SENDING)).order_by("id"):
        Brake.objects.pull(campaign, BrakeState.HELD, by=by, at=at)
        advance(campaign, CampaignState.HELD, by=by, at=at, reason=reason)
        held.append(campaign.pk)
    return held
