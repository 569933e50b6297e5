"""The task When: one choice with its own fields, by the clock of a city, and what follows from it in each time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils.datastructures import MultiValueDict

from core.console.clock_changes import clock_fault
from core.console.display import local_text, zone_text
from core.console.pages import ConsoleForm, page
from core.instants import rfc3339
from notifications.campaigns import draft_tasks, schedule
from notifications.campaigns.forecast import ZoneForecast
from notifications.campaigns.presets import PRESETS, lasting
from notifications.campaigns.schedule import Clock, Delay, in_zone, zone_of
from notifications.console.campaign_display import topics_text
from notifications.console.tasks.clock_fields import DateField, TimeField, city_choices
from notifications.console.tasks.task_page import FormData, TaskPage
from notifications.console.will_happen import phones
from notifications.models import Campaign
from notifications.models.campaign import ScheduleKind
from notifications.models.draft_task import DraftTask

#: How far ahead a campaign may be planned, and how long after its start it may last (FCM keeps no message for longer).
_YEAR, _LONGEST = timedelta(days=366), timedelta(days=28)
_STARTS = {
    ScheduleKind.NOW: "As soon as it is approved",
    ScheduleKind.AT: "At one moment for everybody, such as a broadcast",
    ScheduleKind.LOCAL: "At the same time by each phone’s own clock",
}
#: Start → the fields that it alone uses.
_OWN_FIELDS = {ScheduleKind.AT: ("at_date", "at_time"), ScheduleKind.LOCAL: ("local_date", "local_time")}


class WhenForm(ConsoleForm):
    """The fields of the task."""

    start = forms.ChoiceField(
        choices=list(_STARTS.items()),
        widget=forms.RadioSelect,
        label="When does it start?",
        error_messages={"required": "Choose when it starts."},
    )
    at_date = DateField(label="Date")
    at_time = TimeField(label="Time", help_text="To the second, such as 06:00:00 or 8.30pm.")
    local_date = DateField(label="Date")
    local_time = TimeField(
        label="Time on each phone",
        help_text="With seconds (17:00:00) it starts at that second. Without (17:00) it may start a minute or two later, "
        "away from the minutes at which many others send.",
    )
    city = forms.ChoiceField(
        label="Clock of",
        help_text="Dates and times on this page are by this clock. Phones whose time zone is not known go by it too.",
    )
    end_date = DateField(label="Nothing is sent from this date …", required=True)
    end_time = TimeField(label="… and time", required=True)
    night = forms.ChoiceField(
        choices=[
            ("respect", "Phones wait until 08:00 by their own clock"),
            ("override", "Phones get the alert at night"),
        ],
        widget=forms.RadioSelect,
        label="Phones in their night (21:00 to 08:00)",
        error_messages={"required": "Choose what happens to phones in their night."},
    )
    night_reason = forms.CharField(
        required=False, max_length=300, label="Why it cannot wait", help_text="The approver reads this first."
    )

    def __init__(self, data: FormData, *, campaign: Campaign, at: datetime) -> None:
        super().__init__(data)
        self.at = at
        self.fields["city"].choices = city_choices(campaign.countries)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Refuse fields of another choice, times that do not exist or lie in the past, and an end that does not fit."""
        data = super().clean() or {}
        kind, city = data.get("start"), data.get("city")
        for owner, names in _OWN_FIELDS.items():
            for name in names:
                typed = self.data.get(name)
                if kind and owner != kind and typed:
                    chosen = _STARTS[ScheduleKind(kind)]
                    self.add_error(
                        name, f"You chose “{chosen}”, so this field stays empty. Clear it, or choose “{_STARTS[owner]}”."
                    )
                elif owner == kind and not typed:
                    self.add_error(name, "Enter a date." if name.endswith("date") else "Enter a time.")
        if data.get("night") == "respect" and data.get("night_reason"):
            self.add_error("night_reason", "You chose that phones wait, so no reason is needed. Clear it, or choose the night.")
        if data.get("night") == "override" and not data.get("night_reason"):
            self.add_error("night_reason", "Enter why it cannot wait until the morning.")
        if city and kind:
            self._check_times(data, ScheduleKind(kind), ZoneInfo(city))
        return data

    def _check_times(self, data: dict[str, Any], kind: ScheduleKind, zone: ZoneInfo) -> None:
        start = self.at
        if kind != ScheduleKind.NOW:
            day_name, time_name = _OWN_FIELDS[kind]
            if data.get(day_name) is None or data.get(time_name) is None or {day_name, time_name} & set(self.errors):
                return
            local = datetime.combine(data[day_name], data[time_name].value)
            if kind == ScheduleKind.AT and (fault := clock_fault(local, zone)):
                self.add_error(time_name, fault)
                return
            start = in_zone(local, zone)
            # A local time begins up to 14 hours earlier in the east of the world than by any other clock.
            if start <= self.at - (timedelta(hours=26) if kind == ScheduleKind.LOCAL else timedelta()):
                self.add_error(day_name, "This moment has passed. Choose a later one.")
            if start > self.at + _YEAR:
                self.add_error(day_name, "The start is more than a year away. Choose an earlier date.")
            data["start_local"], data["start_at"] = local, start
        self._check_end(data, start, zone)

    def _check_end(self, data: dict[str, Any], start: datetime, zone: ZoneInfo) -> None:
        if data.get("end_date") is None or data.get("end_time") is None:
            return
        local = datetime.combine(data["end_date"], data["end_time"].value)
        if fault := clock_fault(local, zone):
            self.add_error("end_time", fault)
            return
        end = in_zone(local, zone)
        if end <= self.at:
            self.add_error("end_date", "This moment has passed. Choose a later one.")
        elif end <= start:
            self.add_error("end_date", "The end is before the start. Choose a later end.")
        elif end > start + _LONGEST:
            self.add_error("end_date", "An alert lasts no longer than 28 days after its start. Choose an earlier end.")
        data["end_at"] = end


