"""What the clock demands of campaigns: freeze an audience in time, close what is over, fold what is done, hold after a restore.

`tick` runs each second, in as many places as like; each step looks at the state first, so that running twice is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.errors import ChangedMeanwhile
from core.models import User
from core.states import advance
from notifications.campaigns import lifecycle
from notifications.delivery import planner, topics
from notifications.models.batch import MOST_CLAIMS, WAKE_AHEAD, Batch, BatchState
from notifications.models.brake import Brake, BrakeState, database_identity
from notifications.models.campaign import Campaign, ScheduleKind
from notifications.models.campaign_state import BEFORE_THE_END, LIFECYCLE, CampaignState
from notifications.models.registration import Registration
from notifications.models.upkeep import Upkeep

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
    except ChangedMeanwhile:
        # Another planner, or a person, was first.
        return
    except Exception:
        _logger.exception("The planner could not go on with campaign %s.", campaign.pk)
        connection.close_if_unusable_or_obsolete()


def _begin(campaign: Campaign, *, at: datetime) -> None:
    if campaign.not_after <= at:
        advance(campaign, CampaignState.EXPIRED, by=User.objects.system(), at=at)
    elif campaign.schedule_kind == ScheduleKind.NOW or planner.first_due(campaign, at=at) - at <= planner.AHEAD:
        planner.freeze(campaign, at=at)


def _end(campaign: Campaign, *, at: datetime) -> None:
    halt_if_deadly(campaign, at=at)
    halt_if_canary_gone(campaign, at=at)
    if campaign.state == CampaignState.STOPPED or campaign.not_after <= at:
        close(campaign)
    fold(campaign, at=at)


def halt_if_deadly(campaign: Campaign, *, at: datetime) -> None:
    """Halt a campaign of which a batch was claimed three times and never settled: it takes its workers down with it."""
    deadly = Batch.objects.filter(
        wave__campaign=campaign, state=BatchState.CLAIMED, claims__gte=MOST_CLAIMS, lease_until__lt=at
    ).exists()
    if deadly and lifecycle.halt(
        campaign, f"A batch was claimed {MOST_CLAIMS} times and never settled; see why its workers ended.", at=at
    ):
        _logger.error("Campaign %s halted: a batch is never settled.", campaign.pk)


def halt_if_canary_gone(campaign: Campaign, *, at: datetime) -> None:
    """Halt a campaign whose first installations are mostly gone, before the others are asked."""
    if Batch.objects.canaries_gone(campaign) and lifecycle.halt(campaign, _CANARY_GONE, at=at):
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
            except ChangedMeanwhile:
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
