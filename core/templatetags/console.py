"""Template filters that show dates, times, places, languages and names as the console words them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django import template
from django.apps import apps
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import roles
from core.console import display

register = template.Library()
register.filter("country_name", display.country_text)
register.filter("language_name", display.language_text)
register.filter("zone_text", display.zone_text)
register.filter("verb_text", display.verb_text)
register.filter("role_name", roles.role_name)


@register.filter
def instant(value: datetime | None) -> SafeString | str:
    """Show an instant with date, time and UTC; "" for None."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), display.instant_text(value)) if value else ""


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """Show a date; "" for None."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), display.date_text(value)) if value else ""


@register.filter
def model_name(label: str) -> str:
    """Return the name of a model for people, such as "Service notice" for content.ServiceNotice."""
    try:
        return str(apps.get_model(label)._meta.verbose_name).capitalize()
    except (LookupError, ValueError):
        return label


@register.filter
def country_names(codes: Iterable[str]) -> str:
    """Show countries by name."""
    return ", ".join(display.country_text(code) for code in codes)


@register.filter
def region_names(codes: Iterable[str]) -> str:
    """Show regions by name."""
    return ", ".join(display.region_text(code) for code in codes)


@register.filter
def language_names(tags: Iterable[str]) -> str:
    """Show languages by their English names."""
    return ", ".join(display.language_text(tag) for tag in tags)


@register.filter
def detail_name(name: str) -> str:
    """Show the name of a value in an audit entry as words."""
    return name.replace("_", " ")


@register.filter
def detail_value(value: Any) -> str:
    """Show a value of an audit entry: lists with commas, yes and no, "none" for nothing."""
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
