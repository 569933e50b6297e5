"""What a person may not have to read on a page: codes, slugs, names of fields, instants for machines, words for insiders."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from django.db.models import TextChoices

from content.terms import Audience, Role, Situation
from notifications.models import CampaignState
from notifications.models.campaign import CampaignKind

#: Enumerations whose values would show through; those of one everyday word ("draft", "teen") are read as words.
ENUMERATIONS: tuple[type[TextChoices], ...] = (CampaignState, CampaignKind, Situation, Role, Audience)
_VALUES = "|".join(re.escape(value) for kind in ENUMERATIONS for value in kind.values if "-" in value)
#: Words that campaign staff did not understand, where plainer ones are on the page.
_INSIDERS = (
    "begins a thread",
    "Firebase project",
    "fingerprint",
    "Home language",
    "Home time zone",
    "IANA",
    "batch(?:es)?",
    "installations?",
    "Instant in UTC",
    "ISO 3166",
    "Nothing leaves after",
    "not_after",
    "registrations?",
    "(?<!line )tokens?",
    "Touched by",
)
CODES = {
    "an instant for machines": re.compile(r"\d{4}-\d\d-\d\dT\d\d"),
    "a date for machines": re.compile(r"\b\d{4}-\d\d-\d\d\b"),
    "a region code": re.compile(r"\b[A-Z]{2}-[A-Z]{3}\b"),
    "a time zone's code": re.compile(r"\b(?:Europe|America|Asia|Africa|Australia|Pacific|Atlantic)/[A-Z]\w+"),
    "an identifier": re.compile(r"\b[a-z]+_[a-z_]+\b"),
    "a field of the file": re.compile(r"\b(?:schedule|audience|messages|home|alert|outer|inner|tasks)\.[a-z]{2,}"),
    "a token": re.compile(r"\{[a-z]+:[a-z0-9-]*\}?"),
    "a service's slug": re.compile(r"\b(?:gb|zz)-[a-z]+\b"),
    "a Python value": re.compile(r"\b(?:None|True|False)\b|\[\]|\{\}"),
    "a country without its article": re.compile(
        r"\b(?:in|for|of|to|from|and) (?:United (?:Kingdom|States|Arab Emirates)|Netherlands|Philippines|Bahamas)\b"
    ),
    "a time in two zones": re.compile(r"\d\d:\d\d [A-Z][\w ]* time \("),
    "an enum value": re.compile(rf"(?<![\w/-])(?:{_VALUES})(?![\w-])"),
}
INSIDERS = re.compile(rf"\b(?:{'|'.join(_INSIDERS)})\b", re.IGNORECASE)
#: Parts of a page whose text nobody reads as prose: code for machines, and what the person types.
NOT_PROSE = {"script", "style", "template", "symbol", "textarea", "option"}


class _Text(HTMLParser):
    """Collects the text that a page shows."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in NOT_PROSE:
            self._hidden.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._hidden and self._hidden[-1] == tag:
            self._hidden.pop()

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.parts.append(" ".join(data.split()))


def shown(html: str) -> list[str]:
    """Return the pieces of text of the main part of a page, in order."""
    reader = _Text()
    reader.feed(html.partition("<main")[2] or html)
    return reader.parts


def findings(html: str, *, insiders: bool = False) -> list[tuple[str, str]]:
    """Return (what it is, the text that it is in) for each code on a page, and with `insiders` for each of their words."""
    patterns = {**CODES, "a word for insiders": INSIDERS} if insiders else CODES
    return [(what, part) for part in shown(html) for what, pattern in patterns.items() if pattern.search(part)]
