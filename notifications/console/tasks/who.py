"""The task Who: countries and nations by name, audiences and languages, with the reach by country and language beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, cached_property
from typing import Any, cast

import pycountry
from django import forms
from django.db.models import Q
from django.utils.datastructures import MultiValueDict

from content.console import labels
from content.models import Locale, Service
from content.terms import WORLDWIDE, Recipient
from core.console.display import country_in_text, country_text, language_text, listed, region_text
from core.console.pages import ConsoleForm, page
from notifications import cap
from notifications.campaigns import audience, draft_tasks
from notifications.campaigns.checks.problem import DraftProblem
from notifications.campaigns.forecast import Forecast
from notifications.console.campaign_display import topics_text
from notifications.console.tasks.task_page import FormData, TaskPage
from notifications.console.will_happen import phones, reached
from notifications.models import Campaign, Segment
from notifications.models.campaign import ALL
from notifications.models.campaign_state import APPROVED_ON
from notifications.models.draft_task import DraftTask
from notifications.models.segment import ANY_PLATFORM
from notifications.registrations.values import NATIONS

#: How far back the page looks for alerts to the same readers.
RECENT = timedelta(days=14)
#: Rows of the table of languages.
_ROWS = 40


@cache
def _every_country() -> tuple[str, ...]:
    return tuple(sorted((country.alpha_2 for country in pycountry.countries), key=country_text))


@dataclass(frozen=True)
class KnownPlaces:
    """Where there are services and phones, and which apps have them."""

    #: Countries with a service of their own.
    countries: frozenset[str]
    regions: frozenset[str]
    #: (title of an app, whether it is one of test devices, audience) of every such segment.
    apps: frozenset[tuple[str, bool, str]]

    def app_titles(self, campaign: Campaign) -> list[str]:
        """Return the apps that have phones or topics of the campaign's audiences."""
        tests = campaign.status != cap.AlertStatus.ACTUAL
        everyone = campaign.audiences == ALL
        return sorted({title for title, test, who in self.apps if test == tests and (everyone or who in campaign.audiences)})


def known_places() -> KnownPlaces:
    """Return the places of approved services, of phones that count, and of topics, in two queries.

    A segment that nobody in it has proven has no counter: anybody can make one, and a region of it would be offered.
    """
    services = list(Service.objects.approved().values_list("country_id", "regions"))
    inhabited = Segment.objects.filter(Q(platform=ANY_PLATFORM) | Q(counts__isnull=False))
    segments = list(inhabited.values_list("region", "app__title", "app__test", "audience").distinct())
    regions = {region for _, found in services for region in found} | {region for region, *_ in segments if region}
    return KnownPlaces(
        frozenset(country for country, _ in services if country != WORLDWIDE),
        frozenset(regions),
        frozenset((title, test, who) for _, title, test, who in segments),
    )


