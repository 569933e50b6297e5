"""Approve a campaign: what will happen, what has changed, every language with its second reader, and the two decisions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.models import Channel
from core.console.display import language_text
from core.console.pages import Link, page
from core.console.step_up import fresh_sign_in
from core.errors import DomainError, Invalid
from notifications.campaigns import approval, audience, definition, lifecycle
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.definition_changes import DefinitionChanges, changes_between
from notifications.console.language_cards import language_cards
from notifications.console.rights import APPROVER
from notifications.console.will_happen import will_happen
from notifications.models import CampaignLook, CampaignState, FirstApproval

S = CampaignState


@page("campaigns/<int:id>/approve/", "campaign-approve")
class ApproveCampaignPage(CampaignBasePage):
    """Everything that is approved, and the buttons that approve it or send it back."""

    template_name = "notifications/campaign_approve.html"
    permission_required = APPROVER
    actions = {"approve": (APPROVER,), "return": (APPROVER,)}

    def heading(self) -> str:
        return f"Approve {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        if campaign.state != S.SUBMITTED:
            return {**self.summary(), "is_submitted": False}
        # The forecast says how many, from the same counters.
        summary = self.summary(reach=False)
        will = will_happen(campaign, at=self.at)
        document = definition.write(campaign)
        names = self._names(summary)
        cards = language_cards(campaign, self.user, summary["previews"])
        look = CampaignLook.objects.last_before(campaign, by=self.user.pk)
        CampaignLook.objects.bulk_create(
            [CampaignLook(campaign=campaign, by=self.user, fingerprint=campaign.fingerprint, definition=document, at=self.at)],
            ignore_conflicts=True,
        )
        urgent = approval.recent_urgent(campaign, at=self.at)
        return {
            **summary,
            "is_submitted": True,
            "cards": cards,
            "waiting_for": [card.language for card in cards if card.reading is None and not card.reads],
            "look": look,
            "changes": changes_between(look.definition, document, names=names) if look else None,
            "corrected": self._against_corrected(document, names),
            "help": self._help(summary),
            "urgent": urgent,
            "first": self._first_approval() if urgent else None,
            "will": will,
            "number": will.devices if (will.devices or 0) > audience.CONFIRM_ABOVE else None,
            "ticked": self.submitted.getlist("language") if self.submitted else [],
        }

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        ticked = set(data.getlist("language"))
        for locale in self.campaign.words:
            if self.user.reads(locale) and locale not in ticked:
                raise Invalid(
                    f"{language_text(locale)}: read the text, then tick that you have read it.", code="language", field="language"
                )
        approved = lifecycle.approve(
            self.campaign,
            fingerprint=data.get("fingerprint", ""),
            by=self.user,
            at=self.at,
            languages=ticked & self.campaign.words.keys(),
            reach=_reach(data),
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
        """Name languages in words."""
        if isinstance(error, approval.SecondReaderMissing):
            names = ", ".join(language_text(locale) for locale in error.extra["languages"])
            return f"Nobody who reads it has confirmed the text in: {names}. Ask a second reader of each language."
        return error.detail

    def _against_corrected(self, document: dict[str, Any], names: dict[str, str]) -> DefinitionChanges | None:
        """Return what differs from the alert that this campaign follows, if it follows one."""
        earlier = self.campaign.references
        return changes_between(definition.write(earlier), document, names=names) if earlier else None

    def _first_approval(self) -> FirstApproval | None:
        given = FirstApproval.objects.filter(campaign=self.campaign, fingerprint=self.campaign.fingerprint)
        return given.select_related("by").first()

    def _names(self, summary: dict[str, Any]) -> dict[str, str]:
        """Return what staff call the apps, services and tips of the campaign."""
        names = {app.name: app.title for app in summary["apps"]}
        names |= {slug: title for _, slug, title in summary["tips"] if title}
        return names | {name: service.name for name, service in summary["services"] if service is not None}

    def _help(self, summary: dict[str, Any]) -> list[dict[str, Any]]:
        """Return each service with its contacts, as an app shows them."""
        channels = list(Channel.objects.filter(service__in=self.campaign.services).order_by("service_id", "position"))
        return [
            {"service": service, "channels": [channel for channel in channels if channel.service_id == name]}
            for name, service in summary["services"]
            if service is not None
        ]


def _reach(data: QueryDict) -> int | None:
    """Return the number of phones that the page showed and the approver typed; None where the page asked for none."""
    shown, typed = data.get("shown_number", ""), "".join(filter(str.isdigit, data.get("number", "")))
    if not shown.isdecimal():
        return None
    if typed != shown:
        sentence = f"Number of phones: type {int(shown):,} to confirm that so many phones get the alert."
        raise Invalid(sentence, code="number", field="number")
    return int(shown)
