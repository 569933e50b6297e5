"""Template filters that show dates, times, places, languages and names as the console words them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core import roles
from core.console import display

register = template.Library()
register.filter("country_name", display.country_text)
register.filter("pack_country", display.pack_country_text)
register.filter("language_name", display.language_text)
register.filter("model_name", display.model_text)
register.filter("zone_text", display.zone_text)
register.filter("verb_text", display.verb_text)
register.filter("role_name", roles.role_name)


@register.filter
def instant(value: datetime | None) -> SafeString | str:
    """Show an instant with date and time by the clock of the page; "" for None."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), display.instant_text(value)) if value else ""


@register.filter
def day(value: date | datetime | None) -> SafeString | str:
    """Show a date, that of an instant by the clock of the page; "" for None."""
    if not value:
        return ""
    day = timezone.localtime(value) if isinstance(value, datetime) else value
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), display.date_text(day))


@register.filter
def exact_instant(value: datetime) -> SafeString:
    """Show an instant with date and time to the second by the clock of the page."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), display.instant_text(value, seconds=True))


@register.filter
def country_names(codes: Iterable[str]) -> str:
    """Show countries by name."""
    return ", ".join(display.country_text(code) for code in codes)


@register.filter
def countries_in_text(codes: Iterable[str]) -> str:
    """Show countries inside a sentence, such as "Ireland and the United Kingdom"."""
    return display.listed([display.country_in_text(code) for code in codes])


@register.filter
def region_names(codes: Iterable[str]) -> str:
    """Show regions by name."""
    return ", ".join(display.region_text(code) for code in codes)


@register.filter
def language_names(tags: Iterable[str]) -> str:
    """Show languages by their English names."""
    return ", ".join(display.language_text(tag) for tag in tags)


@register.filter
def detail_texts(details: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the names and values of an audit entry's details in words."""
    return [(name.replace("_", " "), display.detail_text(name, value)) for name, value in details.items()]


@register.filter
def thousands(number: int | None) -> str:
    """Show a number with separators, such as 160,530; "fewer than 20" for a number that is withheld."""
    return "fewer than 20" if number is None else f"{number:,}"


@register.filter
def from_now(instant: datetime, now: datetime) -> str:
    """Show the time until an instant, such as "2 h 5 min 10 s"."""
    seconds = max(int((instant - now).total_seconds()), 0)
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s")]
    first = next((place for place, (number, _) in enumerate(parts) if number), 3)
    return " ".join(f"{number} {unit}" for number, unit in parts[first:])


@register.filter
def by_clock(value: datetime | None, zone: str) -> SafeString | str:
    """Show an instant to the second by the clock of a time zone; "" for None."""
    if value is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), display.zoned_text(value, zone, seconds=True))
