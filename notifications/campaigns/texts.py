"""Which of a campaign's texts a reader gets, as pure functions that messages, feed and fingerprint share."""

from __future__ import annotations

from typing import TypedDict

import langcodes

from content.compiling import fallback
from notifications.models.campaign import Campaign

_RIGHT_TO_LEFT = {"Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"}


class ShownText(TypedDict):
    """One title and body."""

    title: str
    body: str


class CampaignText(TypedDict):
    """What a reader gets: the text that may be shown on a lock screen, and the text in the app."""

    outer: ShownText
    inner: ShownText


def locale_map(campaign: Campaign) -> dict[str, str]:
    """Return a map from the locale of installations to that of their message; "*" is every locale without a text."""
    return {**{locale: locale for locale in sorted(campaign.words)}, "*": f"{campaign.home_locale}*"}


def served(campaign: Campaign, locale: str) -> str | None:
    """Return the locale of the text for readers of `locale`: the same, or a variant in the same script; None without one."""
    return None if locale == "und" else fallback.match_accept_language(locale, sorted(campaign.words))


def direction(locale: str) -> str:
    """Return ltr or rtl, by the script of the locale."""
    return "rtl" if langcodes.Language.get(locale).maximize().script in _RIGHT_TO_LEFT else "ltr"


def text(campaign: Campaign, locale: str, audience: str) -> CampaignText:
    """Return the outer and inner text of a locale, in the variant for the audience if there is one."""
    words = campaign.words[locale]
    chosen = words.get("variants", {}).get(audience, words)
    return {"outer": chosen["outer"], "inner": chosen["inner"]}
