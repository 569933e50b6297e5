"""One card for each language of a campaign: how phones show its texts, and who has read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from core.console.display import language_text
from core.models import User
from notifications.campaigns import approval, texts
from notifications.console.preview import PhonePreview
from notifications.models import Campaign, SecondReading


@dataclass(frozen=True)
class LanguageCard:
    """The texts of one language as phones show them, with their second reading."""

    locale: str
    language: str
    dir: str
    phones: tuple[PhonePreview, ...]
    #: Whether the user reads the language.
    reads: bool
    reading: SecondReading | None


def language_cards(
    campaign: Campaign, user: User, shown: Iterable[PhonePreview], *, readings: Mapping[str, SecondReading] | None = None
) -> list[LanguageCard]:
    """Return a card for each language: the home language first, then those that nobody has confirmed yet.

    `shown` are the campaign's previews, and `readings` its second readings, if they were read already.
    """
    phones = list(shown)
    readings = approval.second_readings(campaign) if readings is None else readings
    cards = [
        LanguageCard(
            locale=locale,
            language=language_text(locale),
            dir=texts.direction(locale),
            phones=tuple(phone for phone in phones if phone.locale == locale),
            reads=user.reads(locale),
            reading=readings.get(locale),
        )
        for locale in campaign.words
    ]
    return sorted(cards, key=lambda card: (card.locale != campaign.home_locale, card.reading is not None, card.language))
