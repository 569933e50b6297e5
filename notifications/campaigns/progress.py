"""The progress of a campaign: counts of outcomes that always add up, and what a campaign that is not finished waits for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from core.errors import DomainError
from core.instants import rfc3339
from notifications.campaigns import forecast, obstacles
from notifications.campaigns.audience import Audiences
from notifications.campaigns.first_starts import first_starts
from notifications.models.batch import LEASE, Batch
from notifications.models.brake import BrakeState
from notifications.models.campaign import Campaign, CampaignKind, ScheduleKind, max_marked_gone
from notifications.models.campaign_state import CampaignState
from notifications.models.quota import Quota, configured_rate
from notifications.models.segment import PLATFORM_NAMES, Platform
from notifications.models.wave import Wave

#: Seconds for which a campaign that is due may wait for a worker before its progress says so.
WORKER_DUE_WITHIN = 5.0
#: Seconds for which workers may hold batches of a campaign, and settle none and claim no other, before its progress says so. A
#: slow rate alone does not take longer: `quota.MAX_PERMIT_SECONDS`.
SETTLED_WITHIN = 25.0
#: Phones of a platform whose push service refused our key from which on their share counts: a single one may have another key.
MIN_REFUSED = 10
#: Outcomes in a tally that are no reason of a rejection.
_NOT_REASONS = ("accepted", "unknown")

# One statement, and so one snapshot: folded counts are in the campaign, all others in its batches, none in both. One row for
# devices and one for topics; a tally is assigned to one of them by its message, since only messages to topics have no platform.
_SNAPSHOT = """
    WITH live AS (
        SELECT b.*, w.by_topic FROM notifications_batch b JOIN notifications_wave w ON w.id = b.wave_id
        WHERE w.campaign_id = %(id)s
    ), outcomes AS (
        SELECT m.platform, outcome.key, sum(outcome.value::bigint) AS total
        FROM (SELECT tally FROM live UNION ALL SELECT tally FROM notifications_campaign WHERE id = %(id)s) tallies,
             jsonb_each(tallies.tally) AS message, jsonb_each_text(message.value) AS outcome, notifications_message m
        WHERE m.campaign_id = %(id)s AND m.id::text = message.key
        GROUP BY 1, 2
    ), reasons AS (
        SELECT platform = '' AS by_topic, key, sum(total) AS total FROM outcomes GROUP BY 1, 2
    ), refused AS (
        SELECT platform FROM outcomes WHERE platform <> '' GROUP BY platform
        HAVING sum(total) FILTER (WHERE key = 'third-party-auth') >= %(fewest)s
            AND sum(total) FILTER (WHERE key = 'third-party-auth') * 2 > sum(total)
    ), folded (by_topic, number, accepted, unknown, skipped) AS (
        SELECT false, devices, accepted, unknown, skipped FROM notifications_campaign WHERE id = %(id)s
        UNION ALL
        SELECT true, topics, topics_accepted, topics_unknown, topics_skipped FROM notifications_campaign WHERE id = %(id)s
    )
    SELECT f.number, f.accepted + coalesce(l.accepted, 0), f.unknown + coalesce(l.unknown, 0), f.skipped + coalesce(l.skipped, 0),
           coalesce(l.pending, 0), l.ready_at,
           (SELECT coalesce(jsonb_object_agg(key, total), '{}') FROM reasons r WHERE r.by_topic = f.by_topic),
           c.state, c.reason, c.fingerprint, c.gone, c.started_at, c.finished_at, now(),
           (SELECT w.first_failure FROM notifications_wave w WHERE w.campaign_id = c.id AND w.first_failure <> '' LIMIT 1),
           ARRAY(SELECT platform FROM refused ORDER BY platform),
           l.moved_at
    FROM notifications_campaign c, folded f LEFT JOIN (
        SELECT by_topic, sum(accepted) AS accepted, sum(unknown) AS unknown, sum(skipped) AS skipped,
               sum(size - accepted - rejected - unknown - skipped) AS pending,
               min(ready_at) FILTER (WHERE state = 'open') AS ready_at,
               -- The last claim or the last settlement, while a worker holds a batch.
               CASE WHEN bool_or(state = 'claimed' AND lease_until > now()) THEN greatest(
                   max(ready_at) FILTER (WHERE state = 'done'), max(lease_until) - make_interval(secs => %(lease)s)
               ) END AS moved_at
        FROM live GROUP BY by_topic
    ) l ON l.by_topic = f.by_topic
    WHERE c.id = %(id)s ORDER BY f.by_topic
