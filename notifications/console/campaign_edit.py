"""Writing a campaign: a new one, one like another, or a draft again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.forms import BoundField
from django.http import QueryDict
from django.urls import reverse

from content.terms import SOURCE_LOCALE
from core.console.pages import Link, Page, page, version_token
from core.errors import Invalid
from notifications.campaigns import definition, lifecycle
from notifications.console.campaign_form import PARTS, CampaignForm, field_of, initial, words_field
from notifications.console.campaigns import AUTHOR
from notifications.models import Campaign, CampaignState
from notifications.models.campaign import CampaignKind


class _Compose(Page):
    """What writing a new campaign and editing a draft share."""

    template_name = "notifications/compose.html"
    menu = "Campaigns"
    permission_required = AUTHOR
    #: The campaign that the form begins with.
    origin: Campaign | None = None

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Campaigns", reverse("admin:campaigns"))]

    def begin(self) -> dict[str, Any]:
        """Return what the form shows before anything is typed."""
        return initial(definition.write(self.origin)) if self.origin else {}

    def form(self, data: QueryDict | None = None) -> CampaignForm:
        """Return the form, filled in with what was sent, else with what it begins with."""
        kept = self.origin.words if self.origin else None
        return CampaignForm(data, kept=kept) if data is not None else CampaignForm(initial=self.begin(), kept=kept)

    def written(self, data: QueryDict) -> dict[str, Any]:
        """Return the written form of what was sent."""
        form = self.form(data)
        if not form.is_valid():
            raise Invalid("Some fields are not filled in as they should be.", code="form")
        return form.definition()

    def context(self) -> dict[str, Any]:
        form = self.form(self.submitted)
        if self.submitted is not None:
            form.is_valid()
            self._point_at(form)
        chosen = set(form["services"].value() or [])
        groups = [
            {"country": country, "services": [(s, s.pk in chosen) for s in services], "n": sum(s.pk in chosen for s in services)}
            for country, services in form.by_country.items()
        ]
        tongues: list[dict[str, Any]] = [
            {"code": code, "locale": locale, "outer": _fields(form, code, "outer"), "inner": _fields(form, code, "inner")}
            for code, locale in form.tongues.items()
        ]
        for tongue in tongues:
            tongue["has"] = any(field.value() for field in (*tongue["outer"], *tongue["inner"]))
            tongue["variants"] = sorted(form.kept.get(tongue["code"], {}).get("variants", {}))
        tongues.sort(key=lambda tongue: (not tongue["has"], tongue["code"] != SOURCE_LOCALE))
        return {
            "form": form,
            "groups": groups,
            "tongues": tongues,
            "tips": [form[name] for name in form.fields if name.startswith("tip_")],
            "zones": sorted(
                zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
            ),
        }

    def _point_at(self, form: CampaignForm) -> None:
        """Put the domain's sentence beside the field that it is about."""
        name = field_of(str(self.error.extra.get("field", ""))) if self.error else ""
        if self.error and name in form.fields:
            form.add_error(name, self.error.detail)


def _fields(form: CampaignForm, code: str, part: str) -> list[BoundField]:
    return [form[words_field(code, where, name)] for where, name in PARTS if where == part]


@page("campaigns/new/", "campaign-new")
class NewPage(_Compose):
    """A new draft, empty or like another campaign."""

    title = "Write a campaign"
    actions = {"draft": (AUTHOR,)}

    def load(self) -> None:
        like = self.request.GET.get("like") or self.request.GET.get("follows")
        self.origin = Campaign.objects.numbered(like) if like else None

    def begin(self) -> dict[str, Any]:
        usual = {
            "kind": CampaignKind.ALERT.value,
            "status": "Actual",
            "severity": "Moderate",
            "urgency": "Expected",
            "certainty": "Likely",
        }
        usual |= {"schedule": "now", "quiet": "respect", "home_zone": "Europe/London", "home_locale": SOURCE_LOCALE}
        begun: dict[str, Any] = {**usual, "every_locale": True, **super().begin()}
        begun["not_after"] = (self.at + timedelta(days=2)).astimezone(UTC).strftime("%Y-%m-%dT%H:00:00")
        if self.origin is not None:
            begun |= {"schedule": "now", "at": "", "local": "", "quiet": "respect", "quiet_reason": ""}
            follows = "follows" in self.request.GET
            begun |= {"kind": CampaignKind.UPDATE.value, "references": str(self.origin.pk)} if follows else {}
        return begun

    def action_draft(self, data: QueryDict) -> str | None:
        campaign = lifecycle.draft(self.written(data), by=self.user, at=self.at)
        self.success("Saved as a draft. Look at the phones below, then submit it.")
        return reverse("admin:campaign", args=[campaign.pk])


@page("campaigns/<int:id>/edit/", "campaign-edit")
class EditPage(_Compose):
    """A draft again."""

    actions = {"edit": (AUTHOR,)}

    def load(self) -> None:
        self.origin = self.campaign = Campaign.objects.numbered(self.kwargs["id"])

    def heading(self) -> str:
        return f"Edit: {self.campaign.name}"

    def breadcrumbs(self) -> Iterable[Link]:
        return [*super().breadcrumbs(), Link(self.campaign.name, reverse("admin:campaign", args=[self.campaign.pk]))]

    def context(self) -> dict[str, Any]:
        return {
            **super().context(),
            "campaign": self.campaign,
            "open": self.campaign.state == CampaignState.DRAFT,
            "version": self._version(),
        }

    def action_edit(self, data: QueryDict) -> str | None:
        self.require_unchanged(data.get("version", ""), stored=self._version())
        lifecycle.edit(self.campaign, self.written(data), by=self.user, at=self.at)
        self.success("Saved. Whoever edits a campaign cannot approve it.")
        return reverse("admin:campaign", args=[self.campaign.pk])

    def _version(self) -> str:
        """Return what tells this text of the draft from any other."""
        return version_token(definition.write(self.campaign))
