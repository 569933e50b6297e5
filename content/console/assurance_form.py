"""What an assurer says of one channel: how it was checked, with the evidence in words, and until when that is good."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from content.assurance.record import record_assurance
from content.assurance.validity import longest_days, methods
from content.models import Channel
from content.models.assurance import Method
from core.console.pages import ConsoleForm
from core.errors import ChangedMeanwhile, Invalid
from core.models import User

_METHOD_WORDS = {
    Method.READ: "read: their own live page says so",
    Method.OPENED: "opened: the page or chat opened and did what it should",
    Method.RUNG: "rung: somebody answered, or a text was answered",
    Method.CONFIRMED: "confirmed: the organization said so",
}


class AssuranceForm(ConsoleForm):
    """One check; the channel decides how it may be made and for how long it is good."""

    method = forms.ChoiceField(label="How")
    note = forms.CharField(
        label="What you saw or heard",
        min_length=5,
        max_length=300,
        help_text="Who answered and when, or what the page said. For colleagues; never shown to readers.",
    )
    until = forms.DateField(label="Good until", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, channel: Channel, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"prefix": f"c{channel.position}", **kwargs})
        fitting = methods(channel.service.roles, channel.type)
        of = [(str(method), _METHOD_WORDS[method]) for method in fitting]
        days = {method: longest_days(channel.service.roles, channel.type, method) for method in fitting}
        method, until = self.fields["method"], self.fields["until"]
        assert isinstance(method, forms.ChoiceField)
        method.choices = [("", "Choose how you checked it"), *of]
        longest = ", ".join(f"{method} {n}" for method, n in days.items())
        until.help_text = f"Empty: as long as such a check is good ({longest} days)."


def assurance_form(channel: Channel, typed: QueryDict | None) -> AssuranceForm:
    """Return the form for the channel, with what was typed for this very one."""
    if typed is not None and typed.get("action") == "assure" and typed.get("position") == str(channel.position):
        return AssuranceForm(channel, typed)
    return AssuranceForm(channel)


def assure(channel: Channel, data: QueryDict, *, by: User, at: datetime) -> str:
    """Write down the check that the form tells, of exactly what was on the screen; return the sentence that says so."""
    if str(channel.revision_id) != data.get("revision"):
        raise ChangedMeanwhile("This channel has changed since the page was shown; check its current details.")
    form = AssuranceForm(channel, data)
    if not form.is_valid():
        raise Invalid("Say how you checked it and what you saw or heard.", code="form")
    check = record_assurance(
        channel,
        by=by,
        at=at,
        method=Method(form.cleaned_data["method"]),
        until=form.cleaned_data["until"],
        note=form.cleaned_data["note"],
    )
    return f"Channel {channel.position} is assured until {check.until:%-d %B %Y}."