class WhoForm(ConsoleForm):
    """The fields of the task."""

    audiences = forms.MultipleChoiceField(
        choices=labels.choices(Recipient),
        widget=forms.CheckboxSelectMultiple,
        label="Readers",
        error_messages={"required": "Choose the readers that it is for."},
    )
    where = forms.ChoiceField(
        choices=[("some", "In these countries"), ("all", "In every country")],
        widget=forms.RadioSelect,
        label="Where?",
        error_messages={"required": "Choose where it goes."},
    )
    countries = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Countries")
    more_countries = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Other countries")
    regions = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Only in these parts",
        help_text="Leave all empty for the whole of each country.",
    )
    readers_of = forms.ChoiceField(
        choices=[("all", "Readers of every language"), ("some", "Only readers of these languages")],
        widget=forms.RadioSelect,
        label="Which languages?",
        error_messages={"required": "Choose the languages."},
    )
    locales = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Languages")
    reach_confirmed = forms.CharField(
        required=False,
        max_length=12,
        label="Number of phones",
        help_text="Type the number that the page shows, to confirm that so many are meant.",
    )

    def __init__(self, data: FormData, *, campaign: Campaign, reach: int | None, places: KnownPlaces) -> None:
        super().__init__(data)
        self.reach = reach
        first = sorted(places.countries, key=country_text)
        known = set(first)
        self._choices("countries", [(code, country_text(code)) for code in first])
        self._choices("more_countries", [(code, country_text(code)) for code in _every_country() if code not in known])
        self._choices("regions", _region_choices(campaign, places))
        tags = {*Locale.objects.values_list("code", flat=True), *(campaign.locales if campaign.locales != ALL else ())}
        self._choices("locales", sorted(((tag, language_text(tag)) for tag in tags), key=lambda choice: choice[1]))

    def _choices(self, name: str, choices: list[Any]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse what would have to be ignored: a country beside every country, a language beside every language."""
        data = super().clean() or {}
        chosen = [*data.get("countries", ()), *data.get("more_countries", ())]
        if data.get("where") == "all" and chosen:
            names = listed([country_in_text(code) for code in chosen])
            self.add_error("where", f"You chose every country, and also {names}. Choose one of both.")
        if data.get("where") == "some" and not chosen:
            self.add_error("countries", "Choose at least one country.")
        if data.get("where") == "all" and data.get("regions"):
            self.add_error("regions", "You chose every country, and also parts of one. Choose one of both.")
        elif data.get("where") == "some":
            for region in data.get("regions", ()):
                if region[:2] not in chosen:
                    detail = f"{region_text(region)} lies in {country_in_text(region[:2])}, which is not chosen. Choose it too."
                    self.add_error("regions", detail)
        if data.get("readers_of") == "all" and data.get("locales"):
            self.add_error("readers_of", "You chose readers of every language, and also single languages. Choose one of both.")
        if data.get("readers_of") == "some" and not data.get("locales"):
            self.add_error("locales", "Choose at least one language.")
        if number := data.get("reach_confirmed", "").strip():
            self._check_number(number)
        return data

    def _check_number(self, number: str) -> None:
        digits = number.replace(",", "").replace(".", "").replace(" ", "").replace("\u00a0", "")
        if not digits.isascii() or not digits.isdigit():
            self.add_error("reach_confirmed", "Type the number in digits, such as 160,530.")
        elif (self.reach or 0) > audience.CONFIRM_ABOVE and int(digits) != self.reach:
            self.add_error("reach_confirmed", f"The number of phones is about {self.reach:,}, not this one.")
        elif (self.reach or 0) <= audience.CONFIRM_ABOVE:
            self.add_error(
                "reach_confirmed", f"No number is needed: it goes to fewer than {audience.CONFIRM_ABOVE:,} phones. Clear it."
            )
        else:
            self.cleaned_data["confirmed"] = int(digits)


@dataclass(frozen=True)
class LanguageRow:
    """The phones of one country and language, and the text that they get."""

    country: str
    language: str
    phones: str
    text: str
    fallback: bool


@page("campaigns/<int:id>/who/", "campaign-who")
class WhoPage(TaskPage):
    """The readers of the campaign."""

    template_name = "notifications/tasks/who.html"
    title = "Who"
    task = DraftTask.WHO

    def build_form(self, data: FormData) -> forms.Form:
        return WhoForm(data, campaign=self.campaign, reach=self._reach(), places=self.places)

    @cached_property
    def places(self) -> KnownPlaces:
        """The countries with services, the regions that somebody can be in, and the apps; read once for each response."""
        return known_places()

    def saved_data(self) -> FormData:
        campaign = self.campaign
        everywhere, everyone = campaign.countries == ALL, campaign.locales == ALL
        listed = [] if everywhere else campaign.countries
        own = self.places.countries
        values = {
            "audiences": list(Recipient.values) if campaign.audiences == ALL else campaign.audiences,
            "where": ["all" if everywhere else "some"],
            "countries": [code for code in listed if code in own],
            "more_countries": [code for code in listed if code not in own],
            "regions": [] if campaign.regions == ALL else campaign.regions,
            "readers_of": ["all" if everyone else "some"],
            "locales": [] if everyone else campaign.locales,
        }
        if campaign.reach_confirmed and (self._reach() or 0) > audience.CONFIRM_ABOVE:
            values["reach_confirmed"] = [str(campaign.reach_confirmed)]
        return cast(FormData, MultiValueDict(values))

    def save(self, form: forms.Form, *, from_version: str) -> None:
        data = form.cleaned_data
        chosen = set(data["audiences"])
        values = {
            # The apps follow from the audience: each segment belongs to one app.
            "apps": list(ALL),
            "countries": list(ALL) if data["where"] == "all" else sorted({*data["countries"], *data["more_countries"]}),
            "regions": sorted(set(data["regions"])) or list(ALL),
            "audiences": list(ALL) if chosen == set(Recipient.values) else sorted(chosen),
            "locales": list(ALL) if data["readers_of"] == "all" else sorted(set(data["locales"])),
            "reach_confirmed": data.get("confirmed", self.campaign.reach_confirmed),
        }
        draft_tasks.save(self.campaign, self.task, values, from_version=from_version, by=self.user, at=self.at)

    def field_of(self, problem: DraftProblem) -> str:
        name = super().field_of(problem)
        return "audiences" if name == "audience" else name

    def _reach(self) -> int | None:
        """Return the rounded number of phones in the saved audience."""
        return audience.rounded(self.check.forecast.devices) if self.check.forecast else None

    def context(self) -> dict[str, Any]:
        if not self.is_draft:
            return {**super().context()}
        found = self.check.forecast
        reach = self._reach() or 0
        return {
            **super().context(),
            "asks_number": reach > audience.CONFIRM_ABOVE,
            "reach": reached(found.devices, found.topics) if found else "",
            "topics": found.topics if found else 0,
            "rows": _rows(found) if found else [],
            "more_rows": max(0, len(found.languages) - _ROWS) if found else 0,
            "fallbacks": _fallbacks(found) if found else [],
            "apps": self.places.app_titles(self.campaign),
            "recent": _recent_alerts(self.campaign, self.at - RECENT),
        }


def _region_choices(campaign: Campaign, places: KnownPlaces) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the regions that somebody can be in, grouped by country."""
    codes = {*NATIONS, *places.regions, *(campaign.regions if campaign.regions != ALL else ())}
    groups: dict[str, list[tuple[str, str]]] = {}
    for code in sorted(codes, key=lambda code: (country_text(code[:2]), region_text(code))):
        groups.setdefault(country_text(code[:2]), []).append((code, region_text(code)))
    return list(groups.items())


def _rows(forecast: Forecast) -> list[LanguageRow]:
    """Return the rows with the most phones, and after them those with the most topics."""
    rows = sorted(forecast.languages, key=lambda language: (-language.devices, -language.topics))[:_ROWS]
    return [
        LanguageRow(
            country_text(row.country),
            "not known" if row.locale == "und" else language_text(row.locale),
            phones(row.devices) if row.devices else topics_text(row.topics),
            language_text(row.served),
            row.fallback,
        )
        for row in rows
    ]


def _fallbacks(forecast: Forecast) -> list[str]:
    """Return a sentence for each language of readers that has no text."""
    numbers: Counter[tuple[str, str]] = Counter()
    for language in forecast.languages:
        if language.fallback and language.locale != "und":
            numbers[language.locale, language.served] += language.devices
    return [
        f"{phones(number).capitalize()} set to {language_text(locale)} would get {language_text(served)}: "
        f"write {language_text(locale)}."
        for (locale, served), number in numbers.most_common()
        if number
    ]


def _recent_alerts(campaign: Campaign, since: Any) -> list[Campaign]:
    """Return the alerts that began lately and had readers in common with this one."""
    earlier = Campaign.objects.filter(state__in=APPROVED_ON, status=cap.AlertStatus.ACTUAL, starts_at__gte=since)
    return [other for other in earlier.order_by("-starts_at")[:50] if _overlap(campaign, other)]


def _overlap(campaign: Campaign, other: Campaign) -> bool:
    columns = ("countries", "regions", "audiences", "locales")
    pairs = ((getattr(campaign, column), getattr(other, column)) for column in columns)
    return all(ALL in (mine, theirs) or bool(set(mine) & set(theirs)) for mine, theirs in pairs)
