"""Amending the facts of a service: all but its name, country, roles and numbers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.models import Service
from content.models.service import AMENDED, Status
from content.terms import WORLDWIDE, AgeMeasured, Audience, Situation
from core.console.pages import ConsoleForm, Link, Page, page, version_token
from core.errors import Invalid, NotFound

Checks = forms.CheckboxSelectMultiple


class ServiceForm(ConsoleForm):
    """The facts that a person may change."""

    audiences = forms.MultipleChoiceField(choices=Audience.choices, required=False, widget=Checks, label="For")
    situations = forms.MultipleChoiceField(
        choices=Situation.choices, required=False, widget=Checks, label="Situations it names itself"
    )
    general = forms.BooleanField(required=False, label="Takes on every situation")
    regions = forms.CharField(required=False, label="Regions", help_text="Codes such as GB-WLS. Empty: the whole country.")
    everywhere = forms.BooleanField(required=False, label="Works in every country")
    area = forms.CharField(required=False, label="Or only in", help_text="Codes such as AT, BE. Empty: it is withheld.")
    min_age = forms.IntegerField(required=False, label="Youngest age")
    max_age = forms.IntegerField(required=False, label="Oldest age")
    age_measured = forms.ChoiceField(choices=[("", "not said"), *AgeMeasured.choices], required=False, label="The age counts")
    languages = forms.CharField(required=False, label="Languages", help_text="Tags such as en, cy. Empty: not known.")
    zone = forms.CharField(required=False, max_length=40, label="Time zone of its hours", help_text="Such as Europe/London.")
    status = forms.ChoiceField(
        choices=Status.choices, label="Status", help_text="Anything but active takes it out of the next release."
    )
    successor_id = forms.CharField(required=False, max_length=80, label="Successor", help_text="The id of what took its place.")
    notes = forms.CharField(required=False, widget=forms.Textarea({"rows": 4}), label="Notes for colleagues")

    def facts(self, country: str) -> dict[str, Any]:
        """Return the columns; empty fields mean not known."""
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
class AmendPage(Page):
    """The form, for assurers."""

    template_name = "content/amend.html"
    menu = "Services"
    permission_required = "content.assure_channel"
    actions = {"amend": ("content.assure_channel",)}

    def load(self) -> None:
        service = Service.objects.select_related("country").filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound(f"There is no service {self.kwargs['id']}.")
        self.service = service

    def heading(self) -> str:
        return f"Edit: {self.service.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        own = reverse("admin:service", args=[self.service.pk])
        return [Link("Services", reverse("admin:services")), Link(self.service.name, own)]

    def context(self) -> dict[str, Any]:
        form = ServiceForm(self.submitted) if self.submitted is not None else ServiceForm(initial=self._initial())
        return {
            "service": self.service,
            "form": form,
            "version": self._version(),
            "worldwide": self.service.country_id == WORLDWIDE,
        }

    def action_amend(self, data: QueryDict) -> str | None:
        self.require_unchanged(data.get("version", ""), stored=self._version())
        form = ServiceForm(data)
        if not form.is_valid():
            raise Invalid("Some fields are not filled in as they should be.", code="form")
        self.service.amend(by=self.user, at=self.at, **form.facts(self.service.country_id))
        self.success("Saved. Readers get it with the next release, which a second person publishes.")
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
