"""Propose the facts of a service: all but its country, its organization and its contact details."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse

from content.console import labels
from content.console.fact_change import DescribedChange
from content.console.revision_pages import ProposalPage
from content.console.service_change import ServiceChange
from content.linting.service import MAX_AGE, MAX_NAME
from content.models import Service, ServiceRevision
from content.models.service_facts import FACTS, Status
from content.terms import WORLDWIDE, AgeMeasured, Audience, Confidence, Role, Situation
from core.console.pages import ConsoleForm, Link, page, version_token
from core.errors import Invalid, NotFound

#: Facts that are not in the form: they come from a file.
FROM_FILES = frozenset({"organization_id", "country_id"})


class ServiceForm(ConsoleForm):
    """The facts of a service that staff can propose."""

    name = forms.CharField(max_length=MAX_NAME, label="Official name")
    roles = forms.MultipleChoiceField(
        choices=labels.choices(Role), required=False, widget=forms.CheckboxSelectMultiple, label="Roles"
    )
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
    min_age = forms.IntegerField(required=False, min_value=0, max_value=MAX_AGE, label="Minimum age")
    max_age = forms.IntegerField(required=False, min_value=0, max_value=MAX_AGE, label="Maximum age")
    age_measured = forms.ChoiceField(
        choices=[("", "Not stated"), *labels.choices(AgeMeasured)], required=False, label="Age is measured"
    )
    languages = forms.CharField(
        required=False, label="Languages", help_text="Codes, for example en, cy. Leave empty if not known."
    )
    zone = forms.CharField(
        required=False, max_length=40, label="Time zone of its opening hours", help_text="For example Europe/London."
    )
    status = forms.ChoiceField(choices=labels.choices(Status), label="Status", help_text="Only active services are in a release.")
    successor_id = forms.CharField(
        required=False,
        max_length=80,
        label="Replaced by",
        help_text="The name in the token of that service, for example gb-childline.",
    )
    confidence = forms.ChoiceField(choices=labels.choices(Confidence), label="Evidence")
    source = forms.CharField(
        required=False, max_length=500, label="Source", help_text="The web page where you read this. Readers never see it."
    )

    @staticmethod
    def initial_of(facts: dict[str, Any]) -> dict[str, Any]:
        """Return the initial values of the fields for these facts."""
        lists = {name: ", ".join(facts[name] or []) for name in ("regions", "area", "languages")}
        return facts | lists | {"everywhere": facts["area"] is None}

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
        }


@page("services/<slug:id>/edit/", "service-edit")
class ServiceEditPage(ProposalPage):
    """The form that proposes facts, and the notes for colleagues."""

    template_name = "content/service_edit.html"
    menu = "Services"
    permission_required = "content.propose_channelrevision"
    actions = {
        "preview": ("content.propose_channelrevision",),
        "propose": ("content.propose_channelrevision",),
        "write-notes": ("content.propose_channelrevision",),
    }

    def load(self) -> None:
        service = Service.objects.select_related("country").filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound("There is no such service.")
        self.service = service
        self.proposal = ServiceRevision.objects.proposed().select_related("proposed_by").filter(service=service).first()

    def heading(self) -> str:
        return f"Propose a change of {self.service.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        own = reverse("admin:service", args=[self.service.pk])
        return [Link("Services", reverse("admin:services")), Link(self.service.name, own)]

    def context(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "form": self._form(),
            "version": self._version(),
            "worldwide": self.service.country_id == WORLDWIDE,
            "proposal": self.proposal,
            "own_proposal": self._own() is not None,
            "preview": self.preview,
            "notes_version": version_token(self.service.notes),
        }

    def described(self, data: QueryDict) -> ServiceChange:
        self.require_unchanged(data.get("version", ""), stored=self._version())
        form = ServiceForm(data)
        if not form.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        revision = ServiceRevision.objects.prepare(self.service, form.facts(self.service.country_id))
        return ServiceChange.of(revision, at=self.at)

    def propose(self, described: DescribedChange, reason: str) -> str:
        assert isinstance(described, ServiceChange)
        own = self._own()
        revision = ServiceRevision.objects.propose(
            service=self.service,
            facts=described.revision.facts(),
            by=self.user,
            at=self.at,
            reason=reason,
            replaces=own.pk if own is not None else None,
        )
        return reverse("admin:service-change", args=[revision.pk])

    def action_write_notes(self, data: QueryDict) -> str | None:
        self.require_unchanged(data.get("version", ""), stored=version_token(self.service.notes))
        self.service.write_notes(data.get("notes", "").replace("\r\n", "\n").strip(), by=self.user, at=self.at)
        self.success("Notes saved. Readers never see them.")
        return reverse("admin:service", args=[self.service.pk])

    def _own(self) -> ServiceRevision | None:
        """Return the user's own proposal that waits, which a new one replaces."""
        return self.proposal if self.proposal is not None and self.proposal.proposed_by_id == self.user.pk else None

    def _version(self) -> str:
        return version_token([self.service.facts(), self.proposal.pk if self.proposal is not None else None])

    def _form(self) -> ServiceForm:
        if self.submitted is not None and self.submitted.get("action") in ("preview", "propose"):
            return ServiceForm(self.submitted)
        facts = (self._own() or self.service).facts()
        return ServiceForm(initial=ServiceForm.initial_of({name: facts[name] for name in FACTS if name not in FROM_FILES}))


def _split(text: str) -> list[str]:
    return list(dict.fromkeys(text.replace(",", " ").split()))
