"""The sentences of the page Status about sending: workers, the beat, campaigns, Firebase and the synthetic alert."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.urls import reverse

from core.console.display import duration_text, sentence_case, zoned_text
from core.console.pages import Link
from core.console.status_lines import Condition, StatusLine, counted
from core.models import User
from notifications.console.campaign_display import state_tag
from notifications.console.in_flight import Running, SendingNow, alarm_text, sending_now
from notifications.models import Batch, BrakeState, Campaign, CampaignState, Quota, SyntheticAlert
from notifications.models.batch import BatchState
from notifications.models.heartbeat import LastWork
from notifications.models.synthetic_alert import EVERY

S = CampaignState
#: How long after its time something may still be on its way.
_LATE_AFTER = timedelta(minutes=2)
#: Campaigns that are named one by one.
_NAMED = 20


def sending_lines(user: User, *, at: datetime) -> Iterator[StatusLine]:
    """Yield the sentences; the number of queries is the same however many campaigns there are."""
    now_sending = sending_now(user, at=at)
    yield from _worker_lines(now_sending.last_work, user.time_zone)
    yield from _campaign_lines(now_sending, user, at)
    yield from _firebase_lines(user, at)
    yield from _synthetic_lines(user, at)


def _worker_lines(last: LastWork, zone: str) -> Iterator[StatusLine]:
    silent = [part for part in (last.delivery, last.scheduler) if last.is_silent(part)]
    if not silent:
        yield StatusLine(Condition.WORKS, "Workers look for something to send, and start what is due.")
    else:
        seen = [part for part in silent if part is not None]
        # What has never worked has been silent for the longest.
        since = f"since {zoned_text(min(seen), zone)}" if len(seen) == len(silent) else "so far"
        text = f"No worker has been seen {since}. No alert is sent. Start a worker, or look at its log."
        yield StatusLine(Condition.NEEDS_PERSON, text)
    if not last.is_silent(last.beat):
        yield StatusLine(Condition.WORKS, "The beat wakes workers for scheduled work, such as signing and publishing.")
    else:
        since = f"since {zoned_text(last.beat, zone)}" if last.beat else "so far"
        yield StatusLine(
            Condition.LATE,
            f"No wake-up of the beat has arrived {since}. Alerts are sent, but nothing is signed or published on time. "
            "Check that a beat is running, and that it and the workers use the same broker.",
        )


def _campaign_lines(now_sending: SendingNow, user: User, at: datetime) -> Iterator[StatusLine]:
    campaigns = Link("Campaigns", reverse("admin:campaigns"))
    brake, running = now_sending.brake, now_sending.running
    if brake is not None:
        text = f"All sending is stopped: {alarm_text(brake, user.time_zone).rstrip(' .')}."
        # After a restore, restore_check comes first, which the reason says.
        again = "" if brake.state == BrakeState.HELD else " An approver can allow it again."
        yield StatusLine(Condition.NEEDS_PERSON, f"{text}{again}", campaigns)
    for one in running[:_NAMED]:
        yield _running_line(one, everything_stopped=brake is not None)
    if (more := len(running) - _NAMED) > 0:
        further = counted(more, "further campaign is", "further campaigns are")
        yield StatusLine(Condition.WORKS, f"{further} under way.", campaigns)
    if not running:
        yield StatusLine(Condition.WORKS, "Nothing is being sent.", campaigns)
    for start in now_sending.starts[:_NAMED]:
        late = at - start.starts_at > _LATE_AFTER
        should = f"should have started on {zoned_text(start.starts_at, user.time_zone)}"
        text = should if late else start.text(user.time_zone, at=at)
        condition = Condition.LATE if late else Condition.WORKS
        yield StatusLine(condition, f"{start.campaign.name} {text}.", _link(start.campaign))
    waiting = Campaign.objects.filter(state=S.SUBMITTED, is_template=False).count()
    if waiting:
        text = f"{counted(waiting, 'campaign waits', 'campaigns wait')} for an approver."
        yield StatusLine(Condition.NEEDS_PERSON, text, campaigns)
    due = Batch.objects.filter(ready_at__lte=Now() - _LATE_AFTER, wave__campaign__state=S.SENDING).exclude(state=BatchState.DONE)
    waiting_since = due.aggregate(number=Count("pk"), since=Min("ready_at"))
    if waiting_since["number"] and brake is None:
        waits = counted(waiting_since["number"], "batch of messages has", "batches of messages have")
        age = duration_text(at - waiting_since["since"])
        text = f"{waits} been due for up to {age}. The page of the campaign says what it waits for."
        yield StatusLine(Condition.LATE, text, campaigns)


def _running_line(one: Running, *, everything_stopped: bool) -> StatusLine:
    campaign = one.campaign
    if campaign.state == S.SENDING:
        condition = Condition.LATE if everything_stopped else Condition.WORKS
        text = f"{campaign.name} is being sent: {one.text(everything_stopped=everything_stopped)}."
    else:
        condition = Condition.NEEDS_PERSON
        reason = campaign.reason or "Nothing is sent until somebody resumes or stops it."
        text = f"{campaign.name}: {state_tag(campaign).text.lower()}. {reason}"
    return StatusLine(condition, text, _link(campaign))


def _firebase_lines(user: User, at: datetime) -> Iterator[StatusLine]:
    for quota in Quota.objects.filter(blocked_until__gt=at).order_by("project"):
        assert quota.blocked_until is not None
        until = zoned_text(quota.blocked_until, user.time_zone, seconds=True)
        reason = f"{sentence_case(quota.reason)} " if quota.reason else ""
        yield StatusLine(Condition.LATE, f"Nothing is sent to a Firebase project until {until}. {reason}".strip())


def _synthetic_lines(user: User, at: datetime) -> Iterator[StatusLine]:
    if not settings.SYNTHETIC_APP:
        return
    last = SyntheticAlert.objects.first()
    if last is None or last.accepted_at is None or last.problem:
        problem = f" {last.problem}" if last and last.problem else ""
        yield StatusLine(Condition.NEEDS_PERSON, f"The last synthetic alert did not get through.{problem}")
    else:
        late = at - last.accepted_at > timedelta(seconds=3 * EVERY)
        text = f"FCM accepted the last synthetic alert on {zoned_text(last.accepted_at, user.time_zone)}."
        yield StatusLine(Condition.LATE if late else Condition.WORKS, text)


def _link(campaign: Campaign) -> Link:
    return Link("View", reverse("admin:campaign", args=[campaign.pk]))