@dataclass(frozen=True)
class ZoneRow:
    """What happens in one time zone."""

    city: str
    starts: str
    phones: str
    held: str


@page("campaigns/<int:id>/when/", "campaign-when")
class WhenPage(TaskPage):
    """The time of the campaign."""

    template_name = "notifications/tasks/when.html"
    title = "When"
    task = DraftTask.WHEN

    def build_form(self, data: FormData) -> forms.Form:
        return WhenForm(data, campaign=self.campaign, at=self.at)

    def saved_data(self) -> FormData:
        campaign, zone = self.campaign, zone_of(self.campaign.home_zone, "UTC")
        is_open = self.task in campaign.open_tasks
        end = (self.at + lasting(campaign)).replace(minute=0, second=0) if is_open else campaign.not_after
        local_end = end.astimezone(zone)
        preset = PRESETS.get(campaign.preset)
        suggested = str(preset.schedule_kind) if preset else ""
        values = {
            "start": [suggested if is_open else campaign.schedule_kind],
            "city": [campaign.home_zone],
            "end_date": [f"{local_end:%Y-%m-%d}"],
            "end_time": [f"{local_end:%H:%M:%S}"],
            "night": ["override"] if campaign.quiet_override else ["respect"] if self._is_decided() else [],
            "night_reason": [campaign.quiet_override],
        }
        if campaign.schedule_at:
            start = datetime.fromisoformat(campaign.schedule_at)
            local = start.astimezone(zone) if campaign.schedule_kind == ScheduleKind.AT else start
            day, time = _OWN_FIELDS[ScheduleKind(campaign.schedule_kind)]
            seconds = campaign.schedule_kind == ScheduleKind.AT or campaign.schedule_at.count(":") > 1
            values |= {day: [f"{local:%Y-%m-%d}"], time: [f"{local:%H:%M:%S}" if seconds else f"{local:%H:%M}"]}
        return cast(FormData, MultiValueDict(values))

    def _is_decided(self) -> bool:
        """Return whether the author has decided about phones in their night, or does not have to: an exact start needs it."""
        campaign = self.campaign
        undecided = self.task in campaign.open_tasks or schedule.is_exact(campaign)
        return bool(campaign.quiet_override) or campaign.quiet_deferral or not undecided

    def save(self, form: forms.Form, *, from_version: str) -> None:
        data = form.cleaned_data
        kind = ScheduleKind(data["start"])
        start = ""
        if kind == ScheduleKind.AT:
            start = rfc3339(data["start_at"])
        elif kind == ScheduleKind.LOCAL:
            start = data["start_local"].isoformat(timespec="seconds" if data["local_time"].has_seconds else "minutes")
        values = {
            "schedule_kind": kind,
            "schedule_at": start,
            "home_zone": data["city"],
            "not_after": data["end_at"],
            "quiet_override": data["night_reason"].strip() if data["night"] == "override" else "",
            "quiet_deferral": data["night"] == "respect",
        }
        draft_tasks.save(self.campaign, self.task, values, from_version=from_version, by=self.user, at=self.at)

    def field_of(self, problem: Any) -> str:
        kind = self.campaign.schedule_kind
        known = {
            "schedule.at": "at_date",
            "schedule.local": "local_date",
            "schedule": _OWN_FIELDS.get(ScheduleKind(kind), ("start",))[0],
            "not_after": "end_date",
            "quiet_hours": "night",
            "quiet_hours.override": "night_reason",
            "home.zone": "city",
        }
        return known.get(problem.field, "start")

    def context(self) -> dict[str, Any]:
        found = self.check.forecast if self.is_draft and self.task not in self.campaign.open_tasks else None
        home = self.campaign.home_zone
        matters = self.campaign.quiet_override or not self._is_decided() or found is None or found.delayed or found.skipped
        return {
            **super().context(),
            "zone_rows": [_zone_row(zone, home) for zone in found.zones] if found else [],
            "night_matters": bool(matters),
            "exact": found is not None and schedule.is_exact(self.campaign),
        }


def _zone_row(zone: ZoneForecast, home: str) -> ZoneRow:
    there = zone_of(zone.zone, home)
    city = zone_text(zone.zone) if zone.zone else f"not known: {zone_text(home)}"
    held = ""
    if zone.delay == Delay.QUIET_HOURS and zone.due_at is not None:
        held = f"held by the night since {local_text(zone.planned_at.astimezone(there), seconds=True)}"
    elif zone.delay == Delay.BUSY_MINUTE:
        held = "moved off a busy minute"
    elif zone.clock == Clock.NEVER:
        held = "the clock skips this time"
    elif zone.clock == Clock.TWICE:
        held = "the first of two such times"
    starts = "never: it ends before" if zone.due_at is None else local_text(zone.due_at.astimezone(there), seconds=True)
    return ZoneRow(city, starts, phones(zone.devices) if zone.devices else topics_text(zone.topics), held)
