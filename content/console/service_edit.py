"""Edit the facts of a service: all but its name, country, roles and contact details."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.console import labels
from content.models import Service
from content.models.service import AMENDED, Status
from content.terms import WORLDWIDE, AgeMeasured, Audience, Situation
from core.console.pages import ConsoleForm, Link, Page, page, version_token
from core.errors import Invalid, NotFound


class ServiceForm(ConsoleForm):
    """The facts of a service that staff can edit."""

    audiences = forms.MultipleChoiceField(
        choices=labels.choices(Audience), required=False, widget=forms.CheckboxSelectMultiple, label="Audience"
    )
    situations = forms.MultipleChoiceField(
        choices=labels.choices(Situation),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Situations the service names itself",
    )
    general = forms.BooleanField(required=False, label="Helps in every situation")
    regions = forms.CharField(
        required=False, label="Regions", help_text="Codes, for example GB-WLS for Wales. Leave empty for the whole country."
    )
    everywhere = forms.BooleanField(required=False, label="Works in every country")
    area = forms.CharField(
        required=False,
        label="Works only in these countries",
        help_text="Two-letter codes, for example AT, BE. If empty, the service is withheld.",
    )
    min_age = forms.IntegerField(required=False, label="Minimum age")
    max_age = forms.IntegerField(required=False, label="Maximum age")
    age_measured = forms.ChoiceField(
        choices=[("", "Not stated"), *labels.choices(AgeMeasured)], required=False, label="Age is measured"
    )
    languages = forms.CharField(
        required=False, label="Languages", help_text="Codes, for example en, cy. Leave empty if not known."
    )
    zone = forms.CharField(
        required=False, max_length=40, label="Time zone of its opening hours", help_text="For example Europe/London."
    )
    status = forms.ChoiceField(
        choices=labels.choices(Status), label="Status", help_text="Only active services are in the next release."
    )
    successor_id = forms.CharField(
        required=False,
        max_length=80,
        label="Replaced by",
        help_text="The name in the token of that service, for example gb-childline.",
    )
    notes = forms.CharField(required=False, widget=forms.Textarea({"rows": 4}), label="Notes for colleagues")

    def facts(self, country: str) -> dict[str, Any]:
        """Return the columns of a service of the country; None and empty lists stand for "not known"."""
        data = dict(self.cleaned_data)
        everywhere = data.pop("everywhere")
        area = None if country != WORLDWIDE or everywhere else _split(data["area"].upper())
        return data | {
            "regions": _split(data["regions"].upper()),
            "area": area,
            "languages": _split(data["languages"]) or None,
            "successor_id": data["successor_id"].strip() or None,
            "notes": data["notes"].replace("\r\n", "\n"),
        }


@page("services/<slug:id>/edit/", "service-edit")
class ServiceEditPage(Page):
    """The form, for assurers."""

    template_name = "content/service_edit.html"
    menu = "Services"
    permission_required = "content.assure_channel"
    actions = {"amend": ("content.assure_channel",)}

    def load(self) -> None:
        service = Service.objects.select_related("country").filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound("There is no such service.")
        self.service = service

    def heading(self) -> str:
        return f"Edit {self.service.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        own = reverse("admin:service", args=[self.service.pk])
        return [Link("Services", reverse("admin:services")), Link(self.service.name, own)]

    def context(self) -> dict[str, Any]:
        form = ServiceForm(self.submitted) if self.submitted is not None else ServiceForm(initial=self._initial())
        worldwide = self.service.country_id == WORLDWIDE
        return {"service": self.service, "form": form, "version": self._version(), "worldwide": worldwide}

    def action_amend(self, data: QueryDict) -> str | None:
        self.require_unchanged(data.get("version", ""), stored=self._version())
        form = ServiceForm(data)
        if not form.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        self.service.amend(by=self.user, at=self.at, **form.facts(self.service.country_id))
        self.success("Saved. Readers see the changes from the next release, which a second person publishes.")
        return reverse("admin:service", args=[self.service.pk])

    def _version(self) -> str:
        return version_token({name: getattr(self.service, name) for name in sorted(AMENDED)})

    def _initial(self) -> dict[str, Any]:
        service = self.service
        values = {name: getattr(service, name) for name in AMENDED}
        lists = {name: ", ".join(values[name] or []) for name in ("regions", "area", "languages")}
        return values | lists | {"everywhere": service.area is None}


def _split(text: str) -> list[str]:
    return list(dict.fromkeys(text.replace(",", " ").split()))
