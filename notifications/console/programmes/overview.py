"""The programmes: campaigns that belong together, newest first, and the form that starts another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from core.console.pages import ConsoleForm, Link, Page, page
from core.errors import Invalid
from notifications.campaigns import programmes
from notifications.console.rights import AUTHOR, CAMPAIGN_READERS
from notifications.models import Campaign, CampaignState, Programme


class ProgrammeForm(ConsoleForm):
    """The name and the note of a programme."""

    name = forms.CharField(max_length=120, label="Name of the programme", help_text="Only staff see it.")
    note = forms.CharField(
        required=False,
        max_length=500,
        label="Note for the approver",
        help_text="Why these campaigns belong together.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )


@dataclass(frozen=True)
class ProgrammeRow:
    """One programme with its campaigns counted by state, in words."""

    programme: Programme
    url: str
    campaigns: str


@page("programmes/", "programmes")
class ProgrammesPage(Page):
    """All programmes."""

    template_name = "notifications/programmes/overview.html"
    title = "Programmes"
    menu = "Campaigns"
    actions = {"create": (AUTHOR,)}
    reader_permissions = CAMPAIGN_READERS

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def context(self) -> dict[str, Any]:
        part = self.paginate(Programme.objects.select_related("created_by"), 30)
        counts: Counter[tuple[int, str]] = Counter(
            Campaign.objects.filter(programme__in=[one.pk for one in part]).values_list("programme", "state")
        )
        form = ProgrammeForm(self.submitted)
        form.is_valid()
        rows = [ProgrammeRow(one, reverse("admin:programme", args=[one.pk]), _counted(one.pk, counts)) for one in part]
        return {"part": part, "rows": rows, "form": form}

    def action_create(self, data: QueryDict) -> str | None:
        form = ProgrammeForm(data)
        if not form.is_valid():
            raise Invalid("Nothing is created yet. Correct the fields marked below.", code="form")
        made = programmes.create(form.cleaned_data["name"], form.cleaned_data["note"], by=self.user, at=self.at)
        self.success("Programme created. Put its campaigns into it.")
        return reverse("admin:programme", args=[made.pk])


def _counted(programme: int, counts: Counter[tuple[int, str]]) -> str:
    """Return how many campaigns are in which state: “1 draft, 2 submitted”."""
    found = [(counts[programme, state.value], str(state.label).lower()) for state in CampaignState]
    return ", ".join(f"{number} {label}" for number, label in found if number) or "no campaigns yet"
