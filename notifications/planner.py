"""What the clock demands of campaigns: freeze an audience in time, close what is over, fold what is done, hold after a restore.

`tick` runs each second, in as many places as like; each step looks at the state first, so that running twice is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable

from core.errors import DomainError
from core.models import User
from core.states import TakenMeanwhile, advance
from notifications import audience, fingerprint, timing, topics
from notifications.models.batch import BATCH_SIZE, MOST_CLAIMS, WAKE_AHEAD, Batch, BatchState
from notifications.models.brake import Brake, BrakeState, database_identity
from notifications.models.campaign import Campaign, ScheduleKind
from notifications.models.campaign_state import BEFORE_THE_END, LIFECYCLE, CampaignState
from notifications.models.registration import TICKET_LOCK, TICKET_SEQUENCE, Registration
from notifications.models.upkeep import Upkeep
from notifications.models.wave import Wave

#: How long before the first due instant the audience is frozen.
FREEZE_AHEAD = timedelta(minutes=5)
#: Installations of a larger wave that are sent to first, and by which it is judged.
CANARY = 200
#: Registrations forgotten in one go, so that no tick takes long.
FORGET_AT_ONCE = 10_000
_CANARY_GONE = (
    "FCM calls more than half of the first installations gone: something else is wrong than old addresses, perhaps the Firebase "
    "project. Nobody was taken off the list for it, and nobody else was sent anything."
)
_RESTORED = "The database was restored or failed over: what it says was sent may be less than what was sent."

_logger = logging.getLogger(__name__)


def tick(*, at: datetime) -> bool:
    """Do what is due at this instant; return whether there is something to send."""
    hold_after_restore(at=at)
    for campaign in Campaign.objects.filter(state=CampaignState.APPROVED).order_by("id"):
        _alone(_begin, campaign, at=at)
    reconcile(at=at)
    for campaign in Campaign.objects.frozen_unfinished().order_by("id"):
        _alone(_end, campaign, at=at)
    forget_stale(at=at)
    topics.forget_unasked(at=at)
    return bool(Batch.objects.projects_waiting(ahead=WAKE_AHEAD))


def _alone(step: Callable[..., None], campaign: Campaign, *, at: datetime) -> None:
    """Take one step for one campaign, so that trouble with it keeps nothing from the others."""
    try:
        step(campaign, at=at)
    except TakenMeanwhile:
        # Another planner, or a person, was first.
        return
    except Exception:
        _logger.exception("The planner could not go on with campaign %s.", campaign.pk)
        connection.close_if_unusable_or_obsolete()


def _begin(campaign: Campaign, *, at: datetime) -> None:
    if campaign.not_after <= at:
        advance(campaign, CampaignState.EXPIRED, by=User.objects.system(), at=at)
    elif campaign.schedule_kind == ScheduleKind.NOW or first_due(campaign, at=at) - at <= FREEZE_AHEAD:
        freeze(campaign, at=at)


def _end(campaign: Campaign, *, at: datetime) -> None:
    halt_if_deadly(campaign, at=at)
    halt_if_canary_gone(campaign, at=at)
    if campaign.state == CampaignState.STOPPED or campaign.not_after <= at:
        close(campaign)
    fold(campaign, at=at)


def first_due(campaign: Campaign, *, at: datetime) -> datetime:
    """Return the first instant at which somebody is due; what is only for the feed goes by the home zone."""
    pushed = [*audience.segments(campaign), *audience.topics(campaign)]
    zones = {segment.zone for segment in pushed} or {campaign.home_zone}
    due = [instant for zone in zones if (instant := timing.due(campaign, zone, at=at)) is not None]
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
            _choose_canaries(stored, high)
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
        campaign.halt(error.detail, at=at)
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
        (segment.app.project, by_topic, timing.due(campaign, segment.zone, at=at), segment.zone, segment.pk)
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


def _choose_canaries(waves: list[Wave], high: int) -> None:
    """Choose the few of each wave of more than one batch that go first: the newest, in turn from each locale and platform.

    The oldest addresses would be gone more often than those of the audience.
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
                SELECT h.wave_id, r.ticket,
                    row_number() OVER (PARTITION BY h.wave_id, h.locale, h.platform ORDER BY r.turn, r.ticket DESC) AS turn
                FROM here h, LATERAL (
                    SELECT ticket, row_number() OVER (ORDER BY ticket DESC) AS turn FROM notifications_registration
                    WHERE segment_id = h.id AND ticket <= %(high)s AND gone_at IS NULL
                    ORDER BY ticket DESC LIMIT least(greatest(h.share, 20), %(canary)s)) r
            ), placed AS (
                SELECT wave_id, ticket, row_number() OVER (PARTITION BY wave_id ORDER BY turn, ticket DESC) AS place FROM newest
            )
            UPDATE notifications_wave w SET canary = chosen.tickets
            FROM (SELECT wave_id, array_agg(ticket) AS tickets FROM placed WHERE place <= %(canary)s GROUP BY wave_id) chosen
            WHERE w.id = chosen.wave_id
            """,
            {"waves": [wave.pk for wave in waves], "high": high, "size": BATCH_SIZE, "canary": CANARY},
        )


def _write_batches(campaign: Campaign, waves: list[Wave], high: int, *, at: datetime) -> int:
    """Cut every wave into ranges of at most 500 registrations, in one statement; return how many registrations that is.

    The canary of a wave is a batch of its own that names its tickets; a range does not count those that lie within it.
    """
    members = [(segment, wave.pk) for wave in waves for segment in wave.segments]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH canary AS (SELECT id AS wave_id, unnest(canary) AS ticket FROM notifications_wave WHERE id = ANY(%(ids)s))
            INSERT INTO notifications_batch (
                wave_id, from_segment, from_ticket, to_segment, to_ticket, n, canary, state, ready_at, skipped, later,
                fence, claims, tries, accepted, rejected, unknown, tally, unsure)
            SELECT wave_id, low[1], low[2], high[1], high[2], n, tickets IS NOT NULL,
                CASE WHEN w.due_at IS NULL THEN 'done' ELSE 'open' END, coalesce(w.due_at, %(at)s),
                CASE WHEN w.due_at IS NULL THEN n ELSE 0 END, coalesce(tickets, '{}'), 0, 0, 0, 0, 0, 0, '{}', '{}'
            FROM (
                SELECT wave_id, min(place) AS low, max(place) AS high, count(*) AS n, NULL::bigint[] AS tickets
                FROM (
                    SELECT m.wave_id, ARRAY[r.segment_id, r.ticket] AS place,
                        (row_number() OVER (PARTITION BY m.wave_id ORDER BY r.segment_id, r.ticket) - 1) / %(size)s AS slice
                    FROM unnest(%(segments)s::integer[], %(waves)s::bigint[]) AS m(segment_id, wave_id)
                    JOIN notifications_registration r ON r.segment_id = m.segment_id
                    WHERE r.ticket <= %(high)s AND r.gone_at IS NULL
                        AND NOT EXISTS (SELECT 1 FROM canary WHERE canary.ticket = r.ticket)
                ) numbered
                GROUP BY wave_id, slice
                UNION ALL
                SELECT c.wave_id, min(ARRAY[r.segment_id, r.ticket]), max(ARRAY[r.segment_id, r.ticket]), count(*),
                    array_agg(r.ticket ORDER BY r.ticket)
                FROM canary c JOIN unnest(%(segments)s::integer[], %(waves)s::bigint[]) AS m(segment_id, wave_id) USING (wave_id)
                JOIN notifications_registration r ON r.segment_id = m.segment_id AND r.ticket = c.ticket
                GROUP BY c.wave_id
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


def halt_if_deadly(campaign: Campaign, *, at: datetime) -> None:
    """Halt a campaign of which a batch was claimed three times and never settled: it takes its workers down with it."""
    deadly = Batch.objects.filter(
        wave__campaign=campaign, state=BatchState.CLAIMED, claims__gte=MOST_CLAIMS, lease_until__lt=at
    ).exists()
    if deadly and campaign.halt(f"A batch was claimed {MOST_CLAIMS} times and never settled; see why its workers ended.", at=at):
        _logger.error("Campaign %s halted: a batch is never settled.", campaign.pk)


def halt_if_canary_gone(campaign: Campaign, *, at: datetime) -> None:
    """Halt a campaign whose first installations are mostly gone, before the others are asked."""
    if Batch.objects.canaries_gone(campaign) and campaign.halt(_CANARY_GONE, at=at):
        _logger.error("Campaign %s halted: most of its first installations are gone.", campaign.pk)


def close(campaign: Campaign) -> None:
    """Give an outcome to everybody who will not be sent to any more; claims that are still alive are waited for.

    Surely not sent: skipped. Perhaps sent (unsure, or claimed by a worker that died): unknown.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE notifications_batch b
            SET state = 'done', lease_until = NULL, later = '{}', unsure = '{}',
                skipped = skipped + CASE WHEN claims > 0 THEN 0
                    ELSE n - accepted - rejected - unknown - skipped - cardinality(unsure) END,
                unknown = unknown + CASE WHEN claims > 0 THEN n - accepted - rejected - unknown - skipped
                    ELSE cardinality(unsure) END
            FROM notifications_wave w
            WHERE w.id = b.wave_id AND w.campaign_id = %s
                AND (b.state = 'open' OR b.state = 'claimed' AND b.lease_until < now())
            """,
            [campaign.pk],
        )


@transaction.atomic
def fold(campaign: Campaign, *, at: datetime) -> bool:
    """Once everybody has an outcome: keep the sums, delete the batches, and with them all that says who was meant."""
    row = Campaign.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=campaign.pk, finished_at=None).first()
    batches = Batch.objects.filter(wave__campaign=campaign)
    if row is None or row.frozen_at is None or batches.exclude(state=BatchState.DONE).exists():
        return False
    over = row.state == CampaignState.STOPPED or row.state == CampaignState.SENDING or row.not_after <= at
    if not over:
        return False
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, {"id": row.pk, "at": at})
    batches.delete()
    row.waves.update(segments=[], canary=[])
    if row.state != CampaignState.STOPPED:
        advance(row, CampaignState.DONE, by=User.objects.system(), at=at)
    return True


_FOLD = """
    WITH live AS (
        SELECT b.*, w.by_topic FROM notifications_batch b JOIN notifications_wave w ON w.id = b.wave_id
        WHERE w.campaign_id = %(id)s
    ), outcomes AS (
        SELECT message.key AS message, outcome.key AS outcome, sum(outcome.value::bigint) AS total
        FROM live, jsonb_each(live.tally) AS message, jsonb_each_text(message.value) AS outcome GROUP BY 1, 2
    ), messages AS (
        SELECT message, jsonb_object_agg(outcome, total) AS counts FROM outcomes GROUP BY message
    ), sums AS (
        SELECT coalesce(sum(accepted), 0) AS accepted, coalesce(sum(rejected), 0) AS rejected,
               coalesce(sum(unknown), 0) AS unknown, coalesce(sum(skipped), 0) AS skipped FROM live WHERE NOT by_topic
    ), topics AS (
        SELECT coalesce(sum(accepted), 0) AS accepted, coalesce(sum(rejected), 0) AS rejected,
               coalesce(sum(unknown), 0) AS unknown, coalesce(sum(skipped), 0) AS skipped FROM live WHERE by_topic
    )
    UPDATE notifications_campaign c
    SET accepted = s.accepted, rejected = s.rejected, unknown = s.unknown, skipped = s.skipped,
        topics_accepted = t.accepted, topics_rejected = t.rejected, topics_unknown = t.unknown, topics_skipped = t.skipped,
        finished_at = %(at)s,
        ticket_high = NULL, tally = coalesce((SELECT jsonb_object_agg(message, counts) FROM messages), '{}')
    FROM sums s, topics t WHERE c.id = %(id)s
