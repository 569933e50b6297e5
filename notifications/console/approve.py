"""Approve a campaign: what will happen, what has changed, every language with its second reader, and the two decisions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from core.console.pages import Link, page
from core.console.step_up import fresh_sign_in
from core.errors import DomainError, Invalid
from notifications.campaigns import approval, lifecycle
from notifications.console import approval_reading
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.rights import APPROVER
from notifications.models import CampaignState
from notifications.models.campaign import CampaignQuerySet

S = CampaignState


@page("campaigns/<int:id>/approve/", "campaign-approve")
class ApproveCampaignPage(CampaignBasePage):
    """Everything that is approved, and the buttons that approve it or send it back."""

    template_name = "notifications/campaign_approve.html"
    permission_required = APPROVER
    actions = {"approve": (APPROVER,), "return": (APPROVER,)}

    def found(self) -> CampaignQuerySet:
        return super().found().annotate(is_of_own_programme=approval.touched_in_programme(self.user))

    def heading(self) -> str:
        return f"Approve {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        if campaign.state != S.SUBMITTED:
            return {**self.summary(), "is_submitted": False}
        summary = self.summary(reach=False)
        return {
            **summary,
            **self._reading(summary),
            "is_submitted": True,
            "may_decide": not summary["mine"] and not campaign.is_of_own_programme,  # type: ignore[attr-defined]
            "ticked": self.submitted.getlist("language") if self.submitted else [],
            "typed_number": self.submitted.get("number", "") if self.submitted else "",
            "typed_reason": self.submitted.get("urgent_reason", "") if self.submitted else "",
        }

    def _reading(self, summary: dict[str, Any]) -> dict[str, Any]:
        """Return what the approver reads of the campaign."""
        number = self.campaign.pk
        found = approval_reading.readings([self.campaign], self.user, {number: summary}, self.audiences, at=self.at)
        return found[number]

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        languages = approval_reading.languages_read(self.campaign, self.user, set(data.getlist("language")))
        approved = lifecycle.approve(
            self.campaign,
            fingerprint=data.get("fingerprint", ""),
            by=self.user,
            at=self.at,
            languages=languages,
            reach=approval_reading.typed_reach(data),
            reason=data.get("urgent_reason", ""),
        )
        if not approved:
            self.success("First approval given. A second approver must approve it too before anything is sent.")
            return self.campaign_url()
        self.success("Approved. It is sent at its time. You can pause or stop it on this page.")
        return reverse("admin:campaign-live", args=[self.campaign.pk])

    def action_return(self, data: QueryDict) -> str | None:
        reason = data.get("reason", "").strip()
        if not reason:
            raise Invalid("Enter a reason, so that the author knows what to change.", code="reason", field="reason")
        lifecycle.send_back(self.campaign, by=self.user, at=self.at, reason=reason[:500])
        self.success("Sent back. The campaign is a draft again. Its author edits it, and you can approve it later.")
        return self.campaign_url()

    def error_text(self, error: DomainError) -> str:
        return approval_reading.refusal_text(error)
