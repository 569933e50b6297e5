"""Template filters for content: names of closed values, and tokens as chips."""

from __future__ import annotations

from collections.abc import Iterable

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from content.console import labels as names
from content.linting.tokens import TOKEN

register = template.Library()
register.filter("finding_label", names.finding_label)


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


def _chip(token: str) -> SafeString:
    return format_html('<bdi class="fp-chip" dir="ltr">{}</bdi>', token)
