"""The task Help: for each country the services that readers can turn to, and for each audience the tip that opens."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, cast

from django import forms
from django.utils.datastructures import MultiValueDict

from content.console import labels
from content.console.handouts import NAMES
from content.console.labels import inside_sentence
from content.models import Service, Tip, Unit
from content.models.tip_facts import TipKind
from content.terms import HANDOUT_SITUATIONS, WORLDWIDE, Recipient
from core.console.display import country_text, date_text
from core.console.pages import ConsoleForm, page
from notifications.campaigns import draft_tasks, variants
from notifications.campaigns.checks.help import CountryHelp, OfferedService, problems_in
from notifications.campaigns.checks.problem import DraftProblem
from notifications.console.tasks.task_page import FormData, TaskPage
from notifications.models import Campaign
from notifications.models.campaign import ALL
from notifications.models.draft_task import DraftTask

#: Fields that are saved as the column of the same name.
_LISTS = ("services", "handouts", "handout_situations")


class HelpForm(ConsoleForm):
    """The fields of the task: services of all countries in one, and a tip for each audience."""

    services = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple,
        label="Services",
        error_messages={"required": "Choose at least one service that readers can turn to."},
    )

    handouts = forms.MultipleChoiceField(
        required=False,
        choices=[(slug.value, name) for slug, name in NAMES.items()],
        widget=forms.CheckboxSelectMultiple,
        label="Handouts to print",
        help_text="The alert’s public page leads to them, in the reader’s language, with a QR code and a PDF file.",
    )

    handout_situations = forms.MultipleChoiceField(
        required=False,
        choices=[(situation, labels.label("situation", situation)) for situation in HANDOUT_SITUATIONS],
        widget=forms.CheckboxSelectMultiple,
        label="What the handouts are about",
        help_text="Each handout is attached for each of these. Choose none for the usual handouts.",
    )

    def __init__(self, data: FormData, *, campaign: Campaign) -> None:
        super().__init__(data)
        active = dict(Service.objects.active().order_by("name").values_list("pk", "name"))
        gone = set(campaign.services) - active.keys()
        #: Services of the campaign that are no longer offered, by id: they stay on the page until the author removes them.
        self.closed = dict(Service.objects.filter(pk__in=gone).values_list("pk", "name")) if gone else {}
        self.fields["services"].choices = [*active.items(), *self.closed.items()]  # type: ignore[attr-defined]
        tips = list(Tip.objects.current().filter(kind=TipKind.TIP).order_by("order"))
        self.tip_texts = _tip_texts({*campaign.tips.values(), *(tip.slug for tip in tips)})
        for audience in Recipient.values if campaign.audiences == ALL else campaign.audiences:
            fitting = [(tip.slug, self.tip_texts[tip.slug][0] or tip.slug) for tip in tips if audience in tip.audiences]
            label = f"Tip that opens for {inside_sentence(labels.label('recipient', audience))}"
            self.fields[f"tip_{audience}"] = forms.ChoiceField(choices=[("", "None"), *fitting], required=False, label=label)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("handout_situations") and not data.get("handouts"):
            self.add_error("handouts", "Choose the handouts that are attached for these situations, or choose no situation.")
        return data


@dataclass(frozen=True)
class OfferRow:
    """One service of a country, with what is known about it."""

    id: str
    name: str
    chosen: bool
    note: str
    tone: str


@dataclass(frozen=True)
class CountryRow:
    """One country with its services, or all countries that share the worldwide ones, because they have none of their own."""

    name: str
    offers: list[OfferRow]
    problems: list[str]
    #: The names of the countries; [] for one country.
    places: list[str]
    #: Of several countries: the services that help in one of them alone, such as its emergency number.
    of_one: list[OfferRow]

    @property
    def chosen_of_one(self) -> bool:
        """Return whether one of them is chosen, and should not be hidden."""
        return any(offer.chosen for offer in self.of_one)


@page("campaigns/<int:id>/help/", "campaign-help")
class HelpPage(TaskPage):
    """The help that the alert names."""

    template_name = "notifications/tasks/help.html"
    title = "Help"
    task = DraftTask.HELP

    def build_form(self, data: FormData) -> forms.Form:
        return HelpForm(data, campaign=self.campaign)

    def saved_data(self) -> FormData:
        tips = {f"tip_{audience}": [slug] for audience, slug in self.campaign.tips.items()}
        return cast(FormData, MultiValueDict({**{name: getattr(self.campaign, name) for name in _LISTS}, **tips}))

    def save(self, form: forms.Form, *, from_version: str) -> None:
        data = form.cleaned_data
        tips = {name.removeprefix("tip_"): slug for name, slug in data.items() if name.startswith("tip_") and slug}
        values = {
            "services": sorted(set(data["services"])),
            "tips": dict(sorted(tips.items())),
            "handouts": sorted(set(data["handouts"])),
            "handout_situations": [name for name in HANDOUT_SITUATIONS if name in data["handout_situations"]],
        }
        draft_tasks.save(self.campaign, self.task, values, from_version=from_version, by=self.user, at=self.at)

    def field_of(self, problem: DraftProblem) -> str:
        return "services"

    def context(self) -> dict[str, Any]:
        context = super().context()
        if not self.is_draft:
            return context
        chosen = {str(value) for value in context["form"]["services"].value() or ()}
        is_open = self.task in self.campaign.open_tasks
        rows = country_rows(self.check.help, chosen, with_problems=not is_open)
        shown = {offer.service.id for row in self.check.help for offer in row.services}
        others = Service.objects.filter(pk__in=chosen - shown).select_related("country").order_by("name")
        context["countries"] = rows
        closed = context["form"].closed
        context["other_services"] = [
            OfferRow(
                service.pk,
                f"{service.name} ({country_text(service.country_id)})",
                True,
                *(("has closed or was withdrawn", "bad") if service.pk in closed else ("of another country", "wait")),
            )
            for service in others
        ]
        context["tips"] = [
            (context["form"][name], context["form"].tip_texts.get(str(context["form"][name].value() or ""), ("", "")))
            for name in context["form"].fields
            if name.startswith("tip_")
        ]
        return context


def country_rows(found: Collection[CountryHelp], chosen: Collection[str], *, with_problems: bool) -> list[CountryRow]:
    """Return a row for each country; two or more without services of their own stand together, after the others.

    A worldwide service has one box on the page for all of them: with one in each of 200 countries, clearing one would change
    nothing.
    """
    sharing = [row for row in found if row.services and all(offer.service.country == WORLDWIDE for offer in row.services)]
    together = {row.country: row for row in sharing} if len(sharing) > 1 else {}
    rows = [
        CountryRow(
            country_text(row.country),
            [_row(offer, row, chosen) for offer in row.services],
            [row.problem] if with_problems and row.faults else [],
            [],
            [],
        )
        for row in found
        if row.country not in together
    ]
    return [*rows, _shared(together.values(), chosen, with_problems=with_problems)] if together else rows


def _shared(found: Collection[CountryHelp], chosen: Collection[str], *, with_problems: bool) -> CountryRow:
    """Return the row of countries without services of their own: each worldwide service once, with what is to be said of it."""
    offers: dict[str, list[tuple[OfferedService, CountryHelp]]] = {}
    for row in found:
        for offer in row.services:
            offers.setdefault(offer.service.id, []).append((offer, row))
    several, of_one = [], []
    for places in offers.values():
        # What keeps it from helping everybody somewhere is said rather than that it helps everybody elsewhere.
        offer, row = next((place for place in places if place[0].lack or place[0].readers != place[1].readers), places[0])
        shown = _row(offer, row, chosen)
        if len(places) == 1:
            of_one.append(shown)
        elif len(places) < len(found):
            several.append(replace(shown, note=f"{shown.note}, in {len(places)} of these countries"))
        else:
            several.append(shown)
    problems = list(problems_in(found)) if with_problems else []
    countries = [country_text(row.country) for row in found]
    return CountryRow("Countries without services of their own", several, problems, countries, of_one)


def _row(offer: OfferedService, row: CountryHelp, chosen: Collection[str]) -> OfferRow:
    notes, tone = ["helps everybody there"], "good"
    if offer.lack:
        notes, tone = [offer.lack], "wait"
    elif offer.readers != row.readers:
        notes, tone = [f"for {variants.audiences_text(offer.readers)} only"], "wait"
    if not offer.lack and offer.assured_until is not None:
        valid = f"checked, valid until {date_text(offer.assured_until)}"
        notes = [valid] if tone == "good" else [*notes, valid]
    return OfferRow(offer.service.id, offer.service.name, offer.service.id in chosen, ", ".join(notes), tone)


def _tip_texts(slugs: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the title and the short answer of each tip, "" for a text that there is not; one query."""
    keys = [f"tip.{slug}.{part}" for slug in slugs for part in ("title", "short")]
    found = dict(Unit.objects.filter(key__in=keys).values_list("key", "text"))
    return {slug: (found.get(f"tip.{slug}.title", ""), found.get(f"tip.{slug}.short", "")) for slug in slugs}
