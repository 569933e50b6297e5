"""Today: what needs a person in order of its deadline, what goes out, the next 14 days, a person's own campaigns, results."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Case, Q, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from core import roles
from core.console.display import day_text, duration_text, number_text, sentence_case, zoned_text
from core.console.pages import Link
from core.console.todo import TodayRow, TodaySection, TodoButton, TodoCard, today_sections, todo_cards
from core.models import User
from notifications.campaigns.first_starts import first_starts
from notifications.campaigns.limits import is_within
from notifications.campaigns.schedule import is_exact
from notifications.console import campaign_display
from notifications.console.in_flight import Running, sending_now
from notifications.console.rights import APPROVER, AUTHOR, CAMPAIGN_READERS, STOPPER
from notifications.models import BrakeState, Campaign, CampaignState
from notifications.models.campaign import ScheduleKind

S = CampaignState
#: How far Today looks ahead, and back for results.
_AHEAD = _BACK = timedelta(days=14)
#: Results that are read; Today shows fewer.
_MAX_RESULTS = 20


@todo_cards(10)
def campaigns_to_act_on(user: User, at: datetime) -> Iterator[TodoCard]:
    """What is stopped, what the user can approve, and what came back to the user; for those who may read campaigns.

    Why everything is stopped is in the strip above, as on every page; here is the act that it waits for.
    """
    if not roles.holds(user, *CAMPAIGN_READERS):
        return
    now_sending = sending_now(user, at=at)
    brake = now_sending.brake
    if brake is not None and brake.state == BrakeState.STOPPED and roles.holds(user, APPROVER):
        yield TodoCard(
            "Allow sending again", "Find out first whether the cause is removed. Until an approver allows it, nothing is sent.",
            reverse("admin:campaigns"), "View campaigns", None, "bad", deadline=at,
        )  # fmt: skip
    if roles.holds(user, STOPPER):
        for campaign in (one.campaign for one in now_sending.running if one.campaign.state != S.SENDING):
            yield _stopped_card(campaign, at)
    if roles.holds(user, APPROVER):
        yield from _approval_cards(user, at)
    if roles.holds(user, AUTHOR):
        for campaign in Campaign.objects.filter(state=S.DRAFT, touched_by__contains=[user.pk]).exclude(reason="").order_by("pk"):
            yield TodoCard(f"Sent back: {campaign.name}", campaign.reason, _url(campaign), "View", None, "wait")


def _stopped_card(campaign: Campaign, at: datetime) -> TodoCard:
    tag = campaign_display.state_tag(campaign)
    text = campaign.reason or "A person paused it. Nothing is sent until someone resumes it."
    stop = Link("Stop", reverse("admin:campaign-stop", args=[campaign.pk]), "stop")
    resume = TodoButton("Resume", reverse("admin:campaign-live", args=[campaign.pk]), "resume")
    return TodoCard(
        f"{tag.text}: {campaign.name}", text, _url(campaign), "View", None, tag.tone, (stop,), button=resume, deadline=at
    )


def _approval_cards(user: User, at: datetime) -> Iterator[TodoCard]:
    others = Campaign.objects.filter(state=S.SUBMITTED).exclude(touched_by__contains=[user.pk])
    found = others.select_related("submitted_by", "programme").order_by("pk")
    waiting = [one for one in found if is_within(user, one)]
    planned = [campaign for campaign in waiting if campaign.schedule_kind != ScheduleKind.NOW]
    starts = first_starts(planned, at=at, known=sending_now(user, at=at).zones)
    together: dict[int, list[Campaign]] = {}
    for campaign in waiting:
        if campaign.programme_id is not None:
            together.setdefault(campaign.programme_id, []).append(campaign)
    yield from (_programme_card(campaigns, starts, user, at) for campaigns in together.values())
    for campaign in (one for one in waiting if one.programme_id is None):
        deadline = starts.get(campaign.pk) or campaign.not_after
        kind = campaign_display.KINDS[campaign.kind].lower()
        what = kind if campaign.status == "Actual" else f"{campaign.status.lower()} ({kind})"
        instant = zoned_text(deadline, user.time_zone, seconds=is_exact(campaign))
        text = f"Approve before {instant}, in {duration_text(deadline - at)}." if deadline > at else "Its time has passed."
        by = campaign.submitted_by.username if campaign.submitted_by else ""
        if campaign.schedule_kind == ScheduleKind.NOW:
            text += " The campaign starts as soon as it is approved."
        yield TodoCard(
            f"To approve: {campaign.name}", f"{text} Submitted by {by}: {what}.", _url(campaign), "Read and decide", None, "wait",
            deadline=deadline,
        )  # fmt: skip


def _programme_card(campaigns: list[Campaign], starts: dict[int, datetime | None], user: User, at: datetime) -> TodoCard:
    """Return one card for all campaigns of a programme that wait for approval; its deadline is that of the first of them."""
    programme = campaigns[0].programme
    assert programme is not None
    first = min(campaigns, key=lambda campaign: starts.get(campaign.pk) or campaign.not_after)
    deadline = starts.get(first.pk) or first.not_after
    instant = zoned_text(deadline, user.time_zone, seconds=True)
    text = f"Approve before {instant}, in {duration_text(deadline - at)}." if deadline > at else "Its time has passed."
    names = ", ".join(campaign.name for campaign in campaigns)
    url = reverse("admin:programme-approve", args=[programme.pk])
    return TodoCard(
        f"To approve: {programme.name}", f"{text} A programme of: {names}.", url, "Read and decide", None, "wait",
        deadline=deadline,
    )  # fmt: skip


@today_sections(10)
def going_out(user: User, at: datetime) -> Iterator[TodaySection]:
    """What is being sent, with a link to stop it for those who may, and what starts soon; for all who read campaigns."""
    if not roles.holds(user, *CAMPAIGN_READERS):
        return
    now_sending = sending_now(user, at=at)
    brake, running = now_sending.brake, now_sending.running
    may_stop = roles.holds(user, STOPPER)
    rows = tuple(_running_row(one, may_stop=may_stop, everything_stopped=brake is not None) for one in running)
    campaigns = reverse("admin:campaigns")
    yield TodaySection("going-out", "Going out", rows, "Nothing is being sent.", Link("All campaigns", campaigns))
    zone = ZoneInfo(user.time_zone)
    planned = tuple(
        TodayRow(
            start.campaign.name,
            sentence_case(start.text(user.time_zone, at=at)),
            _url(start.campaign),
            group=day_text(start.starts_at.astimezone(zone)),
            more=_stop_link(start.campaign) if may_stop else (),
        )
        for start in now_sending.starts
        if start.starts_at < at + _AHEAD
    )
    calendar = Link("Calendar", reverse("admin:calendar"))
    yield TodaySection("next-days", "Next 14 days", planned, "No approved campaign starts in the next 14 days.", calendar)


@today_sections(20)
def own_campaigns(user: User, at: datetime) -> Iterator[TodaySection]:
    """The user's drafts and submissions, and the last results, for those who work on campaigns."""
    if not roles.holds(user, AUTHOR, APPROVER, STOPPER):
        return
    if roles.holds(user, AUTHOR):
        own = Campaign.objects.filter(
            state__in=(S.DRAFT, S.SUBMITTED), touched_by__contains=[user.pk], is_template=False
        ).select_related("programme")
        # The campaigns of a programme stand together.
        together = sorted(own.order_by("-pk"), key=lambda campaign: -(campaign.programme_id or 0))
        rows = tuple(_own_row(campaign, at) for campaign in together)
        more = Link("All your campaigns", f"{reverse('admin:campaigns')}?person={user.username}")
        write = Link("Write a campaign", reverse("admin:campaign-new"))
        yield TodaySection("yours", "Yours", rows, "You have no drafts, and no campaign that waits for approval.", more, write)
    expired = When(state=S.EXPIRED, not_after__lte=at, then="not_after")
    ended = Case(expired, default=Coalesce("finished_at", "approved_at"))
    results = (
        Campaign.objects.filter(state__in=(S.DONE, S.STOPPED, S.EXPIRED))
        .annotate(ended_at=ended)
        .filter(Q(ended_at__gte=at - _BACK))
        .order_by("-ended_at", "-pk")[:_MAX_RESULTS]
    )
    rows = tuple(_result_row(campaign, user.time_zone) for campaign in results)
    more = Link("All campaigns", reverse("admin:campaigns"))
    yield TodaySection("results", "Last results", rows, "No campaign has ended in the last 14 days.", more)


