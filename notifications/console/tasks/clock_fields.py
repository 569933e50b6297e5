"""Form fields for dates and times as people write them, and time zones by city."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from core.console.display import country_text

_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?\s*(am|pm|a\.m\.|p\.m\.)?", re.IGNORECASE)
_DATE_FORMS = ("%Y-%m-%d", "%d %B %Y", "%d %b %Y")


@dataclass(frozen=True)
class TypedTime:
    """A time of day, and whether seconds were typed."""

    value: time
    has_seconds: bool


class TimeField(forms.CharField):
    """A time of day: 06:00, 06:00:30, 6am, 8.30pm."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"class": "fp-time", "autocomplete": "off", "inputmode": "text"})
        super().__init__(required=required, max_length=14, widget=widget, **kwargs)

    def to_python(self, value: Any) -> TypedTime | None:  # type: ignore[override]
        """Return the time, None for nothing; a TextInput keeps what was typed."""
        typed = str(value or "").strip()
        if not typed:
            return None
        if (found := _TIME.fullmatch(typed)) is None:
            raise ValidationError("Enter a time such as 06:00:00 or 8.30pm.")
        hour, minute, second = int(found[1]), int(found[2] or 0), int(found[3] or 0)
        half = (found[4] or "").lower().replace(".", "")
        if (half and not 1 <= hour <= 12) or (not half and found[2] is None):
            raise ValidationError("Enter a time such as 06:00:00 or 8.30pm.")
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        try:
            return TypedTime(time(hour, minute, second), has_seconds=found[3] is not None)
        except ValueError as error:
            raise ValidationError("There is no such time. Enter one such as 06:00:00 or 8.30pm.") from error

    def validate(self, value: Any) -> None:
        """Require a value where the field is required."""
        if self.required and value is None:
            raise ValidationError("Enter a time.")

    def run_validators(self, value: Any) -> None:
        """Do nothing: the validators of text do not fit a time."""


class DateField(forms.CharField):
    """A date: from the browser's picker, or typed as 1 December 2026; without a year the next such day."""

    def __init__(self, *, required: bool = False, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date", "autocomplete": "off"})
        super().__init__(required=required, max_length=30, widget=widget, **kwargs)

    def to_python(self, value: Any) -> date | None:  # type: ignore[override]
        """Return the date, None for nothing."""
        typed = str(value or "").strip()
        if not typed:
            return None
        for form in _DATE_FORMS:
            try:
                return datetime.strptime(typed, form).replace(tzinfo=UTC).date()
            except ValueError:
                continue
        today = timezone.localdate()
        for form, year in product(_DATE_FORMS[1:], range(today.year, today.year + 9)):
            try:
                day = datetime.strptime(f"{typed} {year}", form).replace(tzinfo=UTC).date()
            except ValueError:
                continue
            if day >= today:
                return day
        raise ValidationError("Enter a date such as 1 December 2026.")

    def validate(self, value: Any) -> None:
        """Require a value where the field is required."""
        if self.required and value is None:
            raise ValidationError("Enter a date.")

    def run_validators(self, value: Any) -> None:
        """Do nothing: the validators of text do not fit a date."""


def city_choices(countries: list[str]) -> list[tuple[str, Any]]:
    """Return time zones as cities in groups by country, those of the campaign's countries first, and UTC."""
    groups = _cities()
    first = [code for code in countries if code in groups]
    order = [*first, *(code for code in sorted(groups, key=country_text) if code not in first)]
    return [("UTC", "UTC"), *((country_text(code), [*groups[code]]) for code in order)]


@cache
def _cities() -> dict[str, tuple[tuple[str, str], ...]]:
    """Return by country the zones and their cities, from the table of zones by country (tzdata's zone.tab)."""
    groups: dict[str, list[tuple[str, str]]] = {}
    known = available_timezones()
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("ascii")
    for line in table.splitlines():
        if not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            if zone in known:
                city = zone.rpartition("/")[2].replace("_", " ")
                groups.setdefault(code, []).append((zone, f"{city}, {country_text(code)}"))
    return {code: tuple(sorted(zones, key=lambda zone: zone[1])) for code, zones in groups.items()}