"""


@dataclass(frozen=True)
class _Brakes:
    """The brakes of a campaign and of everything: since when both allow sending, and why all sending is stopped, if it is."""

    released_at: datetime | None
    everything_stopped: str | None


def progress_of(campaign: Campaign, *, with_waiting: bool = True, known: Audiences | None = None) -> dict[str, Any]:
    """Return what `campaign status` prints; devices = accepted + rejected + unknown + pending + skipped at every instant.

    Topics add up in the same way, separately; FCM reports nothing about the phones behind a topic. `waiting` takes several
    queries; without `with_waiting` it is None. `known` holds the campaign's audience, for a page that shows it as well.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SNAPSHOT, {"id": campaign.pk, "lease": LEASE.total_seconds(), "fewest": MIN_REFUSED})
        of_devices, of_topics = cursor.fetchall()
    state, reason, fingerprint, gone, started_at, finished_at, now, first_failure, refused, _ = of_devices[7:]
    devices, topics = _outcomes("devices", of_devices), _outcomes("topics", of_topics)
    waiting = None
    if with_waiting and state == CampaignState.SENDING and devices["pending"] + topics["pending"]:
        ready_at = min((row[5] for row in (of_devices, of_topics) if row[5] is not None), default=None)
        moved_at = max((row[-1] for row in (of_devices, of_topics) if row[-1] is not None), default=None)
        waiting = _waiting_to_send(campaign, ready_at, moved_at, now)
    elif with_waiting and state == CampaignState.APPROVED:
        waiting = _waiting_to_begin(campaign, now, known)
    notices = (
        _superseded(campaign, finished_at),
        _key_refused(refused),
        _first_failed(campaign, first_failure, state),
        _too_many_gone(gone, devices["devices"]),
    )
    return {
        "id": campaign.pk,
        "state": state,
        "fingerprint": fingerprint or None,
        **devices,
        "topics": topics if topics["topics"] else None,
        "started_at": rfc3339(started_at) if started_at else None,
        "finished_at": rfc3339(finished_at) if finished_at else None,
        "halted": reason if state in (CampaignState.HALTED, CampaignState.HELD) else None,
        "expired": reason or None if state == CampaignState.EXPIRED else None,
        "waiting": waiting,
        "notice": " ".join(filter(None, notices)) or None,
    }


def _waiting_to_send(campaign: Campaign, ready_at: datetime | None, moved_at: datetime | None, now: datetime) -> str | None:
    """Return what a campaign that is sending waits for, or what slows it down; None when it sends as fast as it may.

    `moved_at` is when its last batch was claimed or settled, while a worker holds one.
    """
    brakes = _brakes(campaign)
    if brakes.everything_stopped is not None:
        return brakes.everything_stopped
    if read_only := obstacles.read_only_database():
        return read_only
    quotas = Quota.objects.filter(project__in=campaign.waves.values("project")).order_by("project")
    if blocked := _blocked(quotas, now):
        return blocked
    if ready_at is not None and ready_at > now:
        return f"Nothing is due before {rfc3339(ready_at)}."
    trouble = obstacles.worker_in_trouble(campaign.waves.values_list("project", flat=True))
    waiting_since = Batch.objects.waiting_for_worker_since(campaign)
    if waiting_since is not None and waiting_since <= now and trouble:
        return trouble
    # A wave that nobody has checked can be claimed by no worker.
    unchecked = Wave.objects.help_to_check(at=now).filter(campaign=campaign, due_at__lte=now).order_by("due_at").first()
    if missing := _no_worker(waiting_since or (unchecked.due_at if unchecked else None), now):
        return missing
    if unsettled := _unsettled(moved_at, now):
        return trouble or unsettled
    if (awaited := _awaited_canary(campaign)) is not None:
        return awaited
    if trouble:
        return trouble
    slowest = min((quota.rate / configured_rate() for quota in quotas), default=1.0)
    return f"FCM is slow or overloaded: sending at {slowest:.0%} of the usual rate." if slowest < 1 else None


def _awaited_canary(campaign: Campaign) -> str | None:
    """Return a sentence when a wave waits for the outcomes of its first phones, or of a second group of them."""
    canary = Batch.objects.awaited_canary(campaign)
    if canary is None:
        return None
    if canary.second:
        return f"The first group of {canary.size} phones failed; a second one is being tried."
    return "The first phones are tried before the others."


def _blocked(quotas: Iterable[Quota], now: datetime) -> str | None:
    """Return why FCM is sent nothing at the moment, and until when; None if it is."""
    for quota in quotas:
        if quota.blocked_until is not None and quota.blocked_until > now:
            return f"{quota.reason} Trying again at {rfc3339(quota.blocked_until)}."
    return None


def _unsettled(moved_at: datetime | None, now: datetime) -> str | None:
    """Return a sentence when workers hold batches of a campaign and have done nothing with it for long, as after a kill."""
    seconds = (now - moved_at).total_seconds() if moved_at else 0.0
    if seconds < SETTLED_WITHIN:
        return None
    return (
        f"A worker has recorded no outcome for {_in_words(seconds)}. If it has ended, another one takes over its phones "
        f"at the latest {LEASE.total_seconds():.0f} s after it took them."
    )


