"""How texts are shown to those who work on them."""

from __future__ import annotations

from django import template
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from content.linting.tokens import TOKEN

register = template.Library()


@register.filter
def chips(text: str) -> SafeString:
    """Show each token as a chip that runs from left to right whatever stands around it."""
    parts, end = [], 0
    for match in TOKEN.finditer(text):
        parts += [conditional_escape(text[end : match.start()]), _chip(match.group())]
        end = match.end()
    return mark_safe("".join([*parts, conditional_escape(text[end:])]))  # noqa: S308  each part is escaped


def _chip(token: str) -> SafeString:
    return format_html('<bdi class="fp-chip" dir="ltr">{}</bdi>', token)