"""


def reconcile(*, at: datetime) -> None:
    """Let a campaign's state follow its brake where whoever pulled it could not write the state any more."""
    after = {
        BrakeState.STOPPED: CampaignState.STOPPED,
        BrakeState.PAUSED: CampaignState.PAUSED,
        BrakeState.HALTED: CampaignState.HALTED,
    }
    brakes = Brake.objects.filter(state__in=after, set_at__lt=at - timedelta(seconds=2), campaign__state__in=BEFORE_THE_END)
    for brake in brakes.select_related("campaign", "set_by"):
        campaign, state = brake.campaign, after[BrakeState(brake.state)]
        if campaign is not None and brake.set_by is not None and (str(campaign.state), str(state)) in LIFECYCLE.edges:
            try:
                advance(campaign, state, by=brake.set_by, at=at)
            except TakenMeanwhile:
                continue


def hold_after_restore(*, at: datetime) -> bool:
    """Hold everything in flight when this is not the database that we last knew; tell whether it was held."""
    known, present = Brake.objects.for_everything(), database_identity()
    if known.database == present:
        return False
    with transaction.atomic():
        hold_in_flight(by=User.objects.system(), at=at, reason=_RESTORED)
        Brake.objects.filter(pk=known.pk).update(database=present)
    _logger.error(_RESTORED)
    return True


