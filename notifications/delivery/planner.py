"""Plan a campaign's delivery, once: freeze its audience, and divide it into waves, canaries and batches."""

from __future__ import annotations

import logging
from datetime import datetime
from itertools import groupby

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from psycopg.errors import LockNotAvailable

from core.errors import DomainError
from core.models import User
from core.states import advance
from notifications.campaigns import audience, fingerprint, forecast, lifecycle, messages, schedule
from notifications.campaigns.audience import AudienceSegment
from notifications.campaigns.checks import wave_help
from notifications.campaigns.openings import openings
from notifications.delivery import canaries, topic_list, topics
from notifications.delivery.canaries import CanaryCandidate
from notifications.models.batch import BATCH_SIZE, CANARY_SIZE, Batch
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import CampaignState
from notifications.models.quota import batch_size, canary_size
from notifications.models.registration import TICKET_LOCK, TICKET_SEQUENCE
from notifications.models.wave import HELP_CHECKED_AHEAD, Wave

_logger = logging.getLogger(__name__)


def plan_audience(campaign: Campaign, *, at: datetime) -> bool:
    """Freeze the audience: write its waves and batches, once; from then on the audience can only shrink.

    Halts the campaign, with the reason, when it differs from the approved one, has fewer than 20 registrations, is an exercise
    for readers, no longer helps in each of its countries, or when nobody is due before its end. Returns False when nothing was
    frozen.
    """
    if audience.has_topics(campaign):
        # In a statement of its own, so that no lock is held during the freeze. As a rule there is nothing to write.
        topic_list.write(at=at)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                # While another transaction is long, our waiting for its lock must not hold up all registrations.
                cursor.execute("SET LOCAL lock_timeout = '2s'")
            row = Campaign.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=campaign.pk).first()
            if row is None or row.state != CampaignState.APPROVED or row.successor() is not None:
                return False
            if row.approved_by_id is None or fingerprint.compute(row) != row.fingerprint:
                raise fingerprint.FingerprintDiffers()
            watermark = _ticket_watermark()
            members = audience.members(row)
            wave_help.require_at_start(row, members, at=at)
            waves = _write_waves(row, members, at=at)
            stored = [wave for wave in waves if not wave.by_topic]
            _write_canaries(row, stored, members, watermark)
            devices = _write_batches(row, stored, watermark, at=at)
            in_topics = topics.write_batches([wave for wave in waves if wave.by_topic], at=at)
            audience.check_size(row, devices=devices, topics=in_topics)
            first = _first_start(row, at=at)
            opens = openings(row, members, first=first, at=at)
            advance(
                row, CampaignState.SENDING, by=User.objects.system(), at=at,
                frozen_at=at, ticket_watermark=watermark, devices=devices, topics=in_topics, starts_at=first,
                openings={country: instant and instant.isoformat() for country, instant in opens.items()},
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


def _ticket_watermark() -> int:
    """Return a number such that all smaller tickets are visible from now on, and all later tickets are greater.

    The exclusive lock waits for all transactions that hold a ticket. Rolling back to the savepoint releases it at once (the
    sequence does not go back), so registrations wait for this instant only, and not for the whole freeze.
    """
    savepoint = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", TICKET_LOCK)
        cursor.execute("SELECT nextval(%s)", [TICKET_SEQUENCE])
        watermark = int(cursor.fetchone()[0])
    transaction.savepoint_rollback(savepoint)
    return watermark


def _write_waves(campaign: Campaign, members: list[AudienceSegment], *, at: datetime) -> list[Wave]:
    """Write one wave for each Firebase project and due instant, and a separate one for its topics.

    The help of those that begin soon has just been checked.
    """
    due_in = {zone: schedule.due_at(campaign, zone, at=at) for zone in {segment.zone for segment in members}}
    plan = [(segment.project, segment.is_topic, due_in[segment.zone], segment.zone, segment.pk) for segment in members]
    plan.sort(key=lambda entry: (*entry[:2], entry[2] is None, entry[2] or at))
    waves = []
    for (project, by_topic, due_at), entries in groupby(plan, key=lambda entry: entry[:3]):
        same = list(entries)
        zones, segments = sorted({entry[3] for entry in same}), sorted(entry[4] for entry in same)
        checked_at = at if due_at is not None and due_at <= at + HELP_CHECKED_AHEAD else None
        wave = Wave(
            campaign=campaign, project=project, by_topic=by_topic, due_at=due_at, zones=zones, segments=segments,
            help_checked_at=checked_at,
        )  # fmt: skip
        waves.append(wave)
    return Wave.objects.bulk_create(waves)


def _first_start(campaign: Campaign, *, at: datetime) -> datetime:
    """Return the first instant at which a wave with an installation or a topic is due; the feed opens then.

    A campaign for the feed alone opens in its home zone. Raises NobodyDue when nobody is due before the end.
    """
    waves = campaign.waves.filter(Q(devices__gt=0) | Q(by_topic=True))
    starts = list(waves.values_list("due_at", flat=True)) or [schedule.due_at(campaign, campaign.home_zone, at=at)]
    first = min((start for start in starts if start is not None), default=None)
    if first is None:
        raise forecast.NobodyDue()
    return first


def _write_canaries(campaign: Campaign, waves: list[Wave], members: list[AudienceSegment], watermark: int) -> None:
    """Write the canary of each wave of more than one batch, and a second group of the same size, as batches that list tickets."""
    message_of = messages.keys_by_segment(campaign, members)
    by_id = {segment.pk: segment for segment in members}
    for wave in waves:
        candidates = [CanaryCandidate(pk, by_id[pk].devices, message_of[pk]) for pk in wave.segments]
        if wave.due_at is None or sum(candidate.devices for candidate in candidates) <= _batch_size():
            continue
        first = canaries.draw(candidates, size=_canary_size(), watermark=watermark)
        if not first:
            continue
        second = canaries.draw_second(candidates, first=first, watermark=watermark)
        drawn = first + second
        wave.canary_segments, wave.canary = [segment for segment, _ in drawn], [ticket for _, ticket in drawn]
        wave.save(update_fields=["canary", "canary_segments"])
        _write_group(wave, first, ready_at=wave.due_at, second=False)
        if second:
            _write_group(wave, second, ready_at=wave.due_at, second=True)


def _write_group(wave: Wave, drawn: list[tuple[int, int]], *, ready_at: datetime, second: bool) -> None:
    """Write the canary or the second group of a wave, as a batch that lists its tickets in `retry_tickets`."""
    (low_segment, low_ticket), (high_segment, high_ticket) = drawn[0], drawn[-1]
    Batch.objects.create(
        wave=wave, from_segment=low_segment, from_ticket=low_ticket, to_segment=high_segment, to_ticket=high_ticket,
        size=len(drawn), canary=not second, second=second, ready_at=ready_at, retry_tickets=[ticket for _, ticket in drawn],
    )  # fmt: skip


def _batch_size() -> int:
    return min(BATCH_SIZE, batch_size())


def _canary_size() -> int:
    return min(CANARY_SIZE, canary_size())


def _write_batches(campaign: Campaign, waves: list[Wave], watermark: int, *, at: datetime) -> int:
    """Divide every wave into batches of at most 500 registrations, in one statement; return the number of registrations.

    A batch does not count registrations of the canary and the second group that lie in its range.
    """
    members = [(segment, wave.pk) for wave in waves for segment in wave.segments]
    with connection.cursor() as cursor:
        # This sorts up to ten million rows: with more memory, in a few runs on disk instead of a hundred.
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(
            """
            WITH canary AS (SELECT unnest(canary) AS ticket FROM notifications_wave WHERE id = ANY(%(ids)s))
            INSERT INTO notifications_batch (
                wave_id, from_segment, from_ticket, to_segment, to_ticket, size, state, ready_at, skipped,
                fence, claims, tries, accepted, rejected, unknown, tally, retry_tickets, uncertain_tickets)
            SELECT wave_id, low[1], low[2], high[1], high[2], sliced.size,
                CASE WHEN w.due_at IS NULL THEN 'done' ELSE 'open' END, coalesce(w.due_at, %(at)s),
                CASE WHEN w.due_at IS NULL THEN sliced.size ELSE 0 END, 0, 0, 0, 0, 0, 0, '{}', '{}', '{}'
            FROM (
                SELECT wave_id, min(ARRAY[segment_id, ticket]) AS low, max(ARRAY[segment_id, ticket]) AS high,
                    max(number) - min(number) + 1 AS size
                FROM (
                    SELECT m.wave_id, r.segment_id, r.ticket,
                        row_number() OVER ordered AS number, lead(r.ticket) OVER ordered IS NULL AS last
                    FROM unnest(%(segments)s::integer[], %(waves)s::bigint[]) AS m(segment_id, wave_id)
                    JOIN notifications_registration r ON r.segment_id = m.segment_id
                    WHERE r.ticket <= %(watermark)s AND r.gone_at IS NULL
                        AND NOT EXISTS (SELECT 1 FROM canary WHERE canary.ticket = r.ticket)
                    WINDOW ordered AS (PARTITION BY m.wave_id ORDER BY r.segment_id, r.ticket)
                ) numbered
                -- The first and the last row of each slice are enough.
                WHERE number %% %(size)s IN (0, 1) OR last
                GROUP BY wave_id, (number - 1) / %(size)s
            ) sliced JOIN notifications_wave w ON w.id = wave_id
            """,
            {
                "at": at, "size": _batch_size(), "watermark": watermark, "ids": [wave.pk for wave in waves],
                "segments": [segment for segment, _ in members], "waves": [wave for _, wave in members],
            },
        )  # fmt: skip
        cursor.execute(
            """
            UPDATE notifications_wave w SET devices = b.devices
            FROM (SELECT wave_id, sum(size) AS devices FROM notifications_batch WHERE wave_id = ANY(%s) GROUP BY wave_id) b
            WHERE w.id = b.wave_id RETURNING b.devices
            """,
            [[wave.pk for wave in waves]],
        )
        return sum(int(row[0]) for row in cursor.fetchall())
