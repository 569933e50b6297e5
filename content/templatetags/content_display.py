"""Template filters for content: names of closed values, and tokens as chips."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from content.console import labels as names
from content.console.tip_text_row import Chip
from content.console.translation_status import STATUSES
from content.linting.fault import Fault
from content.linting.term_list import is_checked
from content.linting.tokens import TOKEN

register = template.Library()
register.filter("finding_label", names.finding_label)
register.filter("is_checked", is_checked)


@register.filter
def label(value: str, kind: str) -> str:
    """Show the name of one value of a kind in `content.console.labels.LABELS`."""
    return names.label(kind, value)


@register.filter
def labels(values: Iterable[str], kind: str) -> str:
    """Show the names of several values of a kind."""
    return names.labels(kind, values)


@register.filter
def chips(text: str) -> SafeString:
    """Show each token in a text as a chip, isolated and from left to right."""
    parts, end = [], 0
    for match in TOKEN.finditer(text):
        parts += [conditional_escape(text[end : match.start()]), _chip(match.group())]
        end = match.end()
    return mark_safe("".join([*parts, conditional_escape(text[end:])]))  # noqa: S308  each part is escaped


@register.filter
def shortened(text: str, length: int) -> str:
    """Shorten a text to so many characters; a token at its end is left whole or left out."""
    if len(text) <= length:
        return text
    end = length - 1
    for match in TOKEN.finditer(text):
        if match.start() < end < match.end():
            end = match.start()
    return text[:end].rstrip() + "…"


@register.filter
def translation_status(code: str) -> str:
    """Show the name of a translation's status."""
    return next((status.text for status in STATUSES if status.code == code), code)


@register.filter
def named_chips(text: str, chips_of: Iterable[Chip]) -> SafeString:
    """Show the text as readers get it: each token as the name that the app puts in its place."""
    known = {chip.token: chip.name for chip in chips_of}
    parts, end = [], 0
    for match in TOKEN.finditer(text):
        name = known.get(match.group(), match.group())
        parts += [conditional_escape(text[end : match.start()]), format_html('<bdi class="fp-chip">{}</bdi>', name)]
        end = match.end()
    return mark_safe("".join([*parts, conditional_escape(text[end:])]))  # noqa: S308  each part is escaped


#: Characters of a text that are shown on each side of a fault.
_CONTEXT = 30


@register.filter
def place_in(fault: Fault, text: str) -> SafeString:
    """Show the part of the text in which a fault is, marked; "" where the fault is of the whole text.

    Characters that cannot be seen are shown by their code points.
    """
    if fault.start is None or fault.end is None or not text:
        return mark_safe("")
    before, marked, after = text[: fault.start], text[fault.start : fault.end], text[fault.end :]
    return format_html(
        "{}{}<mark>{}</mark>{}{}",
        "…" if len(before) > _CONTEXT else "",
        before[-_CONTEXT:],
        _visible(marked),
        after[:_CONTEXT],
        "…" if len(after) > _CONTEXT else "",
    )


def _visible(text: str) -> str:
    return "".join(
        f"[U+{ord(character):04X}]" if unicodedata.category(character)[0] == "C" and character != "\n" else character
        for character in text
    )


def _chip(token: str) -> SafeString:
    return format_html('<bdi class="fp-chip" dir="ltr">{}</bdi>', token)