@transaction.atomic
def hold_in_flight(*, by: User, at: datetime, reason: str) -> list[int]:
    """Hold every campaign that is sending or about to, until a person releases each; return their ids."""
    held = []
    for campaign in Campaign.objects.filter(state__in=(CampaignState.APPROVED, CampaignState.SENDING)).order_by("id"):
        Brake.objects.pull(campaign, BrakeState.HELD, by=by, at=at)
        advance(campaign, CampaignState.HELD, by=by, at=at, reason=reason)
        held.append(campaign.pk)
    return held


def forget_stale(*, at: datetime) -> int:
    """Once a day forget the installations that nobody has refreshed for 60 days (Android: 270), some thousands at a time."""
    if not Upkeep.objects.is_due("forget-stale", on=at.date()):
        return 0
    chosen = Registration.objects.stale(at=at).values("pk")[:FORGET_AT_ONCE]
    forgotten: int
    forgotten, _ = Registration.objects.filter(pk__in=chosen).delete()
    if forgotten < FORGET_AT_ONCE:
        Upkeep.objects.done("forget-stale", on=at.date())
    return forgotten


def database_now() -> datetime:
    """Return the database's clock: the one that leases, waves and last instants go by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: Any = cursor.fetchone()[0]
    assert isinstance(now, datetime)
    return now
