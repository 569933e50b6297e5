"""How facts and texts are put on a page: isolated numbers, addresses to open, sanitised HTML."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import nh3
import phonenumbers
from markdown_it import MarkdownIt

from content.checks.channel import digits
from content.checks.tokens import TOKEN
from content.terms import ChannelType

#: First strong isolate would trust the fact's own letters; a number has none, so the direction is said.
_OPEN, _CLOSE = "\u2066", "\u2069"
_TAGS = {"p", "strong", "em", "ul", "ol", "li", "h2", "h3", "blockquote", "br"}
_markdown = MarkdownIt("commonmark", {"html": False}).disable(
    ["image", "link", "autolink", "html_block", "html_inline", "reference", "code", "fence", "backticks", "lheading"]
)


def isolate(fact: str) -> str:
    """Wrap a fact so that the text around it cannot reverse it; what a right-to-left text holds still reads as printed."""
    return f"{_OPEN}{fact}{_CLOSE}"


def fill(text: str, name_of: Callable[[str], str]) -> str:
    """Put the isolated official names in place of the tokens."""
    return TOKEN.sub(lambda match: isolate(name_of(match["name"])), text)


def more_html(markdown: str, name_of: Callable[[str], str]) -> str:
    """Render Markdown without links, pictures or HTML, and put the names in place of the tokens."""
    clean = nh3.clean(_markdown.render(markdown).strip(), tags=_TAGS, attributes={})
    # Names come last and escaped: an asterisk in an official name is no emphasis.
    return TOKEN.sub(lambda match: html.escape(isolate(name_of(match["name"])), quote=False), clean)


def href(facts: Mapping[str, Any]) -> str | None:
    """Build what a tap opens; a short number never gets a country code, and nothing invisible is ever in it."""
    kind, address = facts["type"], facts["address"]
    if kind in (ChannelType.PHONE, ChannelType.SMS):
        scheme = "tel" if kind == ChannelType.PHONE else "sms"
        return f"{scheme}:{digits(facts['dial']).replace('#', '%23')}"
    if kind == ChannelType.EMAIL:
        return f"mailto:{address}"
    if address.startswith("whatsapp:"):
        return f"https://wa.me/{address.removeprefix('whatsapp:+')}"
    if address.startswith("telegram:"):
        return f"https://t.me/{address.removeprefix('telegram:@')}"
    return address or None


def display(facts: Mapping[str, Any]) -> str | None:
    """Return what is shown: the number as printed, or the address without its scheme, isolated."""
    address = facts["address"]
    if facts["dial"]:
        return isolate(facts["dial"])
    if address.startswith("whatsapp:"):
        number = phonenumbers.parse(address.removeprefix("whatsapp:"), None)
        return isolate(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace("-", " "))
    if address.startswith("telegram:"):
        return isolate(address.removeprefix("telegram:"))
    if address.startswith("https://"):
        parts = urlsplit(address)
        return isolate((parts.netloc + parts.path).rstrip("/"))
    return isolate(address) if address else None


def spoken(facts: Mapping[str, Any]) -> str | None:
    """Return the number digit by digit, for a screen reader."""
    return " ".join(digits(facts["dial"])) if facts["dial"] else None
