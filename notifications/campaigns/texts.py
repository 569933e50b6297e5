"""Which of a campaign's texts a reader gets: pure, so that messages, feed and fingerprint agree."""

from __future__ import annotations

import langcodes

from content.compiling import fallback
from notifications.models.campaign import Campaign

_RIGHT_TO_LEFT = {"Adlm", "Arab", "Hebr", "Nkoo", "Rohg", "Syrc", "Thaa"}


def locale_map(campaign: Campaign) -> dict[str, str]:
    """Return which installation's locale gets which message's; "*" stands for all whose language has no text."""
    return {**{locale: locale for locale in sorted(campaign.words)}, "*": f"{campaign.home_locale}*"}


def served(campaign: Campaign, locale: str) -> str | None:
    """Return the locale of the text that a reader of `locale` gets, or None where the home locale stands in.

    Its own, else another variant of the same language in the same script.
    """
    return None if locale == "und" else fallback.match_accept_language(locale, sorted(campaign.words))


def direction(locale: str) -> str:
    """Return ltr or rtl, by the script that the locale is written in."""
    return "rtl" if langcodes.Language.get(locale).maximize().script in _RIGHT_TO_LEFT else "ltr"


def text(campaign: Campaign, locale: str, audience: str) -> dict[str, dict[str, str]]:
    """Return outer and inner text of a locale, in the audience's own variant where there is one."""
    words = campaign.words[locale]
    chosen = words.get("variants", {}).get(audience, words)
    return {"outer": chosen["outer"], "inner": chosen["inner"]}
