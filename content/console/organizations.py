"""The address at which a listed organization confirms or corrects its own entry."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from content.models import CorrectionLink, Organization, Reply, Service
from core.console.pages import Page, page
from core.errors import NotFound


@page("organizations/<slug:id>/", "organization")
class OrganizationPage(Page):
    """One organization: what it runs, its addresses for corrections, and what it answered."""

    template_name = "content/organization.html"
    menu = "Assurance desk"
    actions = {"make": ("content.assure_channel",), "revoke": ("content.assure_channel",)}

    def load(self) -> None:
        organization = Organization.objects.filter(pk=self.kwargs["id"]).first()
        if organization is None:
            raise NotFound("There is no such organization.")
        self.organization = organization

    def heading(self) -> str:
        return self.organization.name

    def context(self) -> dict[str, Any]:
        links = CorrectionLink.objects.filter(organization=self.organization).select_related("made_by")
        # The address is the key: only who may make one sees one.
        keys = self.has_any_perm("content.assure_channel")
        rows = [(link, address(link) if keys and link.opens(at=self.at) else "") for link in links[:20]]
        replies = Reply.objects.filter(link__organization=self.organization).select_related("revision__service", "dealt_by")
        return {
            "organization": self.organization,
            "services": Service.objects.filter(organization=self.organization).order_by("name"),
            "links": rows,
            "replies": replies[:50],
        }

    def action_make(self, data: QueryDict) -> str | None:
        link = CorrectionLink.objects.issue(self.organization, by=self.user, at=self.at)
        self.success(f"The address below is good until {link.expires_at:%-d %B %Y}. Send it to the organization yourself.")
        return None

    def action_revoke(self, data: QueryDict) -> str | None:
        pk = data.get("link", "")
        number = int(pk) if pk.isdecimal() and len(pk) < 15 else 0
        link = CorrectionLink.objects.filter(organization=self.organization, pk=number).first()
        if link is None:
            raise NotFound("There is no such address.")
        link.revoke(by=self.user, at=self.at)
        self.success("The address opens nothing any more.")
        return None


def address(link: CorrectionLink) -> str:
    """Return the whole address to send."""
    return settings.PUBLIC_URL + reverse("correction-form", args=[link.token()])
