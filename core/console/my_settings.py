"""A person's own settings: the clock of the console, an absence, and what they get e-mails about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import QueryDict
from django.utils import timezone

from core.console.display import zone_text
from core.console.pages import ConsoleForm, Page, page
from core.errors import Invalid
from core.message_kinds import MessageKind
from core.models import User


def zone_choices() -> list[tuple[str, str]]:
    """Return the time zones that are named after a city, with UTC first."""
    names = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix/", "right/", "SystemV/"))
    )
    return [("UTC", "UTC"), *((name, f"{zone_text(name)} ({name.partition('/')[0]})") for name in names)]


#: The longest absence that can be entered.
_LONGEST_ABSENCE = timedelta(days=366)


class SettingsForm(ConsoleForm):
    """The form of a person's settings."""

    time_zone = forms.ChoiceField(
        label="Your time zone",
        choices=zone_choices,
        help_text="Console pages show in this time zone when something was done.",
    )

    away_until = forms.DateField(
        label="You are away until",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="The last day. Until then colleagues get the messages, and nobody waits for your approval. Leave it empty "
        "while you are there.",
    )

    messages = forms.MultipleChoiceField(
        label="Send me an e-mail when",
        choices=MessageKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="An e-mail holds no text of a campaign, only a link.",
    )

    def clean_away_until(self) -> date | None:
        """Return the last day of an absence that lies within a year."""
        day: date | None = self.cleaned_data["away_until"]
        today = timezone.now().date()
        if day is not None and not today - timedelta(days=1) <= day <= today + _LONGEST_ABSENCE:
            raise forms.ValidationError("Enter a day from today on, within a year.", code="away")
        return day


@page("settings/", "my-settings")
class MySettingsPage(Page):
    """What one person chooses for themselves; nobody else sees or changes it here."""

    template_name = "core/my_settings.html"
    title = "Your settings"
    own_actions = ("save",)
    open_without_role = True

    def context(self) -> dict[str, Any]:
        form = SettingsForm(self.submitted) if self.submitted is not None else SettingsForm(initial=self._stored())
        return {"form": form}

    def action_save(self, data: QueryDict) -> str | None:
        form = SettingsForm(data)
        if not form.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        values = form.cleaned_data
        muted = [kind for kind in MessageKind.values if kind not in values["messages"]]
        User.objects.filter(pk=self.user.pk).update(
            time_zone=values["time_zone"], muted_messages=muted, away_until=values["away_until"]
        )
        self.success("Your settings are saved.")
        return None

    def _stored(self) -> dict[str, Any]:
        wanted = [kind for kind in MessageKind.values if kind not in self.user.muted_messages]
        away_until = self.user.away_until if self.user.is_away(self.at) else None
        return {"time_zone": self.user.time_zone, "messages": wanted, "away_until": away_until}
