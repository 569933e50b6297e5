"""Facts and texts in the form that packs hold them in: isolated numbers, addresses to open, sanitised HTML."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import quote, urlsplit

import nh3
import phonenumbers
from babel.lists import format_list
from markdown_it import MarkdownIt

from content.linting.channel import digits
from content.linting.language_names import shipped_names
from content.linting.locale_tag import cldr_locale
from content.linting.tokens import TOKEN
from content.terms import SOURCE_LOCALE, ChannelType, DialKind, NumberType

#: Left-to-right isolate. First strong isolate takes the direction from the letters of the fact, and a number has none.
_OPEN, _CLOSE = "\u2066", "\u2069"
_TAGS = {"p", "strong", "em", "ul", "ol", "li", "h2", "h3", "blockquote", "br"}
_markdown = MarkdownIt("commonmark", {"html": False}).disable(
    ["image", "link", "autolink", "html_block", "html_inline", "reference", "code", "fence", "backticks", "lheading"]
)


class ContactDetails(Protocol):
    """The facts of a channel that its number or address is rendered from; empty where there is none."""

    @property
    def type(self) -> str:
        """How it is reached, a ChannelType."""

    @property
    def number_type(self) -> str:
        """What kind of number it is, a NumberType."""

    @property
    def dial(self) -> str:
        """The digits to dial, as printed."""

    @property
    def address(self) -> str:
        """The canonical number or address."""

    @property
    def keyword(self) -> str:
        """The text to send to a number for text messages."""


def isolate(fact: str) -> str:
    """Wrap a fact in directional isolates, so that right-to-left text around it cannot reverse it."""
    return f"{_OPEN}{fact}{_CLOSE}"


def plain(fact: str) -> str:
    """Return a fact without the isolates around it."""
    return fact.removeprefix(_OPEN).removesuffix(_CLOSE)


def fill(text: str, value_of: Callable[[str, str], str]) -> str:
    """Replace each token with its isolated value; `value_of` takes the kind and the name of a token."""
    return TOKEN.sub(lambda match: isolate(value_of(match["kind"], match["name"])), text)


def more_html(markdown: str, value_of: Callable[[str, str], str]) -> str:
    """Return the Markdown as sanitised HTML without links and images, with the values in place of the tokens."""
    clean = nh3.clean(_markdown.render(markdown).strip(), tags=_TAGS, attributes={})
    # Names come last, and escaped: an asterisk in an official name is not Markdown.
    return TOKEN.sub(lambda match: html.escape(isolate(value_of(match["kind"], match["name"])), quote=False), clean)


def href(channel: ContactDetails) -> str | None:
    """Return the URI that a tap opens. It never holds isolates, and a short number never gets a country code."""
    kind, address = channel.type, channel.address
    if kind in (ChannelType.PHONE, ChannelType.SMS):
        scheme = "tel" if kind == ChannelType.PHONE else "sms"
        # RFC 5724: the message is filled in, so that nobody has to remember the word.
        body = f"?body={quote(channel.keyword)}" if scheme == "sms" and channel.keyword else ""
        return f"{scheme}:{digits(channel.dial).replace('#', '%23')}{body}"
    if kind == ChannelType.EMAIL:
        return f"mailto:{address}"
    if address.startswith("whatsapp:"):
        return f"https://wa.me/{address.removeprefix('whatsapp:+')}"
    if address.startswith("telegram:"):
        return f"https://t.me/{address.removeprefix('telegram:@')}"
    return address or None


def display(channel: ContactDetails) -> str | None:
    """Return what is shown, isolated: the number as printed, or the address without its scheme. None: there is neither."""
    address = channel.address
    if channel.dial:
        return isolate(channel.dial)
    if address.startswith("whatsapp:"):
        number = phonenumbers.parse(address.removeprefix("whatsapp:"), None)
        return isolate(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace("-", " "))
    if address.startswith("telegram:"):
        return isolate(address.removeprefix("telegram:"))
    if address.startswith("https://"):
        parts = urlsplit(address)
        return isolate((parts.netloc + parts.path).rstrip("/"))
    return isolate(address) if address else None


def spoken(channel: ContactDetails, words: Sequence[str] | None = None) -> str | None:
    """Return the number for a screen reader, or None where there is none.

    With the `words` for zero to nine it is in words and in groups as printed, without them digit by digit.
    """
    if not channel.dial:
        return None
    if words is None:
        return " ".join(digits(channel.dial))
    groups = (" ".join(words[int(sign)] if sign.isdigit() else sign for sign in digits(group)) for group in channel.dial.split())
    return ", ".join(groups)


def dial_kind(channel: ContactDetails) -> str | None:
    """Return the DialKind of the number as printed, or None where there is none."""
    if not channel.dial:
        return None
    if channel.keyword:
        return DialKind.SMS_KEYWORD.value
    if channel.number_type == NumberType.SHORT:
        return DialKind.SHORT_CODE.value
    return DialKind.INTERNATIONAL.value if channel.dial.startswith("+") else DialKind.NATIONAL.value


def tel(channel: ContactDetails, caller: str) -> str | None:
    """Return the `tel:` URI (RFC 3966) for a caller in the country, or None where there is none.

    A short number is a local number there: it has the country's calling code as its phone-context, which is not dialled.
    """
    if channel.type != ChannelType.PHONE:
        return None
    if channel.number_type != NumberType.SHORT:
        return f"tel:{channel.address}"
    code = phonenumbers.country_code_for_region(caller)
    return f"tel:{digits(channel.dial).replace('#', '%23')};phone-context=+{code}" if code else None


def language_names(tags: Sequence[str], locale: str) -> str | None:
    """Return the isolated names of the languages as a list in the locale; None where CLDR lacks one of the names.

    English readers get the names that staff read.
    """
    words = cldr_locale(locale)
    shipped = shipped_names() if words.language == SOURCE_LOCALE else {}
    bases = dict.fromkeys(tag.split("-")[0].lower() for tag in tags)
    names = [shipped.get(base) or words.languages.get(base) for base in bases]
    if not names or None in names:
        return None
    return format_list([isolate(name) for name in names if name], locale=words)