def _running_row(one: Running, *, may_stop: bool, everything_stopped: bool) -> TodayRow:
    campaign = one.campaign
    return TodayRow(
        campaign.name,
        one.text(everything_stopped=everything_stopped),
        _url(campaign),
        campaign_display.state_tag(campaign),
        percent=one.percent,
        more=_stop_link(campaign) if may_stop else (),
    )


def _own_row(campaign: Campaign, at: datetime) -> TodayRow:
    if campaign.state == S.SUBMITTED and campaign.submitted_at:
        text = f"Waits for an approver since {duration_text(at - campaign.submitted_at)}"
    elif campaign.reason:
        text = f"Came back: {campaign.reason}"
    else:
        text = f"Draft, written {duration_text(at - campaign.created_at)} ago"
    if campaign.programme is not None:
        text = f"{text}. Part of {campaign.programme.name}"
    return TodayRow(campaign.name, text, _url(campaign), campaign_display.state_tag(campaign))


def _result_row(campaign: Campaign, zone: str) -> TodayRow:
    accepted = f"accepted for {number_text(campaign.accepted)} of {number_text(campaign.devices)} phones"
    text = accepted if campaign.devices else "in the feed" if campaign.state == S.DONE else "nothing was sent"
    if campaign.state == S.EXPIRED:
        text = f"{text}. {campaign.reason}"
    when = f", {zoned_text(campaign.finished_at, zone)}" if campaign.finished_at else ""
    return TodayRow(campaign.name, f"{sentence_case(text)}{when}", _url(campaign), campaign_display.state_tag(campaign))


def _stop_link(campaign: Campaign) -> tuple[Link, ...]:
    return (Link("Stop", reverse("admin:campaign-stop", args=[campaign.pk]), "stop"),)


def _url(campaign: Campaign) -> str:
    return reverse("admin:campaign", args=[campaign.pk])
