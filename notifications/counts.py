"""What became of a campaign so far, in numbers that add up."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection

from notifications.definition import rfc3339
from notifications.models.campaign import Campaign, most_marked
from notifications.models.campaign_state import CampaignState
from notifications.models.quota import Quota

#: Outcomes in a tally that are no reason of a rejection.
_NOT_REASONS = ("accepted", "unknown")

# One statement and so one snapshot: what is folded stands in the campaign, the rest in its batches, nothing in both.
_SNAPSHOT = """
    WITH live AS (
        SELECT b.* FROM notifications_batch b JOIN notifications_wave w ON w.id = b.wave_id WHERE w.campaign_id = %(id)s
    ), reasons AS (
        SELECT outcome.key, sum(outcome.value::bigint) AS total
        FROM (SELECT tally FROM live UNION ALL SELECT tally FROM notifications_campaign WHERE id = %(id)s) tallies,
             jsonb_each(tallies.tally) AS message, jsonb_each_text(message.value) AS outcome
        GROUP BY outcome.key
    )
    SELECT c.state, c.reason, c.fingerprint, c.devices, c.gone, c.started_at, c.finished_at,
           c.accepted + coalesce(l.accepted, 0), c.unknown + coalesce(l.unknown, 0), c.skipped + coalesce(l.skipped, 0),
           coalesce(l.pending, 0), l.ready_at, (SELECT coalesce(jsonb_object_agg(key, total), '{}') FROM reasons), now()
    FROM notifications_campaign c, (
        SELECT sum(accepted) AS accepted, sum(unknown) AS unknown, sum(skipped) AS skipped,
               sum(n - accepted - rejected - unknown - skipped) AS pending,
               min(ready_at) FILTER (WHERE state = 'open') AS ready_at
        FROM live
    ) l
    WHERE c.id = %(id)s
"""


def of(campaign: Campaign) -> dict[str, Any]:
    """Return what `campaign status` prints; devices = accepted + rejected + unknown + pending + skipped at every instant."""
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, {"id": campaign.pk})
        state, reason, fingerprint, devices, gone, started_at, finished_at, *counted = cursor.fetchone()
    accepted, unknown, skipped, pending, ready_at, outcomes, now = counted
    rejected = {name: int(total) for name, total in sorted(json.loads(outcomes).items()) if name not in _NOT_REASONS}
    waiting = None
    if state == CampaignState.SENDING and pending:
        blocked = Quota.objects.filter(project__in=campaign.waves.values("project"), blocked_until__gt=now).first()
        if blocked is not None and blocked.blocked_until is not None:
            waiting = f"{blocked.reason} Trying again at {rfc3339(blocked.blocked_until)}."
        elif ready_at is not None and ready_at > now:
            waiting = f"Nothing is due before {rfc3339(ready_at)}."
    return {
        "id": campaign.pk,
        "state": state,
        "fingerprint": fingerprint or None,
        "devices": devices,
        "accepted": int(accepted),
        "rejected": rejected,
        "unknown": int(unknown),
        "pending": int(pending),
        "skipped": int(skipped),
        "started_at": rfc3339(started_at) if started_at else None,
        "finished_at": rfc3339(finished_at) if finished_at else None,
        "halted": reason if state in (CampaignState.HALTED, CampaignState.HELD) else None,
        "waiting": waiting,
        "notice": _too_many_gone(gone, devices),
    }


def _too_many_gone(gone: int, devices: int) -> str | None:
    """Say when FCM called so many gone that a person should look, else None."""
    most = most_marked(devices)
    if gone <= most:
        return None
    return (
        f"FCM calls {gone} installations gone, more than is usual: {most} were taken off the list at the most, the others stay. "
        "See whether the Firebase project is the right one."
    )
