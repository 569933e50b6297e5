"""The task Purpose: the name, for whom it counts, and how serious, urgent and certain it is, in plain words."""

from __future__ import annotations

from typing import cast

from django import forms
from django.utils.datastructures import MultiValueDict

from core.console.pages import ConsoleForm, page
from core.errors import Invalid
from notifications import cap
from notifications.campaigns import draft_tasks
from notifications.console.cap_words import CERTAINTIES, SEVERITIES, STATUSES, URGENCIES
from notifications.console.tasks.task_page import FormData, TaskPage
from notifications.models.campaign import CampaignKind
from notifications.models.draft_task import DraftTask


class PurposeForm(ConsoleForm):
    """The fields of the task."""

    name = forms.CharField(max_length=120, label="Name", help_text="Only staff see it.")
    status = forms.ChoiceField(choices=list(STATUSES.items()), widget=forms.RadioSelect, label="Who gets it?")
    severity = forms.ChoiceField(choices=list(SEVERITIES.items()), widget=forms.RadioSelect, label="How serious is it?")
    urgency = forms.ChoiceField(choices=list(URGENCIES.items()), widget=forms.RadioSelect, label="How soon should readers act?")
    certainty = forms.ChoiceField(choices=list(CERTAINTIES.items()), widget=forms.RadioSelect, label="How certain is it?")


@page("campaigns/<int:id>/purpose/", "campaign-purpose")
class PurposePage(TaskPage):
    """What the campaign is."""

    template_name = "notifications/tasks/purpose.html"
    title = "Purpose"
    task = DraftTask.PURPOSE

    def build_form(self, data: FormData) -> forms.Form:
        return PurposeForm(data)

    def saved_data(self) -> FormData:
        names = ("name", "status", "severity", "urgency", "certainty")
        return cast(FormData, MultiValueDict({name: [str(getattr(self.campaign, name))] for name in names}))

    def save(self, form: forms.Form, *, from_version: str) -> None:
        values = dict(form.cleaned_data)
        real = values["status"] == cap.AlertStatus.ACTUAL
        if self.campaign.references_id is None:
            values["kind"] = CampaignKind.ALERT if real else CampaignKind.EXERCISE
        elif not real and self.campaign.status == cap.AlertStatus.ACTUAL:
            raise Invalid("A follow-up goes to the readers of the earlier alert. Duplicate the alert to rehearse.", code="status")
        draft_tasks.save(self.campaign, self.task, values, from_version=from_version, by=self.user, at=self.at)
