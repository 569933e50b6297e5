"""What still waits for a person before the packs of one country hold the services, tips and texts that were loaded for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from content.compiling.compiler import current_policy
from content.compiling.eligibility import channel_eligibility
from content.compiling.facts import ServiceFact
from content.compiling.snapshot import service_facts
from content.models import ChannelRevision, Country, ServiceRevision, Tip, TipRevision, Unit
from content.models.unit_lifecycle import UnitState
from core.errors import NotFound


@dataclass(frozen=True)
class CountryNeeds:
    """What waits, by name: a channel is a service and a position, a text its key."""

    services: tuple[str, ...]
    channels: tuple[str, ...]
    #: Channels without a valid check, which no pack holds.
    checks: tuple[str, ...]
    tips: tuple[str, ...]
    texts: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        """Whether everything is approved and checked."""
        return not (self.services or self.channels or self.checks or self.tips or self.texts)


def country_needs(country: str, *, at: datetime) -> CountryNeeds:
    """Return what waits for a country: its own services, every tip that is shown there, and the texts of both.

    Worldwide services and those of other countries are left out, because a release needs none of them. Names of organizations,
    notices and figures are not looked at. Raises NotFound for an unknown country.
    """
    if not Country.objects.filter(pk=country).exists():
        raise NotFound(f"There is no country with the code {country}.", code="country")
    services = [service for service in service_facts(approved=False) if service.country == country and service.active]
    names = [service.id for service in services]
    approved = {service.id for service in service_facts()}
    here = Q(countries=[]) | Q(countries__contains=[country])
    tips = list(TipRevision.objects.proposed().filter(here).order_by("slug").values_list("slug", flat=True))
    shown = {*tips, *Tip.objects.filter(here).values_list("slug", flat=True)}
    # The words on every screen, and those of the services and the tips.
    owners = ["term", *(f"service:{name}" for name in names), *(f"tip:{slug}" for slug in shown)]
    return CountryNeeds(
        services=tuple(
            ServiceRevision.objects.proposed()
            .filter(service__in=names)
            .order_by("service_id")
            .values_list("service_id", flat=True)
        ),
        channels=tuple(
            f"{service} {position}"
            for service, position in ChannelRevision.objects.proposed()
            .filter(service__in=names)
            .order_by("service_id", "position")
            .values_list("service_id", "position")
        ),
        checks=tuple(_unchecked([service for service in services if service.id in approved], at=at)),
        tips=tuple(tips),
        texts=tuple(
            Unit.objects.filter(owner__in=owners, state=UnitState.NEEDS_REVIEW).order_by("key").values_list("key", flat=True)
        ),
    )


def _unchecked(services: list[ServiceFact], *, at: datetime) -> list[str]:
    policy = current_policy(at)
    return [
        f"{service.id} {channel.position}"
        for service in services
        for channel in service.channels
        if not channel_eligibility(service, channel, policy).served
    ]
