"""The apps and countries that campaign staff are limited to, as choices of a form and as words."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache

import pycountry

from core.console.display import country_text

EVERYTHING = ["*"]

AppChoices = Callable[[], list[tuple[str, str]]]
_APP_CHOICES: list[AppChoices] = []


def provides_apps(provider: AppChoices) -> AppChoices:
    """Register the function that returns the apps and their titles; the product has one."""
    _APP_CHOICES[:] = [provider]
    return provider


def app_choices() -> list[tuple[str, str]]:
    """Return the apps as choices of a form."""
    return _APP_CHOICES[0]() if _APP_CHOICES else []


@cache
def country_choices() -> list[tuple[str, str]]:
    """Return the countries as choices of a form, by name."""
    return sorted(((entry.alpha_2, country_text(entry.alpha_2)) for entry in pycountry.countries), key=lambda one: one[1])


def limits_text(apps: Collection[str], countries: Collection[str], titles: dict[str, str]) -> str:
    """Return the limits in words, such as "Campaigns of Parent app in France"; "" where there are none."""
    if "*" in apps and "*" in countries:
        return ""
    of_apps = "every app" if "*" in apps else ", ".join(titles.get(name, name) for name in apps)
    in_countries = "every country" if "*" in countries else ", ".join(country_text(code) for code in countries)
    return f"Campaigns of {of_apps} in {in_countries}"
