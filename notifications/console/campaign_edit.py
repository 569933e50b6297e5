"""Write a campaign: a new draft, a copy or an update of another campaign, or changes to a draft."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.forms import BoundField
from django.http import QueryDict
from django.urls import reverse

from content.console import labels
from content.terms import SOURCE_LOCALE
from core.console.pages import Link, Page, page, version_token
from core.errors import DomainError, Invalid
from notifications.campaigns import definition, lifecycle
from notifications.console.campaign_form import PARTS, CampaignForm, field_of, initial, text_field
from notifications.console.rights import AUTHOR
from notifications.models import Campaign, CampaignState
from notifications.models.campaign import CampaignKind


class _CampaignFormPage(Page):
    """The base of the pages with the campaign form."""

    template_name = "notifications/campaign_edit.html"
    menu = "Campaigns"
    permission_required = AUTHOR
    #: The campaign whose values the form starts with, if any.
    origin: Campaign | None = None

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def initial(self) -> dict[str, Any]:
        """Return the form's initial values."""
        return initial(definition.write(self.origin)) if self.origin else {}

    def form(self, data: QueryDict | None = None) -> CampaignForm:
        """Return the form with the submitted data, or with its initial values for None."""
        kept = self.origin.words if self.origin else None
        return CampaignForm(data, kept=kept) if data is not None else CampaignForm(initial=self.initial(), kept=kept)

    def submitted_definition(self, data: QueryDict) -> dict[str, Any]:
        """Return the submitted campaign as a document; raise Invalid where the form is not valid."""
        form = self.form(data)
        if not form.is_valid():
            raise Invalid("Check the fields marked below.", code="form")
        return form.definition()

    def error_text(self, error: DomainError) -> str:
        """Name the field of the form instead of its path in the document."""
        path = str(error.extra.get("field", ""))
        form = self.form(self.submitted)
        if not path or field_of(path) not in form.fields:
            return error.detail
        return f"{form.label_of(field_of(path))}: {_without_path(error)}"

    def context(self) -> dict[str, Any]:
        form = self.form(self.submitted)
        if self.submitted is not None:
            form.is_valid()
            self._mark_field(form)
        chosen = set(form["services"].value() or [])
        groups = [
            {"country": country, "services": [(s, s.pk in chosen) for s in services], "n": sum(s.pk in chosen for s in services)}
            for country, services in form.by_country.items()
        ]
        languages: list[dict[str, Any]] = [
            {"code": code, "locale": locale, "outer": _fields(form, code, "outer"), "inner": _fields(form, code, "inner")}
            for code, locale in form.languages.items()
        ]
        for language in languages:
            language["has_text"] = any(field.value() for field in (*language["outer"], *language["inner"]))
            language["variants"] = labels.labels("audience", sorted(form.kept.get(language["code"], {}).get("variants", {})))
        languages.sort(key=lambda language: (not language["has_text"], language["code"] != SOURCE_LOCALE))
        return {
            "form": form,
            "groups": groups,
            "languages": languages,
            "tips": [form[name] for name in form.fields if name.startswith("tip_")],
            "zones": sorted(
                zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
            ),
        }

    def _mark_field(self, form: CampaignForm) -> None:
        """Show the domain's error beside its field."""
        if self.error is not None and field_of(str(self.error.extra.get("field", ""))) in form.fields:
            form.add_error(field_of(self.error.extra["field"]), _without_path(self.error))


def _fields(form: CampaignForm, code: str, part: str) -> list[BoundField]:
    return [form[text_field(code, where, name)] for where, name in PARTS if where == part]


def _without_path(error: DomainError) -> str:
    sentence = error.detail.removeprefix(f"{error.extra['field']}: ")
    return sentence[:1].upper() + sentence[1:]


@page("campaigns/new/", "campaign-new")
class NewCampaignPage(_CampaignFormPage):
    """A new draft: empty, a copy (?like=) or an update (?follows=) of another campaign."""

    title = "Write a campaign"
    actions = {"draft": (AUTHOR,)}

    def load(self) -> None:
        origin = self.request.GET.get("like") or self.request.GET.get("follows")
        self.origin = Campaign.objects.numbered(origin) if origin else None

    def initial(self) -> dict[str, Any]:
        defaults = {
            "kind": CampaignKind.ALERT.value,
            "status": "Actual",
            "severity": "Moderate",
            "urgency": "Expected",
            "certainty": "Likely",
            "schedule": "now",
            "quiet": "respect",
            "home_zone": "Europe/London",
            "home_locale": SOURCE_LOCALE,
        }
        values: dict[str, Any] = {**defaults, "every_locale": True, **super().initial()}
        values["not_after"] = (self.at + timedelta(days=2)).astimezone(UTC).strftime("%Y-%m-%dT%H:00:00")
        if self.origin is not None:
            values |= {"schedule": "now", "at": "", "local": "", "quiet": "respect", "quiet_reason": ""}
            if "follows" in self.request.GET:
                values |= {"kind": CampaignKind.UPDATE.value, "references": str(self.origin.pk)}
        return values

    def action_draft(self, data: QueryDict) -> str | None:
        campaign = lifecycle.draft(self.submitted_definition(data), by=self.user, at=self.at)
        self.success("Draft saved. Check the preview below, then submit the campaign.")
        return reverse("admin:campaign", args=[campaign.pk])


@page("campaigns/<int:id>/edit/", "campaign-edit")
class EditCampaignPage(_CampaignFormPage):
    """Changes to a draft."""

    actions = {"edit": (AUTHOR,)}

    def load(self) -> None:
        self.origin = self.campaign = Campaign.objects.numbered(self.kwargs["id"])

    def heading(self) -> str:
        return f"Edit {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, reverse("admin:campaign", args=[self.campaign.pk]))]

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "campaign": self.campaign,
            "is_draft": self.campaign.state == CampaignState.DRAFT,
            "version": self._version(),
        }

    def action_edit(self, data: QueryDict) -> str | None:
        self.require_unchanged(data.get("version", ""), stored=self._version())
        lifecycle.edit(self.campaign, self.submitted_definition(data), by=self.user, at=self.at)
        self.success("Draft saved. Because you edited this campaign, you cannot approve it.")
        return reverse("admin:campaign", args=[self.campaign.pk])

    def _version(self) -> str:
        return version_token(definition.write(self.campaign))
