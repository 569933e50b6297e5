"""Load the countries and locales that all other content refers to."""

from __future__ import annotations

import json
from pathlib import Path

import pycountry

from content.models import Country, Locale
from content.terms import WORLDWIDE

_LOCALES = Path(__file__).parent.parent / "facts" / "locales.json"


def load_reference() -> int:
    """Add the missing countries and locales; return how many were added."""
    countries = {country.alpha_2: country.name for country in pycountry.countries} | {WORLDWIDE: "Worldwide"}
    missing = countries.keys() - set(Country.objects.values_list("code", flat=True))
    Country.objects.bulk_create(Country(code=code, name=countries[code]) for code in sorted(missing))
    locales = {row["code"]: row for row in json.loads(_LOCALES.read_text(encoding="utf-8"))}
    unknown = locales.keys() - set(Locale.objects.values_list("code", flat=True))
    Locale.objects.bulk_create(Locale(**locales[code]) for code in sorted(unknown))
    return len(missing) + len(unknown)
