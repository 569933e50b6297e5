"""The apps, countries and languages that staff are limited to, as choices of a form and as words."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from typing import Protocol

import pycountry

from core.console.display import country_in_text, country_text, listed

EVERYTHING = ["*"]


class Limited(Protocol):
    """An account, or a change of one, with its limits; "*" means all."""

    campaign_apps: list[str]
    campaign_countries: list[str]
    content_countries: list[str]


Choices = Callable[[], list[tuple[str, str]]]
_APP_CHOICES: list[Choices] = []
_LANGUAGE_CHOICES: list[Choices] = []


def provides_apps(provider: Choices) -> Choices:
    """Register the function that returns the apps and their titles; the product has one."""
    _APP_CHOICES[:] = [provider]
    return provider


def provides_languages(provider: Choices) -> Choices:
    """Register the function that returns the tags of languages and their names; the product has one."""
    _LANGUAGE_CHOICES[:] = [provider]
    return provider


def language_choices() -> list[tuple[str, str]]:
    """Return the languages as choices of a form."""
    return _LANGUAGE_CHOICES[0]() if _LANGUAGE_CHOICES else []


def app_choices() -> list[tuple[str, str]]:
    """Return the apps as choices of a form."""
    return _APP_CHOICES[0]() if _APP_CHOICES else []


@cache
def country_choices() -> list[tuple[str, str]]:
    """Return the countries as choices of a form, by name."""
    return sorted(((entry.alpha_2, country_text(entry.alpha_2)) for entry in pycountry.countries), key=lambda one: one[1])


def every_country_choices() -> list[tuple[str, str]]:
    """Return "every country", and the countries as choices of a form."""
    return [("*", "Every country"), *country_choices()]


def limits_text(limited: Limited, titles: dict[str, str]) -> str:
    """Return the limits in words, such as "Campaigns of Parent app in France. Content for France"; "" where there are none."""
    found = []
    if not ("*" in limited.campaign_apps and "*" in limited.campaign_countries):
        of_apps = (
            "every app" if "*" in limited.campaign_apps else ", ".join(titles.get(one, one) for one in limited.campaign_apps)
        )
        found.append(f"Campaigns of {of_apps} in {in_sentence(limited.campaign_countries)}")
    if "*" not in limited.content_countries:
        found.append(f"Content for {in_sentence(limited.content_countries)}")
    return ". ".join(found)


def in_sentence(codes: Collection[str]) -> str:
    """Return countries for the middle of a sentence, such as "France and the United Kingdom"; "every country" for "*"."""
    return "every country" if "*" in codes else listed([country_in_text(code) for code in codes]) or "no country"


def countries_text(codes: Collection[str]) -> str:
    """Return countries in words, such as "France, Ireland"; "every country" for "*", "no country" for none."""
    return "every country" if "*" in codes else ", ".join(country_text(code) for code in codes) or "no country"
