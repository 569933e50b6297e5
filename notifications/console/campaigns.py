"""Campaigns: the list, one campaign, and the pages that approve or stop one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, JsonResponse, QueryDict
from django.urls import reverse

from content.console.labels import label
from content.console.unit_names import UnitNames
from content.models import Service, Tip
from core.console.display import language_text
from core.console.pages import Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import DomainError, Invalid
from core.models import AuditEntry, User
from notifications.campaigns import audience, lifecycle
from notifications.campaigns.messages import text_warnings
from notifications.console import campaign_display
from notifications.console.preview import previews
from notifications.console.rights import APPROVER, AUTHOR, CAMPAIGN_STAFF, STOPPER
from notifications.models import App, Brake, BrakeState, Campaign, CampaignState
from notifications.models.campaign import ALL
from notifications.models.campaign_state import APPROVED_ON, LIFECYCLE

S = CampaignState


@page("campaigns/", "campaigns", order=60)
class CampaignsPage(Page):
    """All campaigns, newest first."""

    template_name = "notifications/campaigns.html"
    title = "Campaigns"
    menu = "Campaigns"
    menu_permissions = CAMPAIGN_STAFF
    actions = {"release-everything": (APPROVER,)}

    def context(self) -> dict[str, Any]:
        state = self.request.GET.get("state", "")
        campaigns = Campaign.objects.select_related("created_by", "submitted_by", "approved_by")
        if state in S.values:
            campaigns = campaigns.filter(state=state)
        part = self.paginate(campaigns, 30)
        return {
            "part": part,
            "rows": [
                {
                    "campaign": campaign,
                    "kind": campaign_display.KINDS[campaign.kind],
                    "tag": campaign_display.state_tag(campaign),
                    "begins": campaign_display.begins_text(campaign),
                }
                for campaign in part
            ],
            "state": state,
            "states": S.choices,
            "brake": global_brake(),
            "may_write": self.has_any_perm(AUTHOR),
            "may_stop": self.has_any_perm(STOPPER),
        }

    @fresh_sign_in
    def action_release_everything(self, data: QueryDict) -> str | None:
        Brake.objects.release_everything(by=self.user, at=self.at)
        self.success("Sending is allowed again. Campaigns that were paused or stopped one by one stay as they are.")
        return None


class _CampaignPage(Page):
    """The base of the pages of one campaign."""

    menu = "Campaigns"

    def load(self) -> None:
        self.campaign = Campaign.objects.numbered(self.kwargs["id"])

    def heading(self) -> str:
        return self.campaign.name

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def campaign_url(self) -> str:
        """Return the URL of the campaign's own page."""
        return reverse("admin:campaign", args=[self.campaign.pk])

    def summary(self) -> dict[str, Any]:
        """Return what the campaign will do, for whom and when, as template context."""
        campaign = self.campaign
        people = User.objects.in_bulk(campaign.touched_by)
        tips = {tip.slug: tip for tip in Tip.objects.filter(slug__in=campaign.tips.values())}
        names = UnitNames(f"tip.{slug}" for slug in tips)
        services = Service.objects.in_bulk(campaign.services)
        return {
            "campaign": campaign,
            "kind": campaign_display.KINDS[campaign.kind],
            "tag": campaign_display.state_tag(campaign),
            "live": campaign.status == "Actual",
            "begins": campaign_display.begins_text(campaign),
            "until": campaign_display.instant_and_home_text(campaign.not_after, campaign.home_zone),
            "apps": App.objects.named(campaign.apps, actual=campaign.status == "Actual"),
            "all": ALL,
            "editors": [people[pk].username for pk in campaign.touched_by if pk in people],
            "previews": previews(campaign, self.user),
            "text_warnings": [(language_text(locale), sentence) for locale, sentence in text_warnings(campaign)],
            "services": [(name, services.get(name)) for name in campaign.services],
            "tips": [
                (label("audience", who), slug, names.name(f"tip.{slug}") if slug in tips else "")
                for who, slug in campaign.tips.items()
            ],
            "mine": self.user.pk in campaign.touched_by,
            **self._reach(),
        }

    def _reach(self) -> dict[str, Any]:
        """Return how many phones the campaign would reach now, or why that cannot be said."""
        try:
            return {"reach": audience.reach(self.campaign), "reach_error": ""}
        except DomainError as error:
            return {"reach": None, "reach_error": error.detail}


