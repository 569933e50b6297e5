"""Freeze the audience of a campaign: who is meant, when each is due, and in which batches; once, and for good."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from itertools import groupby

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from core.errors import DomainError
from core.models import User
from core.states import advance
from notifications.campaigns import audience, fingerprint, lifecycle, schedule
from notifications.delivery import topics
from notifications.models.batch import BATCH_SIZE
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import CampaignState
from notifications.models.registration import TICKET_LOCK, TICKET_SEQUENCE
from notifications.models.wave import Wave

#: How long before the first due instant it is frozen.
AHEAD = timedelta(minutes=5)
#: Installations of a larger wave that are sent to first, and by which it is judged.
CANARY = 200

_logger = logging.getLogger(__name__)


def first_due(campaign: Campaign, *, at: datetime) -> datetime:
    """Return the first instant at which somebody is due; what is only for the feed goes by the home zone."""
    pushed = [*audience.segments(campaign), *audience.topics(campaign)]
    zones = {segment.zone for segment in pushed} or {campaign.home_zone}
    due = [instant for zone in zones if (instant := schedule.due_at(campaign, zone, at=at)) is not None]
    return min(due, default=at)


def freeze(campaign: Campaign, *, at: datetime) -> bool:
    """Freeze the audience: waves and batches, once for all; from here on the set can only shrink.

    Refuses (and halts the campaign with the reason) what is not as approved, has fewer than 20 registrations, or is an exercise
    for readers. False when nothing was frozen.
    """
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # A long transaction of somebody else must not stop everybody's registrations behind our lock.
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            row = Campaign.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=campaign.pk).first()
            if row is None or row.state != CampaignState.APPROVED:
                return False
            if row.approved_by_id is None or fingerprint.compute(row) != row.fingerprint:
                raise fingerprint.Differs()
            high = _barrier()
            waves = _write_waves(row, at=at)
            stored = [wave for wave in waves if not wave.by_topic]
            _write_canaries(stored, high)
            devices = _write_batches(row, stored, high, at=at)
            in_topics = topics.write_batches([wave for wave in waves if wave.by_topic], at=at)
            audience.check_size(row, devices=devices, topics=in_topics)
            due = [wave.due_at for wave in waves if wave.due_at is not None]
            starts_at = min(due, default=first_due(row, at=at))
            advance(
                row, CampaignState.SENDING, by=User.objects.system(), at=at,
                frozen_at=at, ticket_high=high, devices=devices, topics=in_topics, starts_at=starts_at,
            )  # fmt: skip
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return False
        raise
    except DomainError as error:
        lifecycle.halt(campaign, error.detail, at=at)
        _logger.error("Campaign %s refused: %s", campaign.pk, error.detail)
        return False
    return True


def _barrier() -> int:
    """Return a ticket number such that every smaller ticket is visible from now on, and every later one is greater.

    The exclusive lock waits for all transactions that hold a ticket; rolling back to the savepoint gives it up at once (the
    sequence does not go back), so that registering waits for this instant only and not for the whole freeze.
    """
    mark = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", TICKET_LOCK)
        cursor.execute("SELECT nextval(%s)", [TICKET_SEQUENCE])
        high = int(cursor.fetchone()[0])
    transaction.savepoint_rollback(mark)
    return high


def _write_waves(campaign: Campaign, *, at: datetime) -> list[Wave]:
    """Write one wave for each Firebase project and due instant, and another where it has topics."""
    plan = [
        (segment.app.project, by_topic, schedule.due_at(campaign, segment.zone, at=at), segment.zone, segment.pk)
        for by_topic, pushed in ((False, audience.segments(campaign)), (True, audience.topics(campaign)))
        for segment in pushed
    ]
    plan.sort(key=lambda entry: (*entry[:2], entry[2] is None, entry[2] or at))
    waves = []
    for (project, by_topic, due_at), entries in groupby(plan, key=lambda entry: entry[:3]):
        members = list(entries)
        zones, segments = sorted({entry[3] for entry in members}), sorted(entry[4] for entry in members)
        wave = Wave(campaign=campaign, project=project, by_topic=by_topic, due_at=due_at, zones=zones, segments=segments)
        waves.append(wave)
    return Wave.objects.bulk_create(waves)


def _write_canaries(waves: list[Wave], high: int) -> None:
    """Choose the few of each wave of more than one batch that go first, and write their batch, which names their tickets.

    They are the newest, in turn from each locale and platform: the oldest addresses would be gone more often than the audience.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH here AS (
                SELECT m.wave_id, s.id, s.locale, s.platform, 40000 / count(*) OVER (PARTITION BY m.wave_id) AS share
                FROM (SELECT id AS wave_id, unnest(segments) AS segment_id FROM notifications_wave w
                    WHERE w.id = ANY(%(waves)s) AND w.due_at IS NOT NULL AND (
                        SELECT count(*) FROM (
                            SELECT 1 FROM notifications_registration r
                            WHERE r.segment_id = ANY(w.segments) AND r.ticket <= %(high)s AND r.gone_at IS NULL
                            LIMIT %(size)s + 1) first) > %(size)s) m
                JOIN notifications_segment s ON s.id = m.segment_id
            ), newest AS (
                SELECT h.wave_id, h.id AS segment_id, r.ticket,
                    row_number() OVER (PARTITION BY h.wave_id, h.locale, h.platform ORDER BY r.turn, r.ticket DESC) AS turn
                FROM here h, LATERAL (
                    SELECT ticket, row_number() OVER (ORDER BY ticket DESC) AS turn FROM notifications_registration
                    WHERE segment_id = h.id AND ticket <= %(high)s AND gone_at IS NULL
                    ORDER BY ticket DESC LIMIT least(greatest(h.share, 20), %(canary)s)) r
            ), placed AS (
                SELECT *, row_number() OVER (PARTITION BY wave_id ORDER BY turn, ticket DESC) AS place FROM newest
            ), chosen AS (
                SELECT wave_id, array_agg(ticket ORDER BY ticket) AS tickets, count(*) AS n,
                    min(ARRAY[segment_id, ticket]) AS low, max(ARRAY[segment_id, ticket]) AS high
                FROM placed WHERE place <= %(canary)s GROUP BY wave_id
            ), written AS (
                UPDATE notifications_wave w SET canary = tickets FROM chosen WHERE w.id = wave_id
                RETURNING w.id AS wave_id, w.due_at
            )
            INSERT INTO notifications_batch (
                wave_id, from_segment, from_ticket, to_segment, to_ticket, n, canary, state, ready_at, later,
                skipped, fence, claims, tries, accepted, rejected, unknown, tally, unsure)
            SELECT wave_id, low[1], low[2], high[1], high[2], n, true, 'open', due_at, tickets, 0, 0, 0, 0, 0, 0, 0, '{}', '{}'
            FROM chosen JOIN written USING (wave_id)
            """,
            {"waves": [wave.pk for wave in waves], "high": high, "size": BATCH_SIZE, "canary": CANARY},
        )


def _write_batches(campaign: Campaign, waves: list[Wave], high: int, *, at: datetime) -> int:
    """Cut every wave into ranges of at most 500 registrations, in one statement; return how many registrations that is.

    A range does not count those of the canary that lie within it.
    """
    members = [(segment, wave.pk) for wave in waves for segment in wave.segments]
    with connection.cursor() as cursor:
        # Ten million are put in order here: a few runs on disk instead of a hundred.
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            """
            WITH canary AS (SELECT unnest(canary) AS ticket FROM notifications_wave WHERE id = ANY(%(ids)s))
            INSERT INTO notifications_batch (
                wave_id, from_segment, from_ticket, to_segment, to_ticket, n, state, ready_at, skipped,
                fence, claims, tries, accepted, rejected, unknown, tally, later, unsure)
            SELECT wave_id, low[1], low[2], high[1], high[2], n,
                CASE WHEN w.due_at IS NULL THEN 'done' ELSE 'open' END, coalesce(w.due_at, %(at)s),
                CASE WHEN w.due_at IS NULL THEN n ELSE 0 END, 0, 0, 0, 0, 0, 0, '{}', '{}', '{}'
            FROM (
                SELECT wave_id, min(ARRAY[segment_id, ticket]) AS low, max(ARRAY[segment_id, ticket]) AS high,
                    max(number) - min(number) + 1 AS n
                FROM (
                    SELECT m.wave_id, r.segment_id, r.ticket,
                        row_number() OVER ordered AS number, lead(r.ticket) OVER ordered IS NULL AS last
                    FROM unnest(%(segments)s::integer[], %(waves)s::bigint[]) AS m(segment_id, wave_id)
                    JOIN notifications_registration r ON r.segment_id = m.segment_id
                    WHERE r.ticket <= %(high)s AND r.gone_at IS NULL
                        AND NOT EXISTS (SELECT 1 FROM canary WHERE canary.ticket = r.ticket)
                    WINDOW ordered AS (PARTITION BY m.wave_id ORDER BY r.segment_id, r.ticket)
                ) numbered
                -- Of each slice the first and the last are enough.
                WHERE number %% %(size)s IN (0, 1) OR last
                GROUP BY wave_id, (number - 1) / %(size)s
            ) sliced JOIN notifications_wave w ON w.id = wave_id
            """,
            {
                "at": at, "size": BATCH_SIZE, "high": high, "ids": [wave.pk for wave in waves],
                "segments": [segment for segment, _ in members], "waves": [wave for _, wave in members],
            },
        )  # fmt: skip
        cursor.execute(
            """
            UPDATE notifications_wave w SET devices = b.devices
            FROM (SELECT wave_id, sum(n) AS devices FROM notifications_batch WHERE wave_id = ANY(%s) GROUP BY wave_id) b
            WHERE w.id = b.wave_id RETURNING b.devices
            """,
            [[wave.pk for wave in waves]],
        )
        return sum(int(row[0]) for row in cursor.fetchall())
