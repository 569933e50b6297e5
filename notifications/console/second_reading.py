"""Second readings: a person who reads a language confirms a submitted campaign's text in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from core.console.display import language_text
from core.console.pages import Link, page
from core.console.step_up import fresh_sign_in
from core.errors import Invalid
from notifications.campaigns import approval
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.language_cards import language_cards
from notifications.models import CampaignState


@page("campaigns/<int:id>/read/", "campaign-read")
class SecondReadingPage(CampaignBasePage):
    """The texts of a submitted campaign in the languages that the user reads, each with a button that confirms it."""

    template_name = "notifications/campaign_read.html"
    actions = {"confirm": approval.READER_RIGHTS}

    def heading(self) -> str:
        return f"Second reading: {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def context(self) -> dict[str, Any]:
        summary = self.summary(reach=False)
        cards = language_cards(self.campaign, self.user, summary["previews"])
        return {
            **summary,
            "is_submitted": self.campaign.state == CampaignState.SUBMITTED,
            "cards": [card for card in cards if card.reads],
            "others": [card for card in cards if not card.reads],
        }

    @fresh_sign_in
    def action_confirm(self, data: QueryDict) -> str | None:
        locale, meaning = data.get("locale", ""), data.get("meaning", "").strip()
        if not meaning and locale != self.campaign.home_locale:
            raise Invalid(
                f"What it says ({language_text(locale)}): write in one sentence what the text says, for an approver who does not "
                "read the language.",
                code="meaning",
                field="meaning",
            )
        approval.confirm_text(
            self.campaign, locale, fingerprint=data.get("fingerprint", ""), by=self.user, at=self.at, meaning=meaning
        )
        self.success(f"Confirmed: the text in {language_text(locale)}.")
        return reverse("admin:campaign-read", args=[self.campaign.pk])
