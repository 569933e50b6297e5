"""Stop all sending from a restore of a dump until `restore_check` has passed, and hold every campaign for a person."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from core.models import User
from notifications.delivery import restores
from notifications.models.brake import Brake, BrakeState, database_identity

#: How the reason of the brake begins until the check has passed; what comes after it is the reason of an earlier stop.
UNCHECKED: Final = "The database was restored from a backup and is not checked yet: run manage.py restore_check. "
_HELD: Final = "The database was restored from a backup. More may have been sent than it records."


def restores_so_far() -> int:
    """Return how many restores of this database were noticed; 0 where there are no tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.notifications_brake') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute("SELECT coalesce(max(restores), 0) FROM notifications_brake WHERE campaign_id IS NULL")
        return int(cursor.fetchone()[0])


@transaction.atomic
def hold(*, before: int, at: datetime) -> list[int]:
    """Hold what was in flight in the dump, and stop all sending; return the ids of the campaigns that are held.

    `before` is the number of restores that were noticed in what was replaced: the new state counts as later than all of it.
    """
    brake = Brake.objects.for_everything()
    held = restores.hold_in_flight(by=User.objects.system(), at=at, reason=_HELD)
    earlier = brake.reason.removeprefix(UNCHECKED) if brake.state != BrakeState.GO else ""
    Brake.objects.filter(pk=brake.pk).update(
        state=BrakeState.HELD,
        reason=f"{UNCHECKED}{earlier}"[:300],
        database=database_identity(),
        restores=max(before, brake.restores) + 1,
    )
    return held


def release() -> bool:
    """End the stop that `hold` began, because the check has passed; return whether there was one. An earlier stop stays."""
    brake = Brake.objects.filter(campaign=None, state=BrakeState.HELD, reason__startswith=UNCHECKED).first()
    if brake is None:
        return False
    earlier = brake.reason.removeprefix(UNCHECKED)
    state = BrakeState.STOPPED if earlier else BrakeState.GO
    return Brake.objects.filter(pk=brake.pk, state=BrakeState.HELD).update(state=state, reason=earlier) == 1
