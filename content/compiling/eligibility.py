"""Which service may be served, and what is said of it: the one rule."""

from __future__ import annotations

from dataclasses import dataclass

from content.compiling.snapshot import ChannelFact, Policy, ServiceFact
from content.terms import WORLDWIDE, Confidence, Role


@dataclass(frozen=True)
class Standing:
    """Whether one channel is served, and whether a person's check of it holds today."""

    served: bool
    assured: bool


def standing(service: ServiceFact, channel: ChannelFact, policy: Policy) -> Standing:
    """Decide on one channel.

    An emergency number is never withheld. Any other channel needs a check that holds today; where nobody has checked it
    yet, the sandbox serves what was confirmed in a source, and says that it is not assured.
    """
    assured = channel.assured_until is not None and channel.assured_until >= policy.day
    if not service.active:
        return Standing(served=False, assured=assured)
    if Role.EMERGENCY in service.roles or assured:
        return Standing(served=True, assured=assured)
    never_checked = channel.checked_on is None
    confirmed = service.confidence == Confidence.CONFIRMED_IN_SOURCE
    return Standing(served=never_checked and confirmed and policy.serve_unreviewed, assured=False)


def reaches(service: ServiceFact, country: str) -> bool:
    """Tell whether the service belongs in the country's pack; the worldwide pack holds all that work anywhere abroad."""
    if service.country != WORLDWIDE:
        return service.country == country
    if service.area is None:
        return True
    return bool(service.area) if country == WORLDWIDE else country in service.area
