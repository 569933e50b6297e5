"""Start a campaign: from a preset or a template, as a copy or a repetition of another campaign, or as a follow-up to one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse

from core.console.pages import ConsoleForm, Link, Page, page
from core.errors import Invalid
from notifications.campaigns import draft_tasks, programmes, repetition
from notifications.campaigns.presets import PRESETS
from notifications.console.rights import AUTHOR
from notifications.console.tasks.clock_fields import DateField, TimeField
from notifications.models import Campaign, Programme
from notifications.models.campaign import CampaignKind, ScheduleKind

FOLLOW_UPS = {
    CampaignKind.UPDATE: "Update: it corrects the earlier alert, or adds to it",
    CampaignKind.CANCEL: "Recall: it takes the earlier alert back",
    CampaignKind.ALL_CLEAR: "All clear: the earlier alert was right, and is over",
}


class StartForm(ConsoleForm):
    """The name of a new campaign, and what it starts from."""

    name = forms.CharField(max_length=120, label="Name of the campaign", help_text="Only staff see it.")
    preset = forms.ChoiceField(
        choices=[(preset.name, preset.title) for preset in PRESETS.values()], widget=forms.RadioSelect, label="What is it?"
    )


class FollowUpForm(ConsoleForm):
    """The name of a follow-up, and what it says about the earlier alert."""

    name = forms.CharField(max_length=120, label="Name of the campaign", help_text="Only staff see it.")
    kind = forms.ChoiceField(
        choices=[(kind.value, label) for kind, label in FOLLOW_UPS.items()], widget=forms.RadioSelect, label="What does it say?"
    )


class CopyForm(ConsoleForm):
    """The name of a copy, and whether it is a template."""

    name = forms.CharField(max_length=120, label="Name of the new campaign", help_text="Only staff see it.")
    as_template = forms.BooleanField(
        required=False,
        label="Keep it as a template",
        help_text="A template is never sent. It is offered whenever somebody starts a campaign.",
    )


class RepeatForm(ConsoleForm):
    """The name of a repetition, and its date and time."""

    name = forms.CharField(max_length=120, label="Name of the campaign", help_text="Only staff see it.")
    date = DateField(label="Date", required=True)
    time = TimeField(label="Time", required=True, help_text="To the second, such as 06:00:00 or 8.30pm.")

    def __init__(self, data: QueryDict | None, *, origin: Campaign, at: datetime, initial: dict[str, str]) -> None:
        began = repetition.first_local(origin)
        exact = origin.schedule_kind != ScheduleKind.LOCAL or origin.schedule_at.count(":") > 1
        moment = {"time": f"{began:%H:%M:%S}" if exact else f"{began:%H:%M}"} if began else {}
        super().__init__(data, initial=initial | moment)
        self.origin, self.at = origin, at

    def clean(self) -> dict[str, Any]:
        """Refuse a moment that has passed; every other problem is named by Check and submit."""
        data = super().clean() or {}
        if data.get("date") is not None and data.get("time") is not None:
            local = datetime.combine(data["date"], data["time"].value)
            exact = self.origin.schedule_kind != ScheduleKind.LOCAL or data["time"].has_seconds
            data["start"] = repetition.start_at(self.origin, local, exact=exact)
            if data["start"].begins_at <= self.at:
                self.add_error("date", "This moment has passed. Choose a later one.")
        return data


@page("campaigns/new/", "campaign-new")
class StartPage(Page):
    """A new draft: from a preset, or a copy (?like=), a repetition (?repeats=) or a follow-up (?follows=) of another campaign.

    With ?programme=, it is put into that programme.
    """

    template_name = "notifications/tasks/start.html"
    menu = "Campaigns"
    permission_required = AUTHOR
    actions = {"start": (AUTHOR,)}
    origin: Campaign | None = None

    programme: Programme | None = None

    def load(self) -> None:
        self.follows, self.repeats = "follows" in self.request.GET, "repeats" in self.request.GET
        number = next((self.request.GET[name] for name in ("follows", "repeats", "like") if self.request.GET.get(name)), "")
        if programme := self.request.GET.get("programme"):
            self.programme = programmes.numbered(programme)
        self.origin = Campaign.objects.numbered(number) if number else None
        if self.follows and self.origin is not None and not self.origin.was_approved:
            raise Invalid("Only an approved campaign can have a follow-up. Duplicate this one instead.", code="state")

    def heading(self) -> str:
        if self.origin is None:
            return "Write a campaign"
        if self.origin.is_template:
            return f"Start from {self.origin.name}"
        verb = "Follow up" if self.follows else "Repeat" if self.repeats else "Duplicate"
        return f"{verb} {self.origin.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def form(self, data: QueryDict | None = None) -> forms.Form:
        """Return the form for this way of starting."""
        initial = {"name": self.origin.name if self.origin else ""}
        if self.repeats and self.origin is not None:
            return RepeatForm(data, origin=self.origin, at=self.at, initial=initial)
        kind = StartForm if self.origin is None else FollowUpForm if self.follows else CopyForm
        return kind(data, initial=initial)

    def context(self) -> dict[str, Any]:
        form = self.form(self.submitted)
        form.is_valid()
        key = (self.submitted.get("key") if self.submitted else "") or str(uuid4())
        return {
            "form": form,
            "origin": self.origin,
            "follows": self.follows,
            "repeats": self.repeats,
            "programme": self.programme,
            "presets": PRESETS.values(),
            "templates": Campaign.objects.filter(is_template=True).order_by("name") if self.origin is None else [],
            "key": key,
        }

    def action_start(self, data: QueryDict) -> str | None:
        form = self.form(data)
        if not form.is_valid():
            raise Invalid("Nothing is started yet. Correct the fields marked below.", code="form")
        try:
            key = UUID(data.get("key", ""))
        except ValueError as error:
            raise Invalid("The form is incomplete. Open the page again.", code="form") from error
        name = form.cleaned_data["name"].strip()
        with transaction.atomic():
            made = self._made(form.cleaned_data, name, key)
            if self.programme is not None:
                programmes.add(self.programme, made, by=self.user, at=self.at)
        return reverse("admin:campaign-check" if self.repeats else "admin:campaign-edit", args=[made.pk])

    def _made(self, data: dict[str, Any], name: str, key: UUID) -> Campaign:
        if self.origin is None:
            return draft_tasks.start(PRESETS[data["preset"]], name, key=key, by=self.user, at=self.at)
        if self.repeats:
            return draft_tasks.repeat(self.origin, name, data["start"], key=key, by=self.user, at=self.at)
        follow_up = CampaignKind(data["kind"]) if self.follows else None
        return draft_tasks.copy(
            self.origin,
            name,
            follow_up=follow_up,
            as_template=bool(data.get("as_template")),
            key=key,
            by=self.user,
            at=self.at,
        )
