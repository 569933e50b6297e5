"""What became of a campaign so far, in numbers that add up."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from notifications.campaigns.definition import rfc3339
from notifications.models.batch import Batch
from notifications.models.campaign import Campaign, most_marked
from notifications.models.campaign_state import CampaignState
from notifications.models.quota import Quota, limit

#: Outcomes in a tally that are no reason of a rejection.
_NOT_REASONS = ("accepted", "unknown")

# One statement and so one snapshot: what is folded stands in the campaign, the rest in its batches, nothing in both. Devices and
# topics apart: one row each, of which a tally tells by its message, since only those to topics have no platform.
_SNAPSHOT = """
    WITH live AS (
        SELECT b.*, w.by_topic FROM notifications_batch b JOIN notifications_wave w ON w.id = b.wave_id
        WHERE w.campaign_id = %(id)s
    ), reasons AS (
        SELECT m.platform = '' AS by_topic, outcome.key, sum(outcome.value::bigint) AS total
        FROM (SELECT tally FROM live UNION ALL SELECT tally FROM notifications_campaign WHERE id = %(id)s) tallies,
             jsonb_each(tallies.tally) AS message, jsonb_each_text(message.value) AS outcome, notifications_message m
        WHERE m.campaign_id = %(id)s AND m.id::text = message.key
        GROUP BY 1, 2
    ), folded (by_topic, n, accepted, unknown, skipped) AS (
        SELECT false, devices, accepted, unknown, skipped FROM notifications_campaign WHERE id = %(id)s
        UNION ALL
        SELECT true, topics, topics_accepted, topics_unknown, topics_skipped FROM notifications_campaign WHERE id = %(id)s
    )
    SELECT f.n, f.accepted + coalesce(l.accepted, 0), f.unknown + coalesce(l.unknown, 0), f.skipped + coalesce(l.skipped, 0),
           coalesce(l.pending, 0), l.ready_at,
           (SELECT coalesce(jsonb_object_agg(key, total), '{}') FROM reasons r WHERE r.by_topic = f.by_topic),
           c.state, c.reason, c.fingerprint, c.gone, c.started_at, c.finished_at, now()
    FROM notifications_campaign c, folded f LEFT JOIN (
        SELECT by_topic, sum(accepted) AS accepted, sum(unknown) AS unknown, sum(skipped) AS skipped,
               sum(n - accepted - rejected - unknown - skipped) AS pending,
               min(ready_at) FILTER (WHERE state = 'open') AS ready_at
        FROM live GROUP BY by_topic
    ) l ON l.by_topic = f.by_topic
    WHERE c.id = %(id)s ORDER BY f.by_topic
"""


def progress_of(campaign: Campaign) -> dict[str, Any]:
    """Return what `campaign status` prints; devices = accepted + rejected + unknown + pending + skipped at every instant.

    Topics add up in the same way, apart; FCM tells nothing of the phones behind one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, {"id": campaign.pk})
        of_devices, of_topics = cursor.fetchall()
    state, reason, fingerprint, gone, started_at, finished_at, now = of_devices[7:]
    devices, topics = _outcomes("devices", of_devices), _outcomes("topics", of_topics)
    waiting = None
    if state == CampaignState.SENDING and devices["pending"] + topics["pending"]:
        ready_at = min((row[5] for row in (of_devices, of_topics) if row[5] is not None), default=None)
        waiting = _waiting(campaign, ready_at, now)
    return {
        "id": campaign.pk,
        "state": state,
        "fingerprint": fingerprint or None,
        **devices,
        "topics": topics if topics["topics"] else None,
        "started_at": rfc3339(started_at) if started_at else None,
        "finished_at": rfc3339(finished_at) if finished_at else None,
        "halted": reason if state in (CampaignState.HALTED, CampaignState.HELD) else None,
        "waiting": waiting,
        "notice": _too_many_gone(gone, devices["devices"]),
    }


def _waiting(campaign: Campaign, ready_at: datetime | None, now: datetime) -> str | None:
    """Say what a campaign that is sending waits for, or what holds it up; None when it goes as fast as it may."""
    quotas = Quota.objects.filter(project__in=campaign.waves.values("project")).order_by("project")
    for quota in quotas:
        if quota.blocked_until is not None and quota.blocked_until > now:
            return f"{quota.reason} Trying again at {rfc3339(quota.blocked_until)}."
    if ready_at is not None and ready_at > now:
        return f"Nothing is due before {rfc3339(ready_at)}."
    if Batch.objects.unjudged(campaign):
        return "The first installations of a wave are tried before the others."
    slowest = min((quota.rate / limit() for quota in quotas), default=1.0)
    return f"FCM is slow or overloaded: sending at {slowest:.0%} of the usual rate." if slowest < 1 else None


def _outcomes(of_what: str, row: Sequence[Any]) -> dict[str, Any]:
    """Return the counts of one row of the snapshot; the first number is named after what is counted."""
    number, accepted, unknown, skipped, pending, _, tally = row[:7]
    return {
        of_what: number,
        "accepted": int(accepted),
        "rejected": {name: int(total) for name, total in sorted(json.loads(tally).items()) if name not in _NOT_REASONS},
        "unknown": int(unknown),
        "pending": int(pending),
        "skipped": int(skipped),
    }


def _too_many_gone(gone: int, devices: int) -> str | None:
    """Say when FCM called so many gone that a person should look, else None."""
    most = most_marked(devices)
    if gone <= most:
        return None
    return (
        f"FCM calls {gone} installations gone, more than is usual. At most {most} of them were taken off the list; "
        "the others stay. See whether the Firebase project is the right one."
    )
