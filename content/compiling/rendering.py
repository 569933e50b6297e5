"""How facts and texts are put on a page: isolated numbers, addresses to open, sanitised HTML."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import nh3
import phonenumbers
from babel import Locale
from babel.lists import format_list
from markdown_it import MarkdownIt

from content.linting.channel import digits
from content.linting.tokens import TOKEN
from content.terms import ChannelType, DialKind, NumberType

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


def spoken(facts: Mapping[str, Any], words: Sequence[str] | None = None) -> str | None:
    """Return the number digit by digit, for a screen reader; with the words for zero to nine also in groups as printed."""
    if not facts["dial"]:
        return None
    if words is None:
        return " ".join(digits(facts["dial"]))
    groups = (" ".join(words[int(sign)] if sign.isdigit() else sign for sign in digits(group)) for group in facts["dial"].split())
    return ", ".join(groups)


def dial_kind(facts: Mapping[str, Any]) -> str | None:
    """Tell how the number is dialled as printed, or None where there is none."""
    if not facts["dial"]:
        return None
    if facts["keyword"]:
        return DialKind.SMS_KEYWORD.value
    if facts["number_type"] == NumberType.SHORT:
        return DialKind.SHORT_CODE.value
    return DialKind.INTERNATIONAL.value if facts["dial"].startswith("+") else DialKind.NATIONAL.value


def tel(facts: Mapping[str, Any], caller: str) -> str | None:
    """Build the RFC 3966 address for a caller in the country, or None where there is none.

    A short number is local there, and says so by the country's code as its context, which is not dialled.
    """
    if facts["type"] != ChannelType.PHONE:
        return None
    if facts["number_type"] != NumberType.SHORT:
        return f"tel:{facts['address']}"
    code = phonenumbers.country_code_for_region(caller)
    return f"tel:{digits(facts['dial']).replace('#', '%23')};phone-context=+{code}" if code else None


def language_names(tags: Sequence[str], locale: str) -> str | None:
    """Return the isolated names of the languages in the locale, joined as it joins; None where CLDR lacks one."""
    words = Locale.parse(locale, sep="-")
    names = [words.languages.get(base) for base in dict.fromkeys(tag.split("-")[0].lower() for tag in tags)]
    if not names or None in names:
        return None
    return format_list([isolate(name) for name in names if name], locale=words)