def _waiting_to_begin(campaign: Campaign, now: datetime, known: Audiences | None) -> str | None:
    """Return what keeps an approved campaign from beginning that should have begun; None when it is not due yet."""
    brakes = _brakes(campaign)
    if brakes.released_at is None or campaign.not_after <= now:
        return None
    begins = brakes.released_at
    if campaign.schedule_kind != ScheduleKind.NOW:
        try:
            first = _first_due(campaign, begins, known)
        except DomainError:
            # The planner will refuse it, and say why.
            return None
        begins = max(begins, first - forecast.FREEZE_AHEAD) if first else begins
    if begins > now:
        # Long before the start, because somebody has to start a worker by then.
        return obstacles.nobody_at_work()
    missing = _no_worker(begins, now)
    return missing and (obstacles.read_only_database() or obstacles.open_transaction() or missing)


def _first_due(campaign: Campaign, at: datetime, known: Audiences | None) -> datetime | None:
    """Return the first due instant; pages ask for it every few seconds. Its zones are enough, where the audience is not read."""
    return forecast.of(campaign, at=at, known=known).opens_at if known else first_starts([campaign], at=at)[campaign.pk]


def _no_worker(since: datetime | None, now: datetime) -> str | None:
    seconds = (now - since).total_seconds() if since else 0.0
    if seconds < WORKER_DUE_WITHIN:
        return None
    return obstacles.nobody_at_work() or (
        f"Waiting for a worker: none has taken this up for {_in_words(seconds)}. Check that a worker is running."
    )


def _in_words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds // 60:.0f} min"


def _brakes(campaign: Campaign) -> _Brakes:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT campaign_id, state, reason, set_at FROM notifications_brake WHERE campaign_id = %s OR campaign_id IS NULL",
            [campaign.pk],
        )
        rows = cursor.fetchall()
    released_at = max((set_at for _, _, _, set_at in rows if set_at is not None), default=None)
    stopped = [reason for campaign_id, state, reason, _ in rows if campaign_id is None and state != BrakeState.GO]
    return _Brakes(released_at, f"All sending is stopped: {stopped[0]}" if stopped else None)


def _outcomes(of_what: str, row: Sequence[Any]) -> dict[str, Any]:
    """Return the counts of one row of the snapshot; the total is named `of_what`."""
    number, accepted, unknown, skipped, pending, _, tally = row[:7]
    return {
        of_what: number,
        "accepted": int(accepted),
        "rejected": {name: int(total) for name, total in sorted(json.loads(tally).items()) if name not in _NOT_REASONS},
        "unknown": int(unknown),
        "pending": int(pending),
        "skipped": int(skipped),
    }


def _superseded(campaign: Campaign, finished_at: datetime | None) -> str | None:
    """Return a sentence when a newer revision of the thread was approved before this one had finished."""
    newer = campaign.successor()
    if newer is None or newer.approved_at is None or (finished_at is not None and finished_at < newer.approved_at):
        return None
    kind = "recall" if newer.kind == CampaignKind.CANCEL else newer.kind
    return (
        f"Campaign {newer.pk} ({kind}) replaced this one at {rfc3339(newer.approved_at)}. Nothing more of this one is sent "
        "from then on; what had not been sent counts as skipped."
    )


def _first_failed(campaign: Campaign, first_failure: str | None, state: str) -> str | None:
    """Return a sentence when the first group of a wave failed and the campaign has not halted for it, else None."""
    if not first_failure or state == CampaignState.HALTED:
        return None
    # Its first sentence says what failed; the others are about a halt.
    what = first_failure.partition(". ")[0].removesuffix(".")
    undecided = Batch.objects.undecided_second_groups().filter(wave__campaign=campaign).exists()
    tried = "is being tried" if undecided else "was tried"
    return f"A second group of phones {tried} because the first one failed ({what}). Ask those who run the server to look."


def _key_refused(platforms: Sequence[str]) -> str | None:
    """Return a sentence when the push service of these platforms refused our key for most of their phones, else None."""
    if not platforms:
        return None
    names = " and ".join(PLATFORM_NAMES[Platform(platform)] for platform in platforms)
    return (
        f"Apple's or a browser's push service did not accept our key for most phones on {names}. They did not get this alert. "
        "Ask the people who run the server to correct the key in the sending account."
    )


def _too_many_gone(gone: int, devices: int) -> str | None:
    """Return a sentence when FCM reported so many gone that a person should look, else None."""
    most = max_marked_gone(devices)
    if gone <= most:
        return None
    return (
        f"FCM reports {gone:,} phones gone, more than usual. At most {most:,} of them were removed from the audience of later "
        "alerts; the others stay. Ask the people who run the server whether the sending account is the right one."
    )
