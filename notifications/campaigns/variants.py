"""Variants of a campaign's text: other words for one audience, for one region, or for one audience in one region.

A variant is stored under a key: `educator`, `GB-WLS`, or `educator+GB-WLS`. A reader gets the most specific text that there is:
that of their audience and region, else that of their region, else that of their audience, else the text for everyone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from content.terms import Recipient
from core.console.display import language_text, region_text
from notifications.models.campaign import ALL, Campaign

#: How sentences name each audience.
READERS = {
    Recipient.TEEN: "teenagers",
    Recipient.PARENT: "parents",
    Recipient.EDUCATOR: "educators",
    Recipient.BYSTANDER: "bystanders",
}


def variant_key(audience: str, region: str) -> str:
    """Return the key of the variant for an audience ("" for every one) and a region ("" for every one)."""
    return "+".join(filter(None, (audience, region)))


def parts_of(key: str) -> tuple[str, str]:
    """Return the audience and the region of a variant, "" for one that it does not name."""
    first, _, region = key.partition("+")
    return ("", first) if first and first not in Recipient.values else (first, region)


def keys_of(words: Mapping[str, Any]) -> list[str]:
    """Return "", for the text for everyone, and then the keys of the variants of one language, sorted."""
    return ["", *sorted(words.get("variants", {}))]


def text_of(words: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """Return one text of a language by its key; "" is the text for everyone."""
    found: Mapping[str, Any] = words["variants"][key] if key else words
    return found


def variant_for(words: Mapping[str, Any], audience: str, region: str) -> str:
    """Return the key of the text that readers of this audience and region get in one language; "" for that for everyone."""
    known = words.get("variants", {})
    order = (variant_key(audience, region), region, audience)
    return next((key for key in order if key in known), "")


def region_of(words: Mapping[str, Any], audience: str, region: str) -> str:
    """Return the region where a text in one language names it for these readers, else "": one message serves all the others."""
    return parts_of(variant_for(words, audience, region))[1]


def regions_with_text(words: Mapping[str, Any], audience: str) -> list[str]:
    """Return the regions that have a text of their own for an audience in one language, sorted."""
    pairs = (parts_of(key) for key in words.get("variants", {}))
    return sorted({region for reader, region in pairs if region and reader in ("", audience)})


def places(messages: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """Yield (path in the definition, locale, key, text) of every text of `Campaign.words`."""
    for locale, words in messages.items():
        for key in keys_of(words):
            yield place(locale, key), locale, key, text_of(words, key)


def place(locale: str, key: str) -> str:
    """Return the path of a text in the definition, such as `messages.cy.variants.educator+GB-WLS`."""
    return f"messages.{locale}.variants.{key}" if key else f"messages.{locale}"


def readers_text(key: str) -> str:
    """Return whom a text is for, inside a sentence: “educators in Wales”, “readers in Wales”, “everyone” for ""."""
    if not key:
        return "everyone"
    audience, region = parts_of(key)
    readers = READERS.get(Recipient(audience), audience) if audience else "readers"
    return f"{readers} in {region_text(region)}" if region else readers


def audiences_text(audiences: Iterable[str]) -> str:
    """Return audiences inside a sentence: “teenagers, parents and educators”."""
    names = [READERS.get(Recipient(audience), audience) for audience in audiences]
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def unused(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Yield (path in the definition, sentence) of each variant that nobody would get: the campaign is not for its readers."""
    for where, locale, key, _ in places(campaign.words):
        audience, region = parts_of(key)
        fits = _includes(campaign.audiences, audience) and _includes(campaign.regions, region)
        if not fits or not _includes(campaign.countries, region[:2]):
            yield (
                where,
                f"The campaign is not for {readers_text(key)}, who have a text of their own in {language_text(locale)}. "
                "Remove that text, or choose them as readers.",
            )


def _includes(chosen: list[str], value: str) -> bool:
    return not value or chosen == ALL or value in chosen


def title_of(locale: str, key: str) -> str:
    """Return what staff call a text: “Welsh”, or “Welsh for educators in Wales”."""
    return f"{language_text(locale)} for {readers_text(key)}" if key else language_text(locale)


def name_of(locale: str, key: str) -> str:
    """Return the name of a text in a definition: `cy`, or `cy/educator` for a variant."""
    return f"{locale}/{key}" if key else locale


def named(name: str) -> tuple[str, str]:
    """Return the locale and the variant key of a text's name."""
    locale, _, key = name.partition("/")
    return locale, key


def same_texts(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> set[str]:
    """Return the names of the texts that two versions of `Campaign.words` have in common, word for word."""
    before = {name_of(locale, key): _parts(text) for _, locale, key, text in places(earlier)}
    after = {name_of(locale, key): _parts(text) for _, locale, key, text in places(later)}
    return {name for name, text in before.items() if after.get(name) == text}


def _parts(text: Mapping[str, Any]) -> tuple[Any, Any]:
    return text["outer"], text["inner"]
