"""How many channels have no valid check, and how many will soon have none; counted in the database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connection

from content.assurance.queue import SOON_DAYS
from content.models.service_facts import Status
from content.terms import Role

_COUNT = """
    WITH dates AS (
        SELECT %(emergency)s = ANY(s.roles) AS emergency,
               (SELECT max(a.until) FROM content_assurance a WHERE a.revision_id = c.revision_id) AS until
        FROM content_channel c JOIN content_service s ON s.id = c.service_id
        WHERE s.status = %(active)s AND s.revision_id IS NOT NULL
    )
    SELECT count(*) FILTER (WHERE emergency AND (until IS NULL OR until < %(day)s)),
           count(*) FILTER (WHERE NOT emergency AND (until IS NULL OR until < %(day)s)),
           count(*) FILTER (WHERE until BETWEEN %(day)s AND %(day)s + %(days)s)
    FROM dates
"""


class CheckDates(NamedTuple):
    """Numbers of channels of active services."""

    #: Emergency numbers without a valid check, which are shown nevertheless.
    overdue_emergency: int
    #: Others without a valid check, which no release includes.
    expired: int
    #: Those whose check expires within `days`.
    soon: int
    days: int


def check_dates(*, at: datetime) -> CheckDates:
    """Return the numbers; one query."""
    with connection.cursor() as cursor:
        day = at.astimezone(UTC).date()
        cursor.execute(_COUNT, {"active": Status.ACTIVE, "emergency": Role.EMERGENCY, "day": day, "days": SOON_DAYS})
        overdue_emergency, expired, soon = cursor.fetchone()
    return CheckDates(overdue_emergency, expired, soon, SOON_DAYS)
