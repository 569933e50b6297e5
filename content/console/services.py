"""Services: their facts, whether they are served, and the checks of their channels."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from content.compiling.eligibility import channel_eligibility
from content.compiling.facts import ChannelFact, Policy, ServiceFact
from content.compiling.snapshot import service_facts
from content.console import labels
from content.console.assurance_form import assurance_form, assure
from content.console.notices import describe_notices
from content.console.unit_names import UnitNames
from content.models import Assurance, Channel, ChannelRevision, Country, Service, ServiceNotice, ServiceRevision, Unit
from content.models.revision import RevisionState
from content.terms import Confidence, Role
from core.console.display import StatusTag, date_text
from core.console.pages import Link, Page, page
from core.errors import NotFound

#: Days before the end of a check at which it is to be renewed.
RENEW_DAYS = 30


def policy_at(page: Page) -> Policy:
    """Return the policy that decides what may be served on the day of the request."""
    return Policy(page.at.astimezone(UTC).date(), serve_unreviewed=settings.SERVE_UNREVIEWED, sandbox=settings.SANDBOX)


def channel_status(service: ServiceFact, channel: ChannelFact, policy: Policy) -> StatusTag:
    """Say whether a channel is served, and why not where it is withheld."""
    if not service.approved:
        return StatusTag("withheld: nobody has approved the service yet", "bad", "✕")
    found = channel_eligibility(service, channel, policy)
    if found.assured and found.served:
        assert channel.assured_until is not None
        ends_soon = channel.assured_until < policy.day + timedelta(days=RENEW_DAYS)
        text = f"assured until {date_text(channel.assured_until)}"
        return StatusTag(text, "wait", "!") if ends_soon else StatusTag(text, "good", "✓")
    if found.served:
        return StatusTag("served, not assured", "wait", "?")
    if not service.active:
        return StatusTag("withheld: the service is closed", "", "–")
    if channel.assured_until is not None:
        return StatusTag(f"withheld: the check expired on {date_text(channel.assured_until)}", "bad", "✕")
    confirmed = service.confidence == Confidence.CONFIRMED_IN_SOURCE
    return StatusTag("withheld: never checked" + ("" if confirmed else " and not confirmed in a source"), "bad", "✕")


def service_status(service: ServiceFact, policy: Policy) -> StatusTag:
    """Say whether a service is served: the best status among its channels."""
    if not service.approved:
        return StatusTag("withheld: nobody has approved it yet", "bad", "✕")
    if not service.active:
        return StatusTag("closed", "", "–")
    if not service.channels:
        return StatusTag("withheld: no channel", "bad", "✕")
    if service.area == ():
        return StatusTag("withheld: no list of countries", "bad", "✕")
    order = ("good", "wait", "bad", "")
    return min((channel_status(service, channel, policy) for channel in service.channels), key=lambda tag: order.index(tag.tone))


@page("services/", "services", order=30)
class ServicesPage(Page):
    """All services."""

    template_name = "content/services.html"
    title = "Services"
    menu = "Services"
    menu_permissions = ("content.propose_channelrevision", "content.approve_channelrevision", "content.assure_channel")

    def context(self) -> dict[str, Any]:
        filters = {name: self.request.GET.get(name, "").strip() for name in ("country", "role", "state", "q")}
        policy = policy_at(self)
        rows = [
            (service, service_status(service, policy)) for service in service_facts(approved=False) if _matches(service, filters)
        ]
        tones = {"assured": ("good",), "soon": ("wait",), "withheld": ("bad", "")}
        if filters["state"] in tones:
            rows = [row for row in rows if row[1].tone in tones[filters["state"]]]
        return {
            "filters": filters,
            "rows": rows,
            "countries": Country.objects.filter(services__isnull=False).distinct().order_by("name"),
            "roles": labels.choices(Role),
            "states": [("assured", "Assured"), ("soon", "Served, to be checked"), ("withheld", "Withheld")],
            "proposals": ChannelRevision.objects.proposed().count(),
            "service_proposals": ServiceRevision.objects.proposed().count(),
        }


@page("services/<slug:id>/", "service")
class ServicePage(Page):
    """One service with its channels and their history."""

    template_name = "content/service.html"
    menu = "Services"
    actions = {"assure": ("content.assure_channel",)}

    def load(self) -> None:
        service = Service.objects.select_related("organization", "country", "successor").filter(pk=self.kwargs["id"]).first()
        if service is None:
            raise NotFound("There is no such service.")
        self.service = service

    def heading(self) -> str:
        return self.service.name

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Services", reverse("admin:services"))]

    def context(self) -> dict[str, Any]:
        service, policy = self.service, policy_at(self)
        fact = next(fact for fact in service_facts(approved=False) if fact.id == service.pk)
        facts = {channel.position: channel for channel in fact.channels}
        proposals = {
            r.position: r for r in ChannelRevision.objects.proposed().filter(service=service).select_related("proposed_by")
        }
        channels = [
            {
                "channel": channel,
                "status": channel_status(fact, facts[channel.position], policy),
                "proposal": proposals.get(channel.position),
                "form": assurance_form(channel, self.submitted),
            }
            for channel in Channel.objects.filter(service=service).select_related("revision", "service")
        ]
        units = Unit.objects.filter(owner=f"service:{service.pk}").order_by("key")
        names = UnitNames(unit.key for unit in units)
        revisions = ChannelRevision.objects.filter(service=service).select_related("proposed_by", "approved_by")
        return {
            "service": service,
            "proposal": ServiceRevision.objects.proposed().select_related("proposed_by").filter(service=service).first(),
            "fact": fact,
            "status": service_status(fact, policy),
            "channels": channels,
            "proposed_channels": [r for r in proposals.values() if r.position not in facts],
            "notices": describe_notices(ServiceNotice.objects.current(at=self.at).filter(service=service), at=self.at),
            "proposed_notices": ServiceNotice.objects.proposed().filter(service=service).count(),
            "units": [(unit, names.name(unit.key)) for unit in units],
            "history": [r for r in revisions if r.state != RevisionState.PROPOSED],
            "may_propose": self.has_any_perm("content.propose_channelrevision"),
            "may_approve": self.has_any_perm("content.approve_channelrevision", "content.approve_words"),
            "may_withdraw": self.has_any_perm("content.publish_release"),
            "checks": Assurance.objects.filter(revision__service=service).select_related("by", "revision"),
        }

    def action_assure(self, data: QueryDict) -> str | None:
        position = data.get("position", "")
        number = int(position) if position.isdecimal() and len(position) < 6 else 0
        channel = Channel.objects.filter(service=self.service, position=number).select_related("service").first()
        if channel is None:
            raise NotFound("There is no such channel.")
        self.success(assure(channel, data, by=self.user, at=self.at))
        return None


def _matches(service: ServiceFact, filters: dict[str, str]) -> bool:
    search = filters["q"].casefold()
    known = " ".join([service.id, service.name, service.organization, *(c.dial for c in service.channels)])
    return (
        filters["country"] in ("", service.country)
        and (not filters["role"] or filters["role"] in service.roles)
        and (not search or search in known.casefold() or search.replace(" ", "") in known.replace(" ", "").casefold())
    )
