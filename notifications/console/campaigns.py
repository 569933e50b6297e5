"""Campaigns: the list, one campaign with all that an approver has to see, and the pages that ask before approve and stop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, JsonResponse, QueryDict
from django.urls import reverse

from content.models import Service, Tip
from core.console.pages import Link, Page, page
from core.errors import DomainError, Invalid
from core.models import AuditEntry, User
from notifications.campaigns import audience, lifecycle
from notifications.console import campaign_display
from notifications.console.preview import phones
from notifications.models import App, Brake, BrakeState, Campaign, CampaignState
from notifications.models.campaign import ALL
from notifications.models.campaign_state import APPROVED_ON, LIFECYCLE

S = CampaignState
AUTHOR, APPROVER, STOPPER = (
    "notifications.author_campaign",
    "notifications.approve_campaign",
    "notifications.stop_campaign",
)


@page("campaigns/", "campaigns", order=60)
class CampaignsPage(Page):
    """All campaigns, newest first."""

    template_name = "notifications/campaigns.html"
    title = "Campaigns"
    menu = "Campaigns"
    actions = {"release-everything": (APPROVER,)}

    def context(self) -> dict[str, Any]:
        state = self.request.GET.get("state", "")
        campaigns = Campaign.objects.select_related("created_by", "submitted_by", "approved_by")
        if state in S.values:
            campaigns = campaigns.filter(state=state)
        part = self.paginate(campaigns, 30)
        return {
            "part": part,
            "rows": [(campaign, campaign_display.tone(campaign), campaign_display.when(campaign)) for campaign in part],
            "state": state,
            "states": S.choices,
            "brake": pulled_brake(),
            "may_compose": self.has_any_perm(AUTHOR),
            "may_stop": self.has_any_perm(STOPPER),
        }

    def action_release_everything(self, data: QueryDict) -> str | None:
        Brake.objects.release_everything(by=self.user, at=self.at)
        self.success("Sending is possible again. Each campaign's own brake stays as it was.")
        return None


class _OneCampaign(Page):
    """What the pages of one campaign share."""

    menu = "Campaigns"

    def load(self) -> None:
        self.campaign = Campaign.objects.numbered(self.kwargs["id"])

    def heading(self) -> str:
        return self.campaign.name

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def address(self) -> str:
        """Return the address of the campaign's own page."""
        return reverse("admin:campaign", args=[self.campaign.pk])

    def shown(self) -> dict[str, Any]:
        """Return all that says what the campaign will do, to whom and when."""
        campaign = self.campaign
        people = User.objects.in_bulk(campaign.touched_by)
        tips = {tip.slug: tip for tip in Tip.objects.filter(slug__in=campaign.tips.values())}
        services = Service.objects.in_bulk(campaign.services)
        return {
            "campaign": campaign,
            "tone": campaign_display.tone(campaign),
            "live": campaign.status == "Actual",
            "when": campaign_display.when(campaign),
            "until": campaign_display.both(campaign.not_after, campaign.home_zone),
            "apps": App.objects.named(campaign.apps, actual=campaign.status == "Actual"),
            "all": ALL,
            "touched": [people[pk].username for pk in campaign.touched_by if pk in people],
            "phones": phones(campaign, self.user),
            "services": [(name, services.get(name)) for name in campaign.services],
            "tips": [(who, slug, tips.get(slug)) for who, slug in campaign.tips.items()],
            "mine": self.user.pk in campaign.touched_by,
            **self._reach(),
        }

    def _reach(self) -> dict[str, Any]:
        """Return how many phones would be pushed to now, or the sentence why it cannot be said."""
        try:
            return {"reach": audience.reach(self.campaign), "reach_refused": ""}
        except DomainError as error:
            return {"reach": None, "reach_refused": error.detail}


