"""What is wrong with the texts of a draft, in the words of the page where they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from content.linting.fault import Fault
from core.console.display import language_text
from notifications.campaigns import messages, texts, variants
from notifications.campaigns.checks.problem import Caution, DraftProblem
from notifications.campaigns.definition_fields import TEXT_LIMITS
from notifications.models.campaign import ALL, Campaign
from notifications.models.draft_task import CautionAnswer, DraftTask

#: The four parts of a text and what the page calls them.
PARTS = {
    ("outer", "title"): "Lock screen title",
    ("outer", "body"): "Lock screen text",
    ("inner", "title"): "Title in the app",
    ("inner", "body"): "Text in the app",
}
_NUMBER = "The text holds the number {}. Only 18 and 24 may be typed. Insert dates, times, ages and services with “Insert”."
_ADDRESS = "The text holds an address or a link. Attach services under “Help”; the app shows their addresses."


def word_problems(campaign: Campaign) -> Iterator[DraftProblem]:
    """Yield what is missing or refused in the texts: empty parts, lengths, and what no alert may say."""
    served = [locale for locale in campaign.locales if campaign.locales != ALL and texts.served(campaign, locale) is None]
    for locale in served:
        name = language_text(locale)
        yield DraftProblem(DraftTask.WORDS, "messages", f"The readers include those who read {name}, which has no text.")
    for place, sentence in variants.unused(campaign) if DraftTask.WHO not in campaign.open_tasks else ():
        yield DraftProblem(DraftTask.WORDS, place, sentence)
    for place, locale, text in messages.texts_by_place(campaign):
        label = _label(place, locale)
        part, name = place.split(".")[-2:]
        limit = TEXT_LIMITS[part, name]
        if not text:
            yield DraftProblem(DraftTask.WORDS, place, f"{label} is empty.")
            continue
        if len(text) > limit:
            yield DraftProblem(DraftTask.WORDS, place, f"{label} has {len(text)} characters; the limit is {limit}.")
        for fault in messages.place_faults(campaign, place, locale, text):
            if fault.refuses:
                yield DraftProblem(DraftTask.WORDS, place, f"{label}: {_sentence(fault, text)}")
    yield from _too_many_bytes(campaign)


def cautions(campaign: Campaign, *, reasons: Mapping[str, str] | None = None) -> list[Caution]:
    """Return what the author has to answer for in the texts, with the answers that there are.

    `reasons` are the answers by the key of their caution, if they were read already.
    """
    found = [
        Caution(DraftTask.WORDS, place, f"{_label(place, locale)}: {fault.detail}", fault.code, text)
        for place, locale, text in messages.texts_by_place(campaign)
        for fault in messages.place_faults(campaign, place, locale, text)
        if text and not fault.refuses
    ]
    if not found:
        return []
    answers = answered([campaign])[campaign.pk] if reasons is None else reasons
    return [replace(caution, reason=answers.get(caution.key, "")) for caution in found]


def answered(campaigns: Iterable[Campaign]) -> dict[int, dict[str, str]]:
    """Return the reasons that authors gave, by the id of each campaign and the key of the caution; one query."""
    found: dict[int, dict[str, str]] = {campaign.pk: {} for campaign in campaigns}
    for number, key, reason in CautionAnswer.objects.filter(campaign__in=found).values_list("campaign", "digest", "reason"):
        found[number][key] = reason
    return found


def _label(place: str, locale: str) -> str:
    """Return what a place is called: “Lock screen title in Welsh”, with the audience of a variant."""
    parts = place.split(".")
    label = f"{PARTS[parts[-2], parts[-1]]} in {language_text(locale)}"
    return f"{label} for {variants.readers_text(parts[3])}" if "variants" in parts else label


def _sentence(fault: Fault, text: str) -> str:
    if fault.code == "number":
        return _NUMBER.format(text[fault.start : fault.end] if fault.start is not None else "")
    if fault.code in ("address", "link"):
        return _ADDRESS
    if fault.code == "token-malformed":
        return "The signs { and } are kept for what “Insert” writes."
    return fault.detail


def _too_many_bytes(campaign: Campaign) -> Iterator[DraftProblem]:
    for place, locale, _, text in variants.places(campaign.words):
        shown = "".join(texts.written_out(campaign, locale, value) for value in text["inner"].values())
        if (size := len(shown.encode())) > messages.MAX_INNER:
            detail = (
                f"Title and text in the app in {language_text(locale)} have {size} bytes together; "
                f"a push message holds {messages.MAX_INNER}. Shorten the text."
            )
            yield DraftProblem(DraftTask.WORDS, f"{place}.inner.body", detail)
