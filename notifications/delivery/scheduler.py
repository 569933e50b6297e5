"""The clock of campaigns: begin those that are due, end those that are over, fold finished ones, hold all after a restore.

Before each wave it checks that its readers still have help.
`tick` runs each second and may run concurrently in any number of processes: each step checks the state first, so that running it
twice is harmless.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from core.errors import ChangedMeanwhile, DomainError
from core.log_context import log_fields
from core.models import User
from core.states import advance
from notifications.campaigns import forecast, lifecycle, progress_history, schedule
from notifications.campaigns.checks import wave_help
from notifications.delivery import canary_failures, claims, planner, restores, second_groups, test_sends
from notifications.models.batch import MAX_CLAIMS, Batch, BatchState
from notifications.models.brake import Brake, BrakeState
from notifications.models.campaign import Campaign, ScheduleKind
from notifications.models.campaign_state import BEFORE_THE_END, LIFECYCLE, CampaignState
from notifications.models.segment_count import SegmentCount
from notifications.models.wave import Wave

_logger = logging.getLogger(__name__)


def tick(*, at: datetime) -> bool:
    """Take every step that is due at this instant; return whether there is something to send."""
    restores.hold_after_restore(at=at)
    for campaign in Campaign.objects.to_begin_or_expire(at=at):
        _isolated(_begin, campaign, at=at)
    follow_brakes(at=at)
    for campaign in Campaign.objects.frozen_unfinished().order_by("id"):
        _isolated(_end, campaign, at=at)
    for campaign in Campaign.objects.filter(waves__in=Wave.objects.help_to_check(at=at)).distinct().order_by("id"):
        _isolated(check_help, campaign, at=at)
    progress_history.record_samples(at=at)
    test_sends.end_pairings(at=at)
    SegmentCount.objects.fold()
    return bool(claims.waiting_projects(ahead=claims.WAKE_AHEAD))


def _isolated(step: Callable[..., None], campaign: Campaign, *, at: datetime) -> None:
    """Take one step for one campaign; an error with it does not affect the others."""
    with log_fields(campaign=campaign.pk):
        try:
            step(campaign, at=at)
        except ChangedMeanwhile:
            # Another scheduler, or a person, was first.
            return
        except Exception:
            _logger.exception("The scheduler failed on campaign %s.", campaign.pk)
            connection.close_if_unusable_or_obsolete()


def _begin(campaign: Campaign, *, at: datetime) -> None:
    if reason := _reason_to_expire(campaign, at=at):
        advance(campaign, CampaignState.EXPIRED, by=User.objects.system(), at=at, reason=reason)
    elif campaign.schedule_kind == ScheduleKind.NOW or _is_due_soon(campaign, at=at):
        planner.plan_audience(campaign, at=at)


def _reason_to_expire(campaign: Campaign, *, at: datetime) -> str:
    """Return why a campaign that has not begun will never begin, as a sentence; "" where it still may."""
    if campaign.state == CampaignState.SUBMITTED:
        return "Its end passed before anyone approved it."
    if (newer := campaign.successor()) is not None:
        return f"Campaign {newer.pk}, a newer revision of this alert, was approved before this one began."
    return "Its end passed before it began." if campaign.not_after <= at else ""


def _is_due_soon(campaign: Campaign, *, at: datetime) -> bool:
    """Return whether the audience is to be frozen; also for a campaign that the planner will refuse, and say why."""
    if schedule.earliest(campaign) - at > forecast.FREEZE_AHEAD:
        # Wherever the audience is: its segments are not read each second for what begins next week.
        return False
    try:
        first = forecast.of(campaign, at=at).opens_at
    except DomainError:
        return True
    return first is None or first - at <= forecast.FREEZE_AHEAD


def _end(campaign: Campaign, *, at: datetime) -> None:
    halt_if_never_settled(campaign, at=at)
    halt_if_canary_failed(campaign, at=at)
    if _is_over(campaign, at=at):
        close_remaining(campaign)
    fold(campaign, at=at)


def _is_over(campaign: Campaign, *, at: datetime) -> bool:
    """Return whether nothing more of a campaign is sent, whatever has no outcome yet."""
    return campaign.state == CampaignState.STOPPED or campaign.not_after <= at or campaign.successor() is not None


def halt_if_never_settled(campaign: Campaign, *, at: datetime) -> None:
    """Halt a campaign one of whose batches was claimed three times and never settled: it probably ends its workers."""
    never_settled = Batch.objects.filter(
        wave__campaign=campaign, state=BatchState.CLAIMED, claims__gte=MAX_CLAIMS, lease_until__lt=at
    ).exists()
    if never_settled and lifecycle.halt(
        campaign,
        f"A part of it was begun {MAX_CLAIMS} times and never finished. Find out why the worker ended each time.",
        at=at,
    ):
        _logger.error("Campaign %s halted: a batch was never settled.", campaign.pk)


def halt_if_canary_failed(campaign: Campaign, *, at: datetime) -> None:
    """Halt a campaign when a canary and its second group failed, before anything is sent to the others.

    The worker that settles a canary judges it. This finds canaries whose worker ended before that, and overdue second groups.
    """
    if campaign.state != CampaignState.SENDING:
        return
    gone = Batch.objects.canaries_mostly_gone(campaign).values_list("pk", flat=True)
    reasons = [second_groups.reason_to_halt(batch, canary_failures.MOSTLY_GONE, at=at) for batch in gone]
    reason = next(filter(None, [*reasons, second_groups.overdue(campaign, at=at)]), "")
    if reason and lifecycle.halt(campaign, reason, at=at):
        _logger.error("Campaign %s halted: %s", campaign.pk, reason)


def check_help(campaign: Campaign, *, at: datetime) -> None:
    """Let the waves of a campaign begin that are due soon, or halt it when some of their readers have no help any more."""
    waves = list(Wave.objects.help_to_check(at=at).filter(campaign=campaign))
    try:
        wave_help.require_in_waves(campaign, waves, at=at)
    except wave_help.HelpLapsed as error:
        if lifecycle.halt(campaign, error.detail, at=at):
            _logger.error("Campaign %s halted: %s", campaign.pk, error.detail)
        return
    Wave.objects.filter(pk__in=[wave.pk for wave in waves], help_checked_at=None).update(help_checked_at=at)


def close_remaining(campaign: Campaign) -> None:
    """Give an outcome to all installations that nothing more is sent to; batches under a live claim are left to their worker.

    Certainly not sent: skipped. Possibly sent (uncertain, or claimed by a worker that died): unknown.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE notifications_batch b
            SET state = 'done', lease_until = NULL, retry_tickets = '{}', uncertain_tickets = '{}',
                skipped = skipped + CASE WHEN claims > 0 THEN 0
                    ELSE size - accepted - rejected - unknown - skipped - cardinality(uncertain_tickets) END,
                unknown = unknown + CASE WHEN claims > 0 THEN size - accepted - rejected - unknown - skipped
                    ELSE cardinality(uncertain_tickets) END
            FROM notifications_wave w
            WHERE w.id = b.wave_id AND w.campaign_id = %s
                AND (b.state = 'open' OR b.state = 'claimed' AND b.lease_until < now())
            """,
            [campaign.pk],
        )


@transaction.atomic
def fold(campaign: Campaign, *, at: datetime) -> bool:
    """Once every installation has an outcome, keep the sums and delete the batches, which say who was in the audience."""
    row = Campaign.objects.select_for_update(of=("self",), skip_locked=True).filter(pk=campaign.pk, finished_at=None).first()
    batches = Batch.objects.filter(wave__campaign=campaign)
    if row is None or row.frozen_at is None or batches.exclude(state=BatchState.DONE).exists():
        return False
    if row.state != CampaignState.SENDING and not _is_over(row, at=at):
        return False
    with connection.cursor() as cursor:
        cursor.execute(_FOLD, {"id": row.pk, "at": at})
    batches.delete()
    row.waves.update(segments=[], canary=[], canary_segments=[])
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
        ticket_watermark = NULL, tally = coalesce((SELECT jsonb_object_agg(message, counts) FROM messages), '{}')
    FROM sums s, topics t WHERE c.id = %(id)s
"""


def follow_brakes(*, at: datetime) -> None:
    """Let a campaign's state follow its brake, where the process that pulled it could not write the state."""
    state_after = {
        BrakeState.STOPPED: CampaignState.STOPPED,
        BrakeState.PAUSED: CampaignState.PAUSED,
        BrakeState.HALTED: CampaignState.HALTED,
    }
    brakes = Brake.objects.filter(state__in=state_after, set_at__lt=at - timedelta(seconds=2), campaign__state__in=BEFORE_THE_END)
    for brake in brakes.select_related("campaign", "set_by"):
        campaign, state = brake.campaign, state_after[BrakeState(brake.state)]
        if campaign is not None and brake.set_by is not None and (str(campaign.state), str(state)) in LIFECYCLE.edges:
            try:
                advance(campaign, state, by=brake.set_by, at=at, reason=brake.reason or campaign.reason)
            except ChangedMeanwhile:
                continue


def database_now() -> datetime:
    """Return the database's clock, which leases, waves and ends of campaigns go by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: Any = cursor.fetchone()[0]
    assert isinstance(now, datetime)
    return now
