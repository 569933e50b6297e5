"""A campaign while it is sent: its counts by language, platform and readers, its pace, what slows it down, and what stops it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.http import HttpResponse, JsonResponse, QueryDict
from django.urls import reverse

from core.console.display import duration_text
from core.console.pages import Link, page
from core.console.step_up import fresh_sign_in
from notifications.campaigns import lifecycle, refusals
from notifications.campaigns.audience import Audiences
from notifications.campaigns.progress import progress_of
from notifications.campaigns.progress_history import Pace, pace_of
from notifications.campaigns.timeline import timeline
from notifications.console import campaign_display
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.outcome_rows import tables_of
from notifications.console.rights import AUTHOR, STOPPER
from notifications.console.will_happen import will_happen
from notifications.models import Campaign, CampaignState
from notifications.models.campaign_state import LIFECYCLE

S = CampaignState


@page("campaigns/<int:id>/live/", "campaign-live")
class LiveCampaignPage(CampaignBasePage):
    """One approved campaign, minute by minute, with the buttons that pause and stop it always in view."""

    template_name = "notifications/campaign_live.html"
    actions = {"pause": (STOPPER,), "resume": (STOPPER,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        context: dict[str, Any] = {
            "campaign": campaign,
            "tag": self.tag(),
            "brake": self.brake,
            "live": campaign.status == "Actual",
            "is_approved": campaign.was_approved,
            "next_states": {to for start, to in LIFECYCLE.edges if start == campaign.state},
            "may_stop": self.has_any_perm(STOPPER),
            "may_edit": self.has_any_perm(AUTHOR),
        }
        if not campaign.was_approved:
            return context
        counts = progress_of(campaign, known=self.audiences)
        return {
            **context,
            "progress": campaign_display.progress(campaign, counts),
            # The reason of a halt says it already.
            "lapsed_help": refusals.lapsed_help(campaign, at=self.at) if campaign.state in (S.SENDING, S.PAUSED) else [],
            "starts": first_start(campaign, at=self.at, known=self.audiences),
            "pace": pace_sentences(campaign, pace_of(campaign, counts, at=self.at), counts),
            "tables": tables_of(campaign),
            "timeline": [(entry, campaign_display.with_times(entry.text)) for entry in timeline(campaign)],
        }

    def action_pause(self, data: QueryDict) -> str | None:
        lifecycle.pause(self.campaign, by=self.user, at=self.at)
        self.success("Paused. Nothing is sent until someone resumes the campaign.")
        return None

    @fresh_sign_in
    def action_resume(self, data: QueryDict) -> str | None:
        lifecycle.resume(self.campaign, by=self.user, at=self.at)
        self.success("Resumed.")
        return None


def first_start(campaign: Campaign, *, at: datetime, known: Audiences | None = None) -> datetime | None:
    """Return when the first phones are due, for a campaign that has not begun; None where that cannot be said.

    `known` holds its audience, if it was read already.
    """
    if campaign.state != S.APPROVED:
        return campaign.starts_at if campaign.starts_at and campaign.starts_at > at else None
    return will_happen(campaign, at=at, known=known).first_due


def pace_sentences(campaign: Campaign, pace: Pace | None, counts: dict[str, Any]) -> list[str]:
    """Say how fast it goes, when it will end, and why nothing moves."""
    if pace is None:
        return []
    if pace.still_for is not None:
        waiting = campaign_display.with_times(counts["waiting"])
        why = f"because of this: {waiting}" if waiting else "and no reason is known. Ask the people who run the server."
        return [f"Nothing has moved for {_still_text(pace.still_for)}, {why}"]
    found = [f"{pace.per_second * 60:,.0f} a minute."] if pace.per_second else []
    if pace.ends_at is not None:
        end = campaign_display.home_text(pace.ends_at.replace(microsecond=0), campaign.home_zone)
        found.append(f"At this pace the last phone has a result at about {end}.")
    return found


def _still_text(span: timedelta) -> str:
    """Return for how long nothing has moved, with seconds below two minutes."""
    seconds = int(span.total_seconds())
    return f"{seconds} seconds" if seconds < 120 else duration_text(span)


@page("campaigns/<int:id>/stop/", "campaign-stop")
class StopCampaignPage(CampaignBasePage):
    """Confirm and stop a campaign for good."""

    template_name = "notifications/campaign_stop.html"
    permission_required = STOPPER
    actions = {"stop": (STOPPER,)}

    def heading(self) -> str:
        return f"Stop {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        return {
            "campaign": campaign,
            "tag": self.tag(),
            "live": campaign.status == "Actual",
            "can_stop": (campaign.state, S.STOPPED) in LIFECYCLE.edges,
            "thread": Campaign.objects.approved()
            .filter(Q(pk=campaign.alert) | Q(thread=campaign.alert))
            .exclude(pk=campaign.pk)
            .order_by("rev"),
            "progress": campaign_display.progress(campaign) if campaign.devices or campaign.topics else None,
        }

    def action_stop(self, data: QueryDict) -> str | None:
        lifecycle.stop(self.campaign, by=self.user, at=self.at, reason=data.get("reason", "").strip()[:500])
        self.success("Stopped. Nothing more of it is sent, and all messages of its thread are removed from the feed.")
        return reverse("admin:campaign-live", args=[self.campaign.pk])


@page("campaigns/<int:id>/progress/", "campaign-progress")
class CampaignProgressPage(CampaignBasePage):
    """The campaign's counts as JSON, for the script on its page."""

    def render(self, status: int = 200) -> HttpResponse:
        return JsonResponse(campaign_display.progress(self.campaign))
