"""Read and approve a whole programme: every campaign with what it will do and each of its languages, and one decision for all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import QueryDict

from core.console.pages import Link, page
from core.console.step_up import fresh_sign_in
from core.errors import DomainError
from notifications.campaigns import programmes
from notifications.campaigns.audience import Audiences
from notifications.campaigns.programmes import Decision
from notifications.console import approval_reading, campaign_display
from notifications.console.campaign_base import summaries_of
from notifications.console.programmes.programme import ProgrammeBasePage
from notifications.console.rights import APPROVER
from notifications.models import Campaign, CampaignState

S = CampaignState


@page("programmes/<int:id>/approve/", "programme-approve")
class ApproveProgrammePage(ProgrammeBasePage):
    """Every submitted campaign of the programme, and the buttons that approve all of them or send all of them back."""

    template_name = "notifications/programmes/approve.html"
    permission_required = APPROVER
    actions = {"approve": (APPROVER,), "return": (APPROVER,)}

    def heading(self) -> str:
        return f"Approve {self.programme.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.programme.name, self.programme_url())]

    def context(self) -> dict[str, Any]:
        waiting = self._waiting()
        may_decide = not any(self.user.pk in campaign.touched_by for campaign in self.campaigns)
        return {
            "programme": self.programme,
            "readings": list(self._readings(waiting, may_decide=may_decide)),
            "drafts": [campaign for campaign in self.campaigns if campaign.state == S.DRAFT],
            "others": [
                (campaign, campaign_display.state_tag(campaign))
                for campaign in self.campaigns
                if campaign.state not in (S.DRAFT, S.SUBMITTED)
            ],
            "may_decide": may_decide,
        }

    def _waiting(self) -> list[Campaign]:
        return [campaign for campaign in self.campaigns if campaign.state == S.SUBMITTED]

    def _readings(self, waiting: list[Campaign], *, may_decide: bool) -> Iterator[dict[str, Any]]:
        """Yield the context of each campaign's part of the page; its form fields have a prefix of their own."""
        audiences = Audiences(waiting)
        summaries = summaries_of(waiting, self.user, audiences)
        readings = approval_reading.readings(waiting, self.user, summaries, audiences, at=self.at)
        typed = self.submitted or QueryDict()
        for campaign in waiting:
            prefix = _prefix(campaign)
            yield {
                **summaries[campaign.pk],
                **readings[campaign.pk],
                "prefix": prefix,
                "tag": campaign_display.state_tag(campaign),
                "may_decide": may_decide,
                "ticked": typed.getlist(f"{prefix}language"),
                "typed_number": typed.get(f"{prefix}number", ""),
                "typed_reason": typed.get(f"{prefix}urgent_reason", ""),
            }

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        decisions = {}
        for campaign in self._waiting():
            prefix = _prefix(campaign)
            try:
                ticked = set(data.getlist(f"{prefix}language"))
                languages = approval_reading.languages_read(campaign, self.user, ticked)
                reach = approval_reading.typed_reach(data, prefix=prefix)
            except DomainError as error:
                error.detail = f"{campaign.name}: {error.detail}"
                raise
            decisions[campaign.pk] = Decision(
                fingerprint=data.get(f"{prefix}fingerprint", ""),
                languages=frozenset(languages),
                reach=reach,
                reason=data.get(f"{prefix}urgent_reason", ""),
            )
        first = programmes.approve(self.programme, decisions, by=self.user, at=self.at)
        if first:
            names = ", ".join(campaign.name for campaign in first)
            self.success(
                f"First approval given for {names}. A second approver must approve the programme before anything is sent."
            )
        else:
            self.success("Approved. Each campaign is sent at its time. You can stop one of them, or all, on this page.")
        return self.programme_url()

    def action_return(self, data: QueryDict) -> str | None:
        programmes.send_back(self.programme, reason=data.get("reason", ""), by=self.user, at=self.at)
        self.success("Sent back. Its campaigns are drafts again. Their authors edit them, and you can approve them later.")
        return self.programme_url()

    def error_text(self, error: DomainError) -> str:
        return approval_reading.refusal_text(error)


def _prefix(campaign: Campaign) -> str:
    return f"campaign-{campaign.pk}-"