@page("campaigns/<int:id>/", "campaign")
class CampaignPage(_CampaignPage):
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
            **self.summary(),
            "progress": progress if shown or campaign.state == S.SENDING else None,
            "next_states": {to for start, to in LIFECYCLE.edges if start == campaign.state},
            "may_approve": self.has_any_perm(APPROVER),
            "may_stop": self.has_any_perm(STOPPER),
            "may_edit": self.has_any_perm(AUTHOR),
            "brake": global_brake() if campaign.state in campaign_display.MOVING else None,
            "history": history,
            "approved_on": APPROVED_ON,
        }

    def action_submit(self, data: QueryDict) -> str | None:
        lifecycle.submit(self.campaign, by=self.user, at=self.at)
        self.success("Submitted. Someone who has not written or edited this campaign must approve it.")
        return None

    def action_return(self, data: QueryDict) -> str | None:
        reason = data.get("reason", "").strip()
        if not reason and self.user.pk not in self.campaign.touched_by:
            raise Invalid("Enter a reason, so that the author knows what to change.", code="reason")
        lifecycle.send_back(self.campaign, by=self.user, at=self.at, reason=reason)
        self.success("Sent back. The campaign is a draft again.")
        return None

    def action_reject(self, data: QueryDict) -> str | None:
        lifecycle.reject(self.campaign, by=self.user, at=self.at, reason=data.get("reason", ""))
        self.success("Rejected. The campaign cannot be sent.")
        return None

    def action_pause(self, data: QueryDict) -> str | None:
        lifecycle.pause(self.campaign, by=self.user, at=self.at)
        self.success("Paused. Nothing is sent until someone resumes the campaign.")
        return None

    @fresh_sign_in
    def action_resume(self, data: QueryDict) -> str | None:
        lifecycle.resume(self.campaign, by=self.user, at=self.at)
        self.success("Resumed.")
        return None


@page("campaigns/<int:id>/approve/", "campaign-approve")
class ApproveCampaignPage(_CampaignPage):
    """Everything that is approved, and the button that approves it."""

    template_name = "notifications/campaign_approve.html"
    permission_required = APPROVER
    actions = {"approve": (APPROVER,)}

    def heading(self) -> str:
        return f"Approve {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def context(self) -> dict[str, Any]:
        return {**self.summary(), "is_submitted": self.campaign.state == S.SUBMITTED}

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        if data.get("read") != "yes":
            raise Invalid("Confirm that you have read every text before you approve.", code="read")
        lifecycle.approve(self.campaign, fingerprint=data.get("fingerprint", ""), by=self.user, at=self.at)
        self.success("Approved. The campaign is sent at its time. You can stop it on this page.")
        return self.campaign_url()


@page("campaigns/<int:id>/stop/", "campaign-stop")
class StopCampaignPage(_CampaignPage):
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
            "tag": campaign_display.state_tag(campaign),
            "live": campaign.status == "Actual",
            "can_stop": (campaign.state, S.STOPPED) in LIFECYCLE.edges,
            "progress": campaign_display.progress(campaign) if campaign.devices or campaign.topics else None,
        }

    def action_stop(self, data: QueryDict) -> str | None:
        lifecycle.stop(self.campaign, by=self.user, at=self.at, reason=data.get("reason", "").strip()[:500])
        self.success("Stopped. Nothing more is sent, and the alert is removed from the feed.")
        return self.campaign_url()


@page("campaigns/<int:id>/progress/", "campaign-progress")
class CampaignProgressPage(_CampaignPage):
    """The campaign's counts as JSON, for the script on its page."""

    def render(self, status: int = 200) -> HttpResponse:
        return JsonResponse(campaign_display.progress(self.campaign))


@page("campaigns/stop-everything/", "stop-everything")
class StopEverythingPage(Page):
    """Confirm and stop all sending."""

    template_name = "notifications/stop_everything.html"
    title = "Stop everything"
    menu = "Campaigns"
    permission_required = STOPPER
    actions = {"stop-everything": (STOPPER,)}

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def context(self) -> dict[str, Any]:
        return {"sending": Campaign.objects.filter(state=S.SENDING), "brake": global_brake()}

    def action_stop_everything(self, data: QueryDict) -> str | None:
        reason = data.get("reason", "").strip()[:300]
        if not reason:
            raise Invalid("Enter a reason, so that colleagues know why sending is stopped.", code="reason")
        Brake.objects.stop_everything(by=self.user, at=self.at, reason=reason)
        self.success("Everything is stopped. No campaign sends anything until an approver allows sending again.")
        return reverse("admin:campaigns")


def global_brake() -> Brake | None:
    """Return the brake of all campaigns where it stops sending, else None."""
    return Brake.objects.filter(campaign=None).exclude(state=BrakeState.GO).select_related("set_by").first()