@page("campaigns/<int:id>/", "campaign")
class CampaignPage(_OneCampaign):
    """One campaign."""

    template_name = "notifications/campaign.html"
    actions = {
        "submit": (AUTHOR,),
        "return": (AUTHOR, APPROVER),
        "reject": (APPROVER,),
        "pause": (STOPPER,),
        "resume": (STOPPER,),
    }

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        history = AuditEntry.objects.filter(model="notifications.Campaign", row=str(campaign.pk)).select_related("by")
        progress = campaign_display.progress(campaign) if campaign.state in APPROVED_ON else None
        # Before the audience is frozen there is nothing to count, but a worker may be missing.
        shown = progress is not None and (campaign.devices or campaign.frozen_at or progress["waiting"])
        return {
            **self.shown(),
            "progress": progress if shown or campaign.state == S.SENDING else None,
            "can": {to for start, to in LIFECYCLE.edges if start == campaign.state},
            "may_approve": self.has_any_perm(APPROVER),
            "may_stop": self.has_any_perm(STOPPER),
            "may_edit": self.has_any_perm(AUTHOR),
            "brake": pulled_brake() if campaign.state in campaign_display.MOVING else None,
            "history": history,
            "approved_on": APPROVED_ON,
        }

    def action_submit(self, data: QueryDict) -> str | None:
        lifecycle.submit(self.campaign, by=self.user, at=self.at)
        self.success("Submitted. A second person who never touched it has to approve exactly this.")
        return None

    def action_return(self, data: QueryDict) -> str | None:
        reason = data.get("reason", "").strip()
        if not reason and self.user.pk not in self.campaign.touched_by:
            raise Invalid("Say why it goes back, so that the author knows what to change.", code="reason")
        lifecycle.send_back(self.campaign, by=self.user, at=self.at, reason=reason)
        self.success("It is a draft again.")
        return None

    def action_reject(self, data: QueryDict) -> str | None:
        lifecycle.reject(self.campaign, by=self.user, at=self.at, reason=data.get("reason", ""))
        self.success("Rejected for good.")
        return None

    def action_pause(self, data: QueryDict) -> str | None:
        lifecycle.pause(self.campaign, by=self.user, at=self.at)
        self.success("Paused: nothing more leaves until somebody resumes it.")
        return None

    def action_resume(self, data: QueryDict) -> str | None:
        lifecycle.resume(self.campaign, by=self.user, at=self.at)
        self.success("It goes on.")
        return None


@page("campaigns/<int:id>/approve/", "campaign-approve")
class ApprovePage(_OneCampaign):
    """Everything once more, and the one button that lets it go."""

    template_name = "notifications/approve.html"
    permission_required = APPROVER
    actions = {"approve": (APPROVER,)}

    def heading(self) -> str:
        return f"Approve: {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.address())]

    def context(self) -> dict[str, Any]:
        return {**self.shown(), "open": self.campaign.state == S.SUBMITTED}

    def action_approve(self, data: QueryDict) -> str | None:
        if data.get("read") != "yes":
            raise Invalid("Say that you have read every text before you approve.", code="read")
        lifecycle.approve(self.campaign, fingerprint=data.get("fingerprint", ""), by=self.user, at=self.at)
        self.success("Approved. It goes out when it is due; you can stop it here at any time.")
        return self.address()


@page("campaigns/<int:id>/stop/", "campaign-stop")
class StopPage(_OneCampaign):
    """Ask once, then stop for good."""

    template_name = "notifications/stop.html"
    permission_required = STOPPER
    actions = {"stop": (STOPPER,)}

    def heading(self) -> str:
        return f"Stop: {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.address())]

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        return {
            "campaign": campaign,
            "tone": campaign_display.tone(campaign),
            "live": campaign.status == "Actual",
            "open": (campaign.state, S.STOPPED) in LIFECYCLE.edges,
            "progress": campaign_display.progress(campaign) if campaign.devices or campaign.topics else None,
        }

    def action_stop(self, data: QueryDict) -> str | None:
        lifecycle.stop(self.campaign, by=self.user, at=self.at, reason=data.get("reason", "").strip()[:500])
        self.success("Stopped for good: no further request leaves, and the alert is out of the feed.")
        return self.address()


@page("campaigns/<int:id>/progress/", "campaign-progress")
class ProgressPage(_OneCampaign):
    """The counts as JSON, for the page that is open in a browser."""

    def render(self, status: int = 200) -> HttpResponse:
        return JsonResponse(campaign_display.progress(self.campaign))


@page("campaigns/stop-everything/", "stop-everything")
class StopEverythingPage(Page):
    """Ask once, then let nobody send anything."""

    template_name = "notifications/stop_everything.html"
    title = "Stop everything"
    menu = "Campaigns"
    permission_required = STOPPER
    actions = {"stop-everything": (STOPPER,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def context(self) -> dict[str, Any]:
        return {"running": Campaign.objects.filter(state=S.SENDING), "brake": pulled_brake()}

    def action_stop_everything(self, data: QueryDict) -> str | None:
        reason = data.get("reason", "").strip()[:300]
        if not reason:
            raise Invalid("Say why, in a few words: whoever comes next has to know.", code="reason")
        Brake.objects.stop_everything(by=self.user, at=self.at, reason=reason)
        self.success("Nothing leaves any more, whatever the campaign, until an approver releases it.")
        return reverse("admin:campaigns")


def pulled_brake() -> Brake | None:
    """Return the brake of everything where it is pulled."""
    return Brake.objects.filter(campaign=None).exclude(state=BrakeState.GO).select_related("set_by").first()
