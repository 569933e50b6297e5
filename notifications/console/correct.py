"""Correct an alert, take it back, or say that it is over: from the alert to a submission in one step."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.urls import reverse

from content.compiling.snapshot import service_facts
from core.console.display import language_text
from core.console.pages import Link, page
from core.errors import Conflict, DomainError, Invalid
from core.instants import rfc3339
from notifications.campaigns import audience, caution_answers, definition, lifecycle, texts, typed_facts, variants
from notifications.campaigns.checks.problem import Caution
from notifications.campaigns.checks.words import cautions
from notifications.campaigns.definition_fields import TEXT_LIMITS
from notifications.console.campaign_base import CampaignBasePage
from notifications.console.definition_changes import TEXT_NAMES
from notifications.console.rights import AUTHOR
from notifications.models.campaign import CampaignKind

#: A correction can be sent for at least this long.
_AT_LEAST = timedelta(hours=12)
#: The beginning of the names of the fields with reasons for cautions.
_REASON = "reason."


@dataclass(frozen=True)
class Correction:
    """One way to follow up an alert."""

    name: str
    kind: CampaignKind
    button: str
    title: str
    explanation: str


CORRECTIONS = {
    choice.name: choice
    for choice in (
        Correction(
            "wrong", CampaignKind.UPDATE, "The alert was wrong", "Correction",
            "The new text replaces the old one on the phones and in the feed.",
        ),
        Correction(
            "back", CampaignKind.CANCEL, "Recall the alert", "Recall",
            "A message that the alert has been recalled replaces it.",
        ),
        Correction(
            "over", CampaignKind.ALL_CLEAR, "The alert no longer applies", "All clear",
            "The alert was right. A message that the warning is over replaces it.",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True)
class TextField:
    """One text of the new message, with the text that it replaces."""

    key: str
    name: str
    old: str
    value: str
    limit: int
    long: bool


@dataclass(frozen=True)
class LanguageFields:
    """One text of one language, for everyone or for some readers, and whether the author confirms that it stays as it is."""

    #: Its name in a definition, such as `cy/educator`.
    name: str
    locale: str
    language: str
    dir: str
    fields: tuple[TextField, ...]
    confirmed: bool


@page("campaigns/<int:id>/correct/", "campaign-correct")
class CorrectCampaignPage(CampaignBasePage):
    """Three ways to follow up an alert; each writes and submits a campaign to the same people, at once."""

    template_name = "notifications/campaign_correct.html"
    permission_required = AUTHOR
    actions = {"submit-correction": (AUTHOR,)}
    #: Those of the texts that were refused just now.
    cautions: Sequence[Caution] = ()

    def heading(self) -> str:
        return f"Correct or recall {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, self.campaign_url())]

    def context(self) -> dict[str, Any]:
        campaign = self.campaign
        chosen = CORRECTIONS.get((self.submitted or self.request.GET).get("as", ""))
        context = {
            "campaign": campaign,
            "tag": self.tag(),
            "live": campaign.status == "Actual",
            "corrections": list(CORRECTIONS.values()),
            "can_correct": campaign.was_approved,
            "newer": campaign.successor() if campaign.was_approved else None,
        }
        if chosen is None:
            return context
        reach = audience.rounded(sum(segment.devices for segment in audience.members(campaign)))
        return {
            **context,
            "chosen": chosen,
            "languages": list(self._languages(chosen)),
            "cautions": [
                (caution, f"{_REASON}{caution.key}", (self.submitted or QueryDict()).get(f"{_REASON}{caution.key}", ""))
                for caution in self.cautions
            ],
            "number": None if audience.is_confirmed(campaign.reach_confirmed, shown=reach) else reach,
        }

    def action_submit_correction(self, data: QueryDict) -> str | None:
        chosen = CORRECTIONS.get(data.get("as", ""))
        if chosen is None:
            raise Invalid(
                "Choose what has happened: the alert was wrong, is withdrawn, or no longer applies.", code="as", field="as"
            )
        if not self.campaign.was_approved:
            raise Conflict("Only an approved campaign can be corrected. Edit this one instead.", code="state")
        if (newer := self.campaign.successor()) is not None:
            raise Conflict(f"{newer.name} has replaced this alert. Correct that one instead.", code="superseded")
        reasons = dict(self.campaign.caution_answers.values_list("digest", "reason"))
        reasons |= {name.removeprefix(_REASON): data.get(name, "") for name in data if name.startswith(_REASON)}
        typed = "".join(filter(str.isdigit, data.get("number", "")))
        with transaction.atomic():
            made = lifecycle.draft(self._document(chosen, data), by=self.user, at=self.at)
            if caution_answers.answer(made, reasons, by=self.user, at=self.at):
                self.cautions = [caution for caution in cautions(made) if not caution.reason]
                raise Invalid("Not submitted: answer each caution below, or change the text.", code="cautions", field="cautions")
            lifecycle.submit(made, by=self.user, at=self.at, reach=int(typed) if typed else self.campaign.reach_confirmed)
        self.success("Submitted. Someone who has not written it must approve it now. Ask them at once.")
        return reverse("admin:campaign", args=[made.pk])

    def error_text(self, error: DomainError) -> str:
        """Name the text instead of its path in the definition."""
        path = str(error.extra.get("field", "")).split(".")
        if len(path) >= 4 and path[0] == "messages":
            name = TEXT_NAMES.get((path[-2], path[-1]))
            if name:
                return f"{name} ({language_text(path[1])}): {error.detail.partition(': ')[2] or error.detail}"
        return error.detail

    def _languages(self, chosen: Correction) -> Iterator[LanguageFields]:
        home = self.campaign.home_locale
        found = list(variants.places(self.campaign.words))
        for _, locale, variant, words in sorted(found, key=lambda one: (one[1] != home, language_text(one[1]), one[2])):
            name = variants.name_of(locale, variant)
            yield LanguageFields(
                name,
                locale,
                variants.title_of(locale, variant),
                texts.direction(locale),
                tuple(self._fields(chosen, locale, variant, words)),
                confirmed=bool(self.submitted and self.submitted.get(f"same-{name}")),
            )

    def _fields(self, chosen: Correction, locale: str, variant: str, words: Mapping[str, Any]) -> Iterator[TextField]:
        prepared = words if chosen.kind == CampaignKind.UPDATE else _templates()[chosen.kind].get(locale, {})
        for (part, field), name in TEXT_NAMES.items():
            key = "-".join(("text", locale, variant, part, field))
            value = self.submitted.get(key, "") if self.submitted else prepared.get(part, {}).get(field, "")
            old = texts.written_out(self.campaign, locale, words[part][field])
            limit, long = TEXT_LIMITS[part, field], (part, field) == ("inner", "body")
            yield TextField(key, name, old, value, limit, long=long)

    def _document(self, chosen: Correction, data: QueryDict) -> dict[str, Any]:
        """Return the definition of the new campaign: the people, help and night rule of the old one, with the new texts."""
        campaign = self.campaign
        ends = max(campaign.not_after, self.at + _AT_LEAST).replace(microsecond=0)
        return {
            **definition.write(campaign),
            "name": f"{chosen.title}: {campaign.name}"[:120],
            "kind": str(chosen.kind),
            "references": campaign.pk,
            "services": self._services(),
            "messages": {locale: self._words(locale, data) for locale in campaign.words},
            "unchanged": [name for name in self._names() if data.get(f"same-{name}")],
            "schedule": {"at": "now"},
            "not_after": rfc3339(ends),
        }

    def _services(self) -> list[str]:
        """Return the alert's services; in place of those that have closed or were withdrawn, their successors."""
        facts = [fact for fact in service_facts() if fact.id in self.campaign.services]
        kept = {fact.id if fact.active else fact.successor for fact in facts}
        return sorted(name for name in kept if name) or self.campaign.services

    def _names(self) -> list[str]:
        return [variants.name_of(locale, variant) for _, locale, variant, _ in variants.places(self.campaign.words)]

    def _words(self, locale: str, data: QueryDict) -> dict[str, Any]:
        """Return the new texts of one language; Invalid when the author has neither changed nor confirmed one of them."""
        old = self.campaign.words[locale]
        new: dict[str, Any] = {}
        for variant in variants.keys_of(old):
            text, before = _typed(locale, variant, data, today=self.at.date()), variants.text_of(old, variant)
            same = all(text[part] == before[part] for part in ("outer", "inner"))
            confirmed = bool(data.get(f"same-{variants.name_of(locale, variant)}"))
            title = variants.title_of(locale, variant)
            if same and not confirmed:
                raise Invalid(
                    f"{title}: change the text, or tick that it is right as it is.", code="untouched", field="languages"
                )
            if not same and confirmed:
                sentence = f"{title}: you have changed the text and ticked that it stays as it is. Remove the tick."
                raise Invalid(sentence, code="untouched", field="languages")
            if variant:
                new.setdefault("variants", {})[variant] = text
            else:
                new |= text
        return new


def _typed(locale: str, variant: str, data: QueryDict, *, today: date) -> dict[str, dict[str, str]]:
    """Return one text as it was typed."""
    words: dict[str, dict[str, str]] = {}
    for part, field in TEXT_NAMES:
        typed = data.get("-".join(("text", locale, variant, part, field)), "").replace("\r\n", "\n").strip()
        words.setdefault(part, {})[field] = typed_facts.insert(typed, locale, today=today)
    return words


@cache
def _templates() -> dict[str, dict[str, Any]]:
    """Return the prepared texts of a recall and an all-clear by locale."""
    found: dict[str, dict[str, Any]] = json.loads(
        files("notifications").joinpath("data/correction_texts.json").read_text("utf-8")
    )
    return found
