"""The form that records a check of one channel: how it was checked, what was seen or heard, and how long the check is valid."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from content.assurance.record import record_assurance
from content.assurance.validity import longest_days, methods
from content.console.labels import label
from content.models import Channel
from content.models.assurance import Method
from core.console.display import date_text
from core.console.pages import ConsoleForm
from core.errors import ChangedMeanwhile, Invalid
from core.models import User


class AssuranceForm(ConsoleForm):
    """One check; the channel's type and service decide which methods fit and how long each is valid."""

    method = forms.ChoiceField(label="How you checked it")
    note = forms.CharField(
        label="What you saw or heard",
        min_length=5,
        max_length=300,
        help_text="For example who answered and when, or what the page said. Only colleagues see this.",
    )
    until = forms.DateField(
        label="Valid until", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, channel: Channel, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": f"c{channel.position}", **kwargs})
        fitting = methods(channel.service.roles, channel.type)
        names = {str(method): label("method", method) for method in fitting}
        days = [f"{names[method]}: {longest_days(channel.service.roles, channel.type, method)} days" for method in fitting]
        method, until = self.fields["method"], self.fields["until"]
        assert isinstance(method, forms.ChoiceField)
        method.choices = [("", "Choose a method"), *names.items()]
        until.help_text = f"Leave empty for the longest validity. {'; '.join(days)}."


def assurance_form(channel: Channel, submitted: QueryDict | None) -> AssuranceForm:
    """Return the form for the channel, filled with the submitted data where it was for this channel."""
    if submitted is not None and submitted.get("action") == "assure" and submitted.get("position") == str(channel.position):
        return AssuranceForm(channel, submitted)
    return AssuranceForm(channel)


def assure(channel: Channel, data: QueryDict, *, by: User, at: datetime) -> str:
    """Record the submitted check of the revision that the page showed; return the sentence for the user.

    Raise ChangedMeanwhile where the channel has another revision now, Invalid where the form is incomplete.
    """
    if str(channel.revision_id) != data.get("revision"):
        raise ChangedMeanwhile("This channel has changed since you opened the page. Check its current details.")
    form = AssuranceForm(channel, data)
    if not form.is_valid():
        raise Invalid("Say how you checked this channel, and what you saw or heard.", code="form")
    check = record_assurance(
        channel,
        by=by,
        at=at,
        method=Method(form.cleaned_data["method"]),
        until=form.cleaned_data["until"],
        note=form.cleaned_data["note"],
    )
    return f"Check recorded: channel {channel.position} is assured until {date_text(check.until)}."
