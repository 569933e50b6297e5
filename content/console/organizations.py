"""Organizations: name and contact, the links with which they confirm or correct their own entries, and their replies."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict
from django.urls import reverse

from content.assurance.correction_links import issue_link, shown_url
from content.console.revision_pages import MAX_REASON
from content.models import CorrectionLink, Organization, OrganizationRevision, Reply, Service
from core.console.display import date_text
from core.console.pages import Page, page
from core.errors import Invalid, NotFound


@page("organizations/<slug:id>/", "organization")
class OrganizationPage(Page):
    """One organization: its services, its correction links and its replies."""

    template_name = "content/organization.html"
    menu = "Contact checks"
    actions = {
        "make": ("content.assure_channel",),
        "withdraw": ("content.assure_channel",),
        "propose": ("content.propose_channelrevision",),
    }

    def load(self) -> None:
        organization = Organization.objects.filter(pk=self.kwargs["id"]).first()
        if organization is None:
            raise NotFound("There is no such organization.")
        self.organization = organization

    def heading(self) -> str:
        return self.organization.name

    def context(self) -> dict[str, Any]:
        links = CorrectionLink.objects.filter(organization=self.organization).select_related("made_by")
        rows = [(link, shown_url(link, to=self.user, at=self.at), link.is_valid(at=self.at)) for link in links[:20]]
        replies = Reply.objects.filter(link__organization=self.organization).select_related("revision__service", "dealt_by")
        proposals = OrganizationRevision.objects.proposed().select_related("proposed_by")
        return {
            "organization": self.organization,
            "proposal": proposals.filter(organization=self.organization).first(),
            "services": Service.objects.filter(organization=self.organization).order_by("name"),
            "links": rows,
            "replies": replies[:50],
        }

    def action_propose(self, data: QueryDict) -> str | None:
        reason = data.get("reason", "").strip()
        if not reason:
            raise Invalid("Enter a reason for the person who approves the change.", code="reason")
        revision = OrganizationRevision.objects.propose(
            organization=self.organization,
            name=data.get("name", ""),
            contact=data.get("contact"),
            by=self.user,
            at=self.at,
            reason=reason[:MAX_REASON],
        )
        self.success("Proposed. Nothing changes until a second person approves it.")
        return reverse("admin:organization-change", args=[revision.pk])

    def action_make(self, data: QueryDict) -> str | None:
        link = issue_link(self.organization, by=self.user, at=self.at)
        until = f"The link works until {date_text(link.expires_at)}."
        if link.mailed:
            self.success(f"Correction link sent to the contact on file. {until}")
        else:
            self.success(
                f"Correction link created. {until} Send it to the organization; another assurer must accept the replies."
            )
        return None

    def action_withdraw(self, data: QueryDict) -> str | None:
        pk = data.get("link", "")
        number = int(pk) if pk.isdecimal() and len(pk) < 15 else 0
        link = CorrectionLink.objects.filter(organization=self.organization, pk=number).first()
        if link is None:
            raise NotFound("There is no such correction link.")
        link.revoke(by=self.user, at=self.at)
        self.success("Correction link withdrawn. It no longer works.")
        return None
