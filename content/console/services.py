"""Helplines, hotlines and tools: what is known of them, whether they are served, and each check of their channels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from content.compiling.eligibility import channel_eligibility
from content.compiling.facts import ChannelFact, Policy, ServiceFact
from content.compiling.snapshot import service_facts
from content.console.assurance_form import assurance_form, assure
from content.console.notices import told
from content.models import Assurance, Channel, ChannelRevision, Country, Service, ServiceNotice, Unit
from content.models.channel_revision import RevisionState
from content.terms import Confidence, Role
from core.console.pages import Link, Page, page
from core.errors import NotFound

#: Days before its end at which a check is called for again.
SOON = 30


@dataclass(frozen=True)
class Served:
    """Whether a channel or service is served, as one label."""

    words: str
    tone: str
    sign: str


def policy_at(page: Page) -> Policy:
    """Return what may be served on the day of the request."""
    return Policy(page.at.astimezone(UTC).date(), serve_unreviewed=settings.SERVE_UNREVIEWED, sandbox=settings.SANDBOX)


def of_channel(service: ServiceFact, channel: ChannelFact, policy: Policy) -> Served:
    """Say whether one channel is served, and why not."""
    found = channel_eligibility(service, channel, policy)
    if found.assured and found.served:
        assert channel.assured_until is not None
        soon = channel.assured_until < policy.day + timedelta(days=SOON)
        return Served(f"assured until {channel.assured_until:%-d %b %Y}", "wait" if soon else "good", "!" if soon else "✓")
    if found.served:
        return Served("served, not assured", "wait", "?")
    if not service.active:
        return Served("withheld: the service has retired", "", "–")
    if channel.assured_until is not None:
        return Served(f"withheld: the check ended on {channel.assured_until:%-d %b %Y}", "bad", "✕")
    known = service.confidence == Confidence.CONFIRMED_IN_SOURCE
    return Served("withheld: nobody has checked it" + ("" if known else ", and no source confirms it"), "bad", "✕")


def of_service(service: ServiceFact, policy: Policy) -> Served:
    """Say whether a service is served: the best of its channels speaks for it."""
    if not service.active:
        return Served("retired", "", "–")
    if not service.channels:
        return Served("withheld: it has no channel", "bad", "✕")
    if service.area == ():
        return Served("withheld: nobody said where it works", "bad", "✕")
    order = ("good", "wait", "bad", "")
    return min(
        (of_channel(service, channel, policy) for channel in service.channels), key=lambda served: order.index(served.tone)
    )


@page("services/", "services", order=30)
class ServicesPage(Page):
    """All services."""

    template_name = "content/services.html"
    title = "Services"
    menu = "Services"

    def context(self) -> dict[str, Any]:
        asked = {name: self.request.GET.get(name, "").strip() for name in ("country", "role", "state", "q")}
        policy = policy_at(self)
        rows = [(service, of_service(service, policy)) for service in service_facts() if _matches(service, asked)]
        tones = {"assured": ("good",), "soon": ("wait",), "withheld": ("bad", "")}
        if asked["state"] in tones:
            rows = [row for row in rows if row[1].tone in tones[asked["state"]]]
        return {
            "asked": asked,
            "rows": rows,
            "countries": Country.objects.filter(services__isnull=False).distinct().order_by("name"),
            "roles": Role.choices,
            "states": [("assured", "Assured"), ("soon", "Served, to be checked"), ("withheld", "Withheld")],
            "waiting": ChannelRevision.objects.proposed().count(),
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
            raise NotFound(f"There is no service {self.kwargs['id']}.")
        self.service = service

    def heading(self) -> str:
        return self.service.name

    def breadcrumbs(self) -> Iterable[Link]:
        return [Link("Services", reverse("admin:services"))]

    def context(self) -> dict[str, Any]:
        service, policy = self.service, policy_at(self)
        fact = next(fact for fact in service_facts() if fact.id == service.pk)
        facts = {channel.position: channel for channel in fact.channels}
        waiting = {
            r.position: r for r in ChannelRevision.objects.proposed().filter(service=service).select_related("proposed_by")
        }
        channels = []
        for channel in Channel.objects.filter(service=service).select_related("revision", "service"):
            served = of_channel(fact, facts[channel.position], policy)
            channels.append(
                {
                    "channel": channel,
                    "served": served,
                    "waiting": waiting.get(channel.position),
                    "form": assurance_form(channel, self.submitted),
                    "label": f"channel.{service.pk}.{channel.position}.label",
                }
            )
        words = Unit.objects.filter(owner=f"service:{service.pk}").order_by("key")
        revisions = ChannelRevision.objects.filter(service=service).select_related("proposed_by", "approved_by")
        return {
            "service": service,
            "fact": fact,
            "served": of_service(fact, policy),
            "channels": channels,
            "new": [r for r in waiting.values() if r.position not in facts],
            "notices": told(ServiceNotice.objects.going(at=self.at).filter(service=service), at=self.at),
            "proposed_notices": ServiceNotice.objects.proposed().filter(service=service).count(),
            "words": words,
            "labels": {unit.key: unit.text for unit in words},
            "history": [r for r in revisions if r.state != RevisionState.PROPOSED],
            "may_propose": self.has_any_perm("content.propose_channelrevision"),
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


def _matches(service: ServiceFact, asked: dict[str, str]) -> bool:
    words = asked["q"].casefold()
    known = " ".join([service.id, service.name, service.organization, *(c.dial for c in service.channels)])
    return (
        asked["country"] in ("", service.country)
        and (not asked["role"] or asked["role"] in service.roles)
        and (not words or words in known.casefold() or words.replace(" ", "") in known.replace(" ", "").casefold())
    )
