"""Which of a campaign's texts a reader gets, as pure functions that messages, feed and fingerprint share."""

from __future__ import annotations

from typing import TypedDict

from content.compiling import fallback
from content.linting.locale_tag import direction_of
from notifications.campaigns import inserted_facts, variants
from notifications.models.campaign import ALL, Campaign


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
    return direction_of(locale)


def text(campaign: Campaign, locale: str, audience: str, region: str = "") -> CampaignText:
    """Return the outer and inner text of a locale for one audience and region, with its facts written out.

    `variants` says which of the texts that is; a region of "" is one that is not known.
    """
    words = campaign.words[locale]
    chosen = variants.text_of(words, variants.variant_for(words, audience, region))
    return {"outer": _written_out(campaign, locale, chosen["outer"]), "inner": _written_out(campaign, locale, chosen["inner"])}


def written_out(campaign: Campaign, locale: str, text: str) -> str:
    """Return a text of the campaign as readers of the locale see it."""
    country = campaign.countries[0] if len(campaign.countries) == 1 and campaign.countries != ALL else ""
    return inserted_facts.render(text, locale, named_services=campaign.named_services, country=country)


def _written_out(campaign: Campaign, locale: str, text: ShownText) -> ShownText:
    return {
        "title": written_out(campaign, locale, text["title"]),
        "body": written_out(campaign, locale, text["body"]),
    }
