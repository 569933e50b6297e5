"""The form with the facts of a tip."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from content.console import labels
from content.linting.service import MAX_AGE
from content.linting.tip import MAX_ORDER
from content.models.tip_facts import TipState
from content.terms import AgeMeasured, Audience, Situation
from core.console.pages import ConsoleForm

_AGES = "Age of the young person. Leave both empty if the tip is for every age."
_STEPS = "For example 1, 3, 2. A step that you leave out keeps its texts and can be shown again later."
_LISTS = ("countries", "do_now", "do_not")
_ORDER_IN = "order_in_"


class TipForm(ConsoleForm):
    """All facts of a tip; `facts` returns them by column."""

    tip_state = forms.ChoiceField(
        choices=labels.choices(TipState), label="Status", help_text="A retired tip is left out of releases, and can be restored."
    )
    audiences = forms.MultipleChoiceField(choices=labels.choices(Audience), widget=forms.CheckboxSelectMultiple, label="Audience")
    situations = forms.MultipleChoiceField(
        choices=labels.choices(Situation), widget=forms.CheckboxSelectMultiple, required=False, label="Situations"
    )
    countries = forms.CharField(
        required=False, label="Countries", help_text="Two-letter codes, for example GB, IE. Leave empty for every country."
    )
    min_age = forms.IntegerField(required=False, min_value=0, max_value=MAX_AGE, label="Lowest age", help_text=_AGES)
    max_age = forms.IntegerField(required=False, min_value=0, max_value=MAX_AGE, label="Highest age")
    age_measured = forms.ChoiceField(choices=[("", "—"), *labels.choices(AgeMeasured)], required=False, label="Age counts")
    order = forms.IntegerField(
        min_value=0, max_value=MAX_ORDER, label="Position in the list", help_text="Lower numbers come first."
    )
    do_now = forms.CharField(required=False, label="Do now: step numbers in order", help_text=_STEPS)
    do_not = forms.CharField(required=False, label="Do not: step numbers in order", help_text=_STEPS)
    more = forms.BooleanField(required=False, label="Show the text “More”")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for situation, name in labels.choices(Situation):
            self.fields[f"{_ORDER_IN}{situation}"] = forms.IntegerField(
                required=False, min_value=0, max_value=MAX_ORDER, label=f"Position in {labels.inside_sentence(name)}"
            )

    @staticmethod
    def initial_of(facts: dict[str, Any]) -> dict[str, Any]:
        """Return the initial values of the fields for these facts."""
        lists = {name: ", ".join(str(value) for value in facts[name]) for name in _LISTS}
        return facts | lists | {f"{_ORDER_IN}{situation}": order for situation, order in facts["order_in"].items()}

    def facts(self) -> dict[str, Any]:
        """Return the facts of the tip but its kind."""
        chosen = dict(self.cleaned_data)
        orders = {situation: chosen.pop(f"{_ORDER_IN}{situation}") for situation in Situation.values}
        return {**chosen, "order_in": {situation: order for situation, order in orders.items() if order is not None}}

    def clean_countries(self) -> list[str]:
        """Return the codes of the countries."""
        return _split(self.cleaned_data["countries"].upper())

    def clean_do_now(self) -> list[int]:
        """Return the numbers of the steps."""
        return _step_numbers(self.cleaned_data["do_now"])

    def clean_do_not(self) -> list[int]:
        """Return the numbers of the steps."""
        return _step_numbers(self.cleaned_data["do_not"])

    def positions(self) -> list[Any]:
        """Return the fields for the position in single situations."""
        return [self[name] for name in self.fields if name.startswith(_ORDER_IN)]


def _split(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _step_numbers(text: str) -> list[int]:
    parts = _split(text)
    if not all(part.isdecimal() and len(part) < 5 for part in parts):
        raise ValidationError("Enter step numbers separated by commas, for example 1, 3, 2.")
    return [int(part) for part in parts]
