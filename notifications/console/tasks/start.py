"""Start a campaign: from a preset, as a copy of another campaign, or as a follow-up to one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.urls import reverse

from core.console.pages import ConsoleForm, Link, Page, page
from core.errors import Invalid
from notifications.campaigns import draft_tasks
from notifications.campaigns.presets import PRESETS
from notifications.console.rights import AUTHOR
from notifications.models import Campaign
from notifications.models.campaign import CampaignKind
from notifications.models.campaign_state import APPROVED_ON

FOLLOW_UPS = {
    CampaignKind.UPDATE: "Update: it replaces the earlier text on the phones",
    CampaignKind.CANCEL: "Cancel: it says that the earlier alert was wrong",
    CampaignKind.ALL_CLEAR: "All clear: it says that the earlier alert is over",
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
    """The name of a copy."""

    name = forms.CharField(max_length=120, label="Name of the copy", help_text="Only staff see it.")


@page("campaigns/new/", "campaign-new")
class StartPage(Page):
    """A new draft: from a preset, a copy (?like=) or a follow-up (?follows=) of another campaign."""

    template_name = "notifications/tasks/start.html"
    menu = "Campaigns"
    permission_required = AUTHOR
    actions = {"start": (AUTHOR,)}
    origin: Campaign | None = None

    def load(self) -> None:
        self.follows = "follows" in self.request.GET
        number = self.request.GET.get("follows") or self.request.GET.get("like")
        self.origin = Campaign.objects.numbered(number) if number else None
        if self.follows and self.origin is not None and self.origin.state not in APPROVED_ON:
            raise Invalid("Only an approved campaign can have a follow-up. Copy this one instead.", code="state")

    def heading(self) -> str:
        if self.origin is None:
            return "Start a campaign"
        return f"Follow up {self.origin.name}" if self.follows else f"Copy {self.origin.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def form(self, data: QueryDict | None = None) -> forms.Form:
        """Return the form for this way of starting."""
        kind = StartForm if self.origin is None else FollowUpForm if self.follows else CopyForm
        return kind(data, initial={"name": self.origin.name if self.origin else ""})

    def context(self) -> dict[str, Any]:
        form = self.form(self.submitted)
        form.is_valid()
        key = (self.submitted.get("key") if self.submitted else "") or str(uuid4())
        return {"form": form, "origin": self.origin, "follows": self.follows, "presets": PRESETS.values(), "key": key}

    def action_start(self, data: QueryDict) -> str | None:
        form = self.form(data)
        if not form.is_valid():
            raise Invalid("Nothing is started yet. Correct the fields marked below.", code="form")
        try:
            key = UUID(data.get("key", ""))
        except ValueError as error:
            raise Invalid("The form is incomplete. Open the page again.", code="form") from error
        name = form.cleaned_data["name"].strip()
        if self.origin is None:
            made = draft_tasks.start(PRESETS[form.cleaned_data["preset"]], name, key=key, by=self.user, at=self.at)
        else:
            follow_up = CampaignKind(form.cleaned_data["kind"]) if self.follows else None
            made = draft_tasks.copy(self.origin, name, follow_up=follow_up, key=key, by=self.user, at=self.at)
        return reverse("admin:campaign-edit", args=[made.pk])
