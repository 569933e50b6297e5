"""The page of one campaign, and the page that stops everything."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from core.console.pages import Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Invalid
from notifications.campaigns import lifecycle
from notifications.campaigns.approval import READER_RIGHTS
from notifications.campaigns.deciders import approvers_of, deadline_of
from notifications.campaigns.limits import in_words, is_within
from notifications.campaigns.progress import progress_of
from notifications.campaigns.rehearsal import TESTER_RIGHTS
from notifications.console import campaign_display
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.in_flight import global_brake
from notifications.console.rights import APPROVER, AUTHOR, STOPPER
from notifications.models import Brake, Campaign, CampaignState
from notifications.models.campaign_state import LIFECYCLE

S = CampaignState
#: States before the freeze in which the number of phones is still of use.
_REACHES = (S.DRAFT, S.SUBMITTED, S.APPROVED, S.HALTED)


@page("campaigns/<int:id>/", "campaign")
class CampaignPage(CampaignBasePage):
    """One campaign."""

    template_name = "notifications/campaign.html"
    actions = {
        "return": (AUTHOR, APPROVER),
        "reject": (APPROVER,),
        "pause": (STOPPER,),
        "resume": (STOPPER,),
    }

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        progress = None
        if campaign.was_approved:
            progress = campaign_display.progress(campaign, progress_of(campaign, known=self.audiences))
        # Before the audience is frozen there is nothing to count, but a worker may be missing.
        shown = progress is not None and (campaign.devices or campaign.frozen_at or progress["waiting"])
        return {
            # Once the audience is frozen, its own counts are shown instead.
            **self.summary(reach=campaign.frozen_at is None and campaign.state in _REACHES),
            "progress": progress if shown or campaign.state == S.SENDING else None,
            "next_states": {to for start, to in LIFECYCLE.edges if start == campaign.state},
            "may_approve": self.has_any_perm(APPROVER) and is_within(self.user, campaign),
            "limits": "" if is_within(self.user, campaign) else in_words(self.user),
            "approvers": self._approvers(),
            "may_stop": self.has_any_perm(STOPPER),
            "may_edit": self.has_any_perm(AUTHOR) and is_within(self.user, campaign),
            "may_read": self.has_any_perm(*READER_RIGHTS),
            "may_test": self.has_any_perm(*TESTER_RIGHTS),
        }

    def _approvers(self) -> list[str] | None:
        """Return the names of those who can approve before the start; None where nothing waits for an approval."""
        if self.campaign.state not in (S.DRAFT, S.SUBMITTED):
            return None
        until = deadline_of(self.campaign, at=self.at)
        return [person.username for person in approvers_of(self.campaign, until=until)]

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
