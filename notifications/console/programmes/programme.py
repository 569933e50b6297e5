"""One programme: its campaigns with what each will do, and what can be done with all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from core.console.display import StatusTag
from core.console.pages import Link, Page, page
from core.errors import Conflict, Invalid
from notifications.campaigns import programmes
from notifications.campaigns.audience import Audiences
from notifications.campaigns.programmes import ProgrammeNotReady, Unready
from notifications.console import campaign_display
from notifications.console.calendar import readers_text
from notifications.console.campaign_list import languages_text, reached_text
from notifications.console.programmes.overview import ProgrammeForm
from notifications.console.rights import APPROVER, AUTHOR, CAMPAIGN_READERS, STOPPER
from notifications.console.will_happen import WillHappen, will_happen
from notifications.models import Campaign, CampaignState
from notifications.models.campaign_state import LIFECYCLE

S = CampaignState
#: Drafts outside any programme that the form offers.
_MAX_DRAFTS = 50


class ProgrammeBasePage(Page):
    """The base of the pages of one programme."""

    menu = "Campaigns"
    reader_permissions = CAMPAIGN_READERS

    def load(self) -> None:
        self.programme = programmes.numbered(self.kwargs["id"])
        self.campaigns = list(programmes.campaigns_of(self.programme))

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns")), Link("Programmes", reverse("admin:programmes"))]

    def programme_url(self) -> str:
        """Return the URL of the programme's own page."""
        return reverse("admin:programme", args=[self.programme.pk])


@dataclass(frozen=True)
class ProgrammeCampaign:
    """One campaign of the programme as its page shows it."""

    campaign: Campaign
    tag: StatusTag
    readers: str
    languages: str
    reached: str
    #: None once it is over.
    will: WillHappen | None
    #: Why it cannot be submitted; () where it can, or is no draft.
    reasons: tuple[str, ...]
    can_stop: bool


@page("programmes/<int:id>/", "programme")
class ProgrammePage(ProgrammeBasePage):
    """One programme."""

    template_name = "notifications/programmes/programme.html"
    actions = {
        "rename": (AUTHOR,),
        "add": (AUTHOR,),
        "remove": (AUTHOR,),
        "submit": (AUTHOR,),
        "delete": (AUTHOR,),
    }

    def heading(self) -> str:
        return self.programme.name

    def context(self) -> dict[str, Any]:
        rows = self._rows()
        states = {campaign.state for campaign in self.campaigns}
        mine = any(self.user.pk in campaign.touched_by for campaign in self.campaigns)
        renaming = self.submitted if self.submitted and self.submitted.get("action") == "rename" else None
        drafts = Campaign.objects.filter(state=S.DRAFT, programme=None, is_template=False).order_by("-pk")[:_MAX_DRAFTS]
        return {
            "programme": self.programme,
            "rows": rows,
            "form": ProgrammeForm(renaming or {"name": self.programme.name, "note": self.programme.note}),
            "drafts": drafts if self.has_any_perm(AUTHOR) else [],
            "is_full": len(rows) >= programmes.MAX_CAMPAIGNS,
            "has_drafts": S.DRAFT in states,
            "not_ready": sum(bool(row.reasons) for row in rows),
            "is_waiting": S.SUBMITTED in states,
            "may_approve": self.has_any_perm(APPROVER),
            "mine": mine,
            "may_stop": self.has_any_perm(STOPPER) and any(row.can_stop for row in rows),
        }

    def _rows(self) -> list[ProgrammeCampaign]:
        reasons = {one.campaign.pk: one.reasons for one in self._unready()}
        coming = [campaign for campaign in self.campaigns if campaign.state in (S.SUBMITTED, S.APPROVED)]
        known = Audiences(coming)
        return [
            ProgrammeCampaign(
                campaign,
                campaign_display.state_tag(campaign),
                readers_text(campaign) if campaign.audiences else "not chosen yet",
                languages_text(campaign),
                reached_text(campaign),
                will_happen(campaign, at=self.at, known=known) if campaign in coming else None,
                reasons.get(campaign.pk, ()),
                (campaign.state, S.STOPPED) in LIFECYCLE.edges,
            )
            for campaign in self.campaigns
        ]

    def _unready(self) -> list[Unready]:
        if isinstance(self.error, ProgrammeNotReady):
            return list(self.error.extra["unready"])
        return programmes.unready(self.campaigns, at=self.at)

    def action_rename(self, data: QueryDict) -> str | None:
        programmes.rename(self.programme, data.get("name", ""), data.get("note", ""), by=self.user, at=self.at)
        self.success("Saved.")
        return None

    def action_add(self, data: QueryDict) -> str | None:
        if not (number := data.get("campaign", "")):
            raise Invalid("Choose a draft.", code="campaign", field="campaign")
        campaign = Campaign.objects.numbered(number)
        programmes.add(self.programme, campaign, by=self.user, at=self.at)
        self.success(f"Added to the programme: {campaign.name}.")
        return None

    def action_remove(self, data: QueryDict) -> str | None:
        campaign = Campaign.objects.numbered(data.get("campaign", ""))
        if campaign.programme_id != self.programme.pk:
            raise Conflict("This campaign is not in the programme any more.", code="programme")
        programmes.remove(campaign, by=self.user, at=self.at)
        self.success(f"Removed from the programme: {campaign.name}.")
        return None

    def action_submit(self, data: QueryDict) -> str | None:
        submitted = programmes.submit(self.programme, by=self.user, at=self.at)
        number = len(submitted)
        self.success(
            f"Submitted: {number} {'campaign' if number == 1 else 'campaigns'}. Someone who has not written or edited any "
            "campaign of this programme must approve it."
        )
        return None

    def action_delete(self, data: QueryDict) -> str | None:
        programmes.delete(self.programme, by=self.user, at=self.at)
        self.success(f"Deleted: {self.programme.name}.")
        return reverse("admin:programmes")


@page("programmes/<int:id>/stop/", "programme-stop")
class StopProgrammePage(ProgrammeBasePage):
    """Confirm and stop every campaign of the programme for good."""

    template_name = "notifications/programmes/stop.html"
    permission_required = STOPPER
    actions = {"stop": (STOPPER,)}

    def heading(self) -> str:
        return f"Stop {self.programme.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.programme.name, self.programme_url())]

    def context(self) -> dict[str, Any]:
        found = [campaign for campaign in self.campaigns if (campaign.state, S.STOPPED) in LIFECYCLE.edges]
        return {"programme": self.programme, "rows": [(one, campaign_display.state_tag(one)) for one in found]}

    def action_stop(self, data: QueryDict) -> str | None:
        reason = data.get("reason", "").strip()[:500]
        stopped = programmes.stop(self.programme, reason=reason, by=self.user, at=self.at)
        self.success(f"Stopped: {', '.join(campaign.name for campaign in stopped)}. Nothing more of them is sent.")
        return self.programme_url()
