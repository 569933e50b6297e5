"""Second readings: a person who reads a language confirms a campaign's text in it.

The texts of a submitted campaign are confirmed with its fingerprint. While the campaign is a draft, the texts that translators
handed in are confirmed in the same way, so that an author knows before the submission that a text is right.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from core.console.display import language_text
from core.console.pages import Link, page
from core.console.step_up import fresh_sign_in
from core.errors import Invalid
from notifications.campaigns import approval, draft_tasks, translation_requests, translation_texts
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.language_cards import language_cards
from notifications.console.preview import PhonePreview, previews
from notifications.console.rights import CAMPAIGN_READERS, CAMPAIGN_STAFF
from notifications.console.tasks.translation_display import differences_by_place
from notifications.console.translation_rows import ChangedText, changed_texts
from notifications.models import CampaignState, RequestState, TranslationRequest
from notifications.models.draft_task import DraftTask


@page("campaigns/<int:id>/read/", "campaign-read")
class SecondReadingPage(CampaignBasePage):
    """The texts that wait for a second reader in the languages that the user reads, each with a button that confirms it."""

    template_name = "notifications/campaign_read.html"
    reader_permissions = (*CAMPAIGN_READERS, *approval.READER_RIGHTS)
    actions = {"confirm": approval.READER_RIGHTS, "return": approval.READER_RIGHTS}

    @property
    def is_draft(self) -> bool:
        """Return whether the texts that translators handed in are read, before the submission."""
        return self.campaign.state == CampaignState.DRAFT

    def heading(self) -> str:
        return "Second reading" if self._shows_texts_alone() else f"Second reading: {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        if self._shows_texts_alone():
            return [Link("My work", reverse("admin:my-work"))]
        if not self._reads_campaigns():
            return [Link("My work", reverse("admin:my-work")), Link(self.campaign.name)]
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def _shows_texts_alone(self) -> bool:
        """Return whether the user sees nothing of the draft but its texts: editors are no campaign staff."""
        return self.is_draft and not self.has_any_perm(*CAMPAIGN_STAFF)

    def _reads_campaigns(self) -> bool:
        """Return whether the user may open the page of the campaign."""
        return self.has_any_perm(*CAMPAIGN_READERS)

    def context(self) -> dict[str, Any]:
        if self.is_draft:
            return self._draft_context()
        summary = self.summary(reach=False)
        cards = language_cards(self.campaign, self.user, summary["previews"])
        return {
            **summary,
            "is_submitted": self.campaign.state == CampaignState.SUBMITTED,
            "reads_campaigns": self._reads_campaigns(),
            "cards": [(card, None) for card in cards if card.reads],
            "others": [card for card in cards if not card.reads],
        }

    def _draft_context(self) -> dict[str, Any]:
        waiting = {request.locale: request for request in self._returned() if self.user.reads(request.locale)}
        cards = language_cards(self.campaign, self.user, self._previews()) if waiting else []
        return {
            "campaign": self.campaign,
            "is_draft": True,
            "texts_alone": self._shows_texts_alone(),
            "mine": self.user.pk in self.campaign.touched_by,
            "cards": [(card, waiting[card.locale]) for card in cards if card.locale in waiting],
            "home": [card for card in cards if card.locale == self.campaign.home_locale],
            "versions": {locale: self._version(locale) for locale in waiting},
            "source_changes": self._source_changes(waiting.values()),
        }

    def _previews(self) -> list[PhonePreview]:
        """Return the previews, without the audience of the campaign where the user sees its texts alone."""
        shown = previews(self.campaign, self.user)
        if self._shows_texts_alone():
            for phone in shown:
                if not self.campaign.words[phone.locale].get("variants"):
                    phone.audiences.clear()
        return shown

    def _returned(self) -> list[TranslationRequest]:
        found = TranslationRequest.objects.filter(campaign=self.campaign, state=RequestState.RETURNED)
        return list(found.select_related("campaign", "handed_in_by"))

    def _source_changes(self, requests: Iterable[TranslationRequest]) -> dict[str, list[ChangedText]]:
        """Return by locale what has changed in the source since the text was translated."""
        now = translation_texts.source_of(self.campaign).texts
        changed = {one.locale: differences_by_place(translation_texts.source_in(one).texts, now) for one in requests}
        return {locale: changed_texts(pairs) for locale, pairs in changed.items() if pairs}

    def _version(self, locale: str) -> str:
        return draft_tasks.version(self.campaign, DraftTask.WORDS, locale=locale)

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
        if self.is_draft:
            translation_requests.confirm(
                self._chosen(locale), campaign_version=data.get("version", ""), meaning=meaning, by=self.user, at=self.at
            )
        else:
            approval.confirm_text(
                self.campaign, locale, fingerprint=data.get("fingerprint", ""), by=self.user, at=self.at, meaning=meaning
            )
        self.success(f"Confirmed: the text in {language_text(locale)}.")
        return reverse("admin:campaign-read", args=[self.campaign.pk])

    def action_return(self, data: QueryDict) -> str | None:
        locale = data.get("locale", "")
        translation_requests.send_back(self._chosen(locale), reason=data.get("reason", ""), by=self.user, at=self.at)
        self.success(f"Sent back to the translators: the text in {language_text(locale)}.")
        return reverse("admin:my-work")

    def _chosen(self, locale: str) -> TranslationRequest:
        for request in self._returned():
            if request.locale == locale:
                return request
        raise Invalid("This text does not wait for a second reader.", code="locale")
