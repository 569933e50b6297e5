"""The texts of a campaign as a list of places, as translators get them: which there are, what changed, and what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Any

from content.linting.tokens import tokens
from core.canonical import canonical_json, digest
from notifications.campaigns import inserted_facts
from notifications.campaigns import texts as campaign_texts
from notifications.campaigns.checks.problem import Caution, DraftProblem
from notifications.campaigns.checks.words import PARTS, cautions, word_problems
from notifications.campaigns.definition import all_texts
from notifications.models.campaign import Campaign
from notifications.models.draft_task import DraftTask
from notifications.models.translation_request import TranslationRequest

_ORDER = {key: number for number, key in enumerate(PARTS)}


@dataclass(frozen=True)
class SourceTexts:
    """The texts of the main language, by place."""

    locale: str
    texts: Mapping[str, str]

    @property
    def digest(self) -> str:
        """Return the SHA-256 that ties a translation to exactly these texts."""
        return digest(canonical_json([self.locale, dict(self.texts)]))


def flat(words: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts of one locale by place, in reading order: those for everybody first, then those for single audiences."""
    found = dict(_texts_below("", words))
    return {place: found[place] for place in sorted(found, key=_reading_order)}


def nested(texts: Mapping[str, str]) -> dict[str, Any]:
    """Return what `Campaign.words` holds for a locale with these texts by place."""
    words: dict[str, Any] = {}
    for place, text in texts.items():
        *path, last = place.split(".")
        inside = words
        for name in path:
            inside = inside.setdefault(name, {})
        inside[last] = text
    return words


def source_of(campaign: Campaign) -> SourceTexts:
    """Return the source of every translation: the texts of the campaign's main language."""
    return SourceTexts(campaign.home_locale, flat(campaign.words.get(campaign.home_locale, {})))


def source_in(request: TranslationRequest) -> SourceTexts:
    """Return the source that the stored translation was made from."""
    return SourceTexts(
        request.source_locale, {place: request.source[place] for place in sorted(request.source, key=_reading_order)}
    )


def has_changed(request: TranslationRequest, campaign: Campaign) -> bool:
    """Return whether the campaign's source is another one than that of the translation."""
    return source_in(request).digest != source_of(campaign).digest


def with_texts(campaign: Campaign, locale: str, texts: Mapping[str, str]) -> Campaign:
    """Return a copy of the campaign with these texts alone, which is never stored: for checks and previews."""
    shadow = copy(campaign)
    shadow.words = {locale: nested(texts)}
    if missing := set(inserted_facts.services_named(all_texts(shadow.words))) - set(campaign.named_services):
        shadow.named_services = {**campaign.named_services, **inserted_facts.names_of(missing)}
    return shadow


def problems(campaign: Campaign, locale: str, texts: Mapping[str, str]) -> list[DraftProblem]:
    """Return why these texts cannot be handed in: what no alert may say, and inserted facts that differ from the source.

    A problem's `field` is `messages.<locale>.<place>`.
    """
    shadow = with_texts(campaign, locale, texts)
    found = [problem for problem in word_problems(shadow) if problem.locale == locale]
    source = source_of(campaign).texts
    for place, text in texts.items():
        for sentence in _differing_facts(shadow, locale, source.get(place, ""), text) if text else ():
            found.append(DraftProblem(DraftTask.WORDS, f"messages.{locale}.{place}", sentence))
    return found


def cautions_in(campaign: Campaign, locale: str, texts: Mapping[str, str]) -> list[Caution]:
    """Return what an author would have to answer for in these texts."""
    return cautions(with_texts(campaign, locale, texts))


def _differing_facts(campaign: Campaign, locale: str, source: str, text: str) -> Iterator[str]:
    """Yield a sentence for each inserted fact that the text has less or more often than its source."""
    wanted, found = (Counter(map(str, tokens(one))) for one in (source, text))
    for token in wanted - found:
        yield f"“{campaign_texts.written_out(campaign, locale, token)}” is in the source but missing here. Insert it."
    for token in found - wanted:
        shown = campaign_texts.written_out(campaign, locale, token)
        yield f"“{shown}” is not in the source, or not as often. Remove it."


def _texts_below(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, inside in value.items():
            yield from _texts_below(f"{path}.{name}" if path else name, inside)
    else:
        yield path, str(value)


def _reading_order(place: str) -> tuple[list[str], int]:
    *group, part, name = place.split(".")
    return group, _ORDER.get((part, name), len(_ORDER))
