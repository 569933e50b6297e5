"""Figures: one person proposes a statistic with its period and source, another approves it; any approver can withdraw it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from pydantic import ValidationError

from content.compiling.figures import formatted, is_old
from content.console.labels import choices, label
from content.importing.figures import FigureEntry, propose_figure
from content.models import Country, Figure, Unit
from content.models.figure import APPROVE, PROPOSE
from content.terms import SOURCE_LOCALE, FigureUnit, Qualifier
from core.console.display import country_text, date_text
from core.console.pages import ConsoleForm, Link, Page, page
from core.console.step_up import fresh_sign_in
from core.errors import Invalid, NotFound
from core.file_models import faults

#: Fields of a figure → their labels, in the order in which they are compared.
FIELDS = {
    "value": "Number",
    "counted_by": "Counted by",
    "country": "Country",
    "period": "Period",
    "source": "Source",
    "source_url": "Web page",
    "read_on": "Read on",
}
_DATE = {"type": "date"}


@page("figures/", "figures", order=45)
class FiguresPage(Page):
    """The figures that need approval, and those that readers get."""

    template_name = "content/figures.html"
    title = "Figures"
    menu = "Figures"
    menu_permissions = ("content.propose_channelrevision", "content.approve_channelrevision")
    actions = {"approve": (APPROVE,), "reject": (APPROVE,), "withdraw": (PROPOSE, APPROVE)}

    def context(self) -> dict[str, Any]:
        figures = Figure.objects.select_related("country", "proposed_by", "approved_by").order_by("slug")
        approved = {figure.slug: figure for figure in figures.approved()}
        counts = dict(Unit.objects.filter(key__startswith="figure.").values_list("key", "text"))

        def words(figure: Figure) -> str:
            return str(counts.get(f"figure.{figure.slug}.counts", ""))

        return {
            "proposed": [
                (figure, words(figure), comparison(approved.get(figure.slug), figure), figure.proposed_by_id == self.user.pk)
                for figure in figures.proposed()
            ],
            "approved": [
                (figure, words(figure), shown_values(figure), is_old(figure.period_until, self.at.date()))
                for figure in approved.values()
            ],
            "may_propose": self.has_any_perm(PROPOSE),
        }

    @fresh_sign_in
    def action_approve(self, data: QueryDict) -> str | None:
        figure = self._figure(data)
        figure.approve(by=self.user, at=self.at)
        self.success(f"Approved: {figure.slug}. Readers get it from the next release.")
        return None

    def action_reject(self, data: QueryDict) -> str | None:
        figure = self._figure(data)
        figure.withdraw(by=self.user, at=self.at)
        self.success(f"Rejected: {figure.slug}.")
        return None

    def action_withdraw(self, data: QueryDict) -> str | None:
        figure = self._figure(data)
        figure.withdraw(by=self.user, at=self.at)
        self.success(f"Withdrawn: {figure.slug}. It is not in the next release.")
        return None

    def _figure(self, data: QueryDict) -> Figure:
        pk = data.get("figure", "")
        found = Figure.objects.filter(pk=int(pk)).first() if pk.isdecimal() and len(pk) < 15 else None
        if found is None:
            raise NotFound("There is no such figure.")
        return found


class FigureForm(ConsoleForm):
    """One figure. What is counted is a text of its own: it is given once, and edited later under Source texts."""

    id = forms.CharField(max_length=80, label="Short name", help_text="Lower-case letters, digits and hyphens: reports-2025.")
    counts = forms.CharField(
        max_length=200, label="What is counted", help_text="In a few words, in English: reports to the hotline."
    )
    value = forms.DecimalField(min_value=0, max_value=10**11, max_digits=14, decimal_places=2, label="Number")
    unit = forms.ChoiceField(choices=choices(FigureUnit), label="Unit")
    qualifier = forms.ChoiceField(choices=choices(Qualifier), label="How exact it is", help_text="As the source says it.")
    counted_by = forms.CharField(max_length=200, label=FIELDS["counted_by"], help_text="The organization that counted.")
    country = forms.ChoiceField(label=FIELDS["country"])
    first = forms.DateField(label="First day of the period", widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    last = forms.DateField(label="Last day of the period", widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"))
    source = forms.CharField(max_length=300, label=FIELDS["source"], help_text="Where you read it, as readers see it.")
    source_url = forms.CharField(max_length=500, required=False, label=FIELDS["source_url"], help_text="Starts with https://.")
    read_on = forms.DateField(
        label=FIELDS["read_on"],
        help_text="The day on which you read the source.",
        widget=forms.DateInput(attrs=_DATE, format="%Y-%m-%d"),
    )

    def __init__(self, figure: Figure | None, counts: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._fixed = {"id": figure.slug, "counts": counts} if figure else {}
        for name in self._fixed:
            del self.fields[name]
        country = self.fields["country"]
        assert isinstance(country, forms.ChoiceField)
        names = ((code, country_text(code)) for code in Country.objects.values_list("code", flat=True))
        country.choices = [("", "Choose a country"), *sorted(names, key=lambda pair: pair[1])]

    def entry(self) -> FigureEntry | None:
        """Return the figure as files have it; None where a field is refused, each with the reason on the field."""
        if not self.is_valid():
            return None
        fields = self.cleaned_data | self._fixed
        value = {name: fields[name] for name in ("id", "counts", "unit", "qualifier", "counted_by", "country", "source")} | {
            "value": float(fields["value"]),
            "period": {name: fields[name].isoformat() for name in ("first", "last")},
            "source_url": fields["source_url"] or None,
            "read_on": fields["read_on"].isoformat(),
        }
        try:
            entry = FigureEntry.model_validate(value)
        except ValidationError as error:
            for place, sentence in faults(error):
                names = [name for name in place if name in self.fields]
                self.add_error(str(names[-1]) if names else None, sentence[:1].upper() + sentence[1:])
            return None
        for fault in entry.rule_faults():
            self.add_error("last", fault.rpartition(": ")[2].capitalize())
        return None if self.errors else entry


@page("figures/propose/", "figure-propose")
class ProposeFigurePage(Page):
    """Propose a new figure, or other values for an approved one."""

    template_name = "content/figure_propose.html"
    menu = "Figures"
    permission_required = PROPOSE
    actions = {"propose": (PROPOSE,)}

    def load(self) -> None:
        slug = self.request.GET.get("figure", "")
        self.figure = Figure.objects.approved().filter(slug=slug).first() if slug else None
        if slug and self.figure is None:
            raise NotFound("There is no such figure.")
        unit = Unit.objects.filter(key=f"figure.{slug}.counts").first()
        self.counts = unit.text if unit else ""

    def heading(self) -> str:
        return "Propose other values" if self.figure else "Propose a figure"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Figures", reverse("admin:figures"))]

    def context(self) -> dict[str, Any]:
        return {"figure": self.figure, "counts": self.counts, "form": self.form}

    @property
    def form(self) -> FigureForm:
        """The form as it was sent, with its faults, or with the values of the approved figure."""
        if self.submitted is not None:
            form = FigureForm(self.figure, self.counts, self.submitted)
            form.entry()
            return form
        initial = (
            {
                "value": self.figure.value.normalize() if self.figure.value % 1 else int(self.figure.value),
                "unit": self.figure.unit,
                "qualifier": self.figure.qualifier,
                "counted_by": self.figure.counted_by,
                "country": self.figure.country_id,
                "first": self.figure.period_from,
                "last": self.figure.period_until,
                "source": self.figure.source,
                "source_url": self.figure.source_url,
            }
            if self.figure
            else {}
        )
        return FigureForm(self.figure, self.counts, initial=initial)

    def action_propose(self, data: QueryDict) -> str | None:
        entry = FigureForm(self.figure, self.counts, data).entry()
        if entry is None:
            raise Invalid("Check the fields marked below.", code="form")
        propose_figure(entry, is_new=self.figure is None, by=self.user, at=self.at)
        self.success("Proposed. Readers get it once a second person has approved it, from the next release.")
        return reverse("admin:figures")


def shown_values(figure: Figure) -> dict[str, str]:
    """Return the fields of a figure as staff read them, by name."""
    number = formatted(figure.value, figure.unit, SOURCE_LOCALE)
    return {
        "value": number if figure.qualifier == Qualifier.EXACT else f"{label('qualifier', figure.qualifier)} {number}",
        "counted_by": figure.counted_by,
        "country": country_text(figure.country_id),
        "period": f"{date_text(figure.period_from)} to {date_text(figure.period_until)}",
        "source": figure.source,
        "source_url": figure.source_url,
        "read_on": date_text(figure.read_on),
    }


def comparison(old: Figure | None, new: Figure) -> list[tuple[str, str, str, bool]]:
    """Return (label, old, new, differs) for each field; a new figure has no old values."""
    was = shown_values(old) if old else dict.fromkeys(FIELDS, "")
    becomes = shown_values(new)
    return [(name, was[key], becomes[key], was[key] != becomes[key]) for key, name in FIELDS.items()]
