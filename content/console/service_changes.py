"""Proposed facts of services and of organizations: one person proposes, another sees what changes and approves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.urls import reverse

from content.console.labels import label
from content.console.revision_pages import RevisionPage
from content.console.service_change import OrganizationChange, ServiceChange
from content.models import OrganizationRevision, ServiceRevision
from content.models.service_revision import ServiceAct
from core.console.pages import Link, Page, page
from core.errors import NotFound

_DECIDE = {
    "approve": ("content.approve_channelrevision",),
    "reject": ("content.approve_channelrevision",),
    "withdraw": ("content.propose_channelrevision",),
}


@page("service-changes/", "service-changes", order=35)
class ServiceChangesPage(Page):
    """The proposals that need a second person."""

    template_name = "content/service_changes.html"
    title = "Service changes"
    menu = "Service changes"
    menu_permissions = ("content.propose_channelrevision", "content.approve_channelrevision")

    def context(self) -> dict[str, Any]:
        services = ServiceRevision.objects.proposed().select_related("proposed_by", "service__country")
        if country := self.request.GET.get("country", ""):
            services = services.filter(service__country=country)
        part = self.paginate(services.order_by("service__country__name", "service_id"), 50)
        organizations = OrganizationRevision.objects.proposed().select_related("proposed_by", "organization").order_by("pk")
        every = ServiceRevision.objects.proposed().order_by()
        return {
            "part": part,
            "country": country,
            "countries": every.values_list("service__country", "service__country__name")
            .distinct()
            .order_by("service__country__name"),
            "rows": [(one, one.act, one.proposed_by_id == self.user.pk) for one in part],
            "organizations": [(one, one.proposed_by_id == self.user.pk) for one in organizations[:50]],
        }


class _ServiceFactPage(RevisionPage):
    """A proposal that an assurer decides on."""

    menu = "Service changes"
    list_name: ClassVar[str] = "service-changes"
    approver: ClassVar[str] = "Another assurer"
    actions = _DECIDE


@page("service-changes/<int:id>/", "service-change")
class ServiceChangePage(_ServiceFactPage):
    """One proposal of facts: what changes, what it does to packs and plans, and the decision."""

    revision: ServiceRevision

    def load(self) -> None:
        found = (
            ServiceRevision.objects.select_related("proposed_by", "approved_by", "service").filter(pk=self.kwargs["id"]).first()
        )
        if found is None:
            raise NotFound("There is no such proposal.")
        self.revision = found

    def name(self) -> str:
        return self.revision.service.name

    def change(self) -> ServiceChange:
        return ServiceChange.of(self.revision, at=self.at)

    def state(self) -> tuple[str, str]:
        act = self.revision.act
        return label("service-change", act), "wait" if act == ServiceAct.CHANGE else "good"

    def row_link(self) -> Link:
        return Link("Open the service", reverse("admin:service", args=[self.revision.service_id]))


@page("organization-changes/<int:id>/", "organization-change")
class OrganizationChangePage(_ServiceFactPage):
    """One proposed name or contact: the old one beside it, the services that show the name, and the decision."""

    revision: OrganizationRevision

    def load(self) -> None:
        revisions = OrganizationRevision.objects.select_related("proposed_by", "approved_by", "organization")
        found = revisions.filter(pk=self.kwargs["id"]).first()
        if found is None:
            raise NotFound("There is no such proposal.")
        self.revision = found

    def name(self) -> str:
        return self.revision.organization.name

    def change(self) -> OrganizationChange:
        return OrganizationChange.of(self.revision)

    def state(self) -> tuple[str, str]:
        return "Change", "wait"

    def row_link(self) -> Link:
        return Link("Open the organization", reverse("admin:organization", args=[self.revision.organization_id]))
