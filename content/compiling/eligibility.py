"""Which channels may be served, and in which countries' packs a service belongs: the rules for all who ask."""

from __future__ import annotations

from dataclasses import dataclass

from content.compiling.facts import ChannelFact, Policy, ServiceFact
from content.terms import WORLDWIDE, Confidence, Role


@dataclass(frozen=True)
class ChannelEligibility:
    """Whether a channel may be served, and whether a person's check of it is valid on the policy's day."""

    served: bool
    assured: bool


def channel_eligibility(service: ServiceFact, channel: ChannelFact, policy: Policy) -> ChannelEligibility:
    """Decide on one channel.

    An emergency number is never withheld. Any other channel needs a check that is valid on the day; the sandbox also serves
    channels that were never checked but are confirmed in a source, as not assured.
    """
    assured = channel.assured_until is not None and channel.assured_until >= policy.day
    if not service.active:
        return ChannelEligibility(served=False, assured=assured)
    if Role.EMERGENCY in service.roles or assured:
        return ChannelEligibility(served=True, assured=assured)
    never_checked = channel.checked_on is None
    confirmed = service.confidence == Confidence.CONFIRMED_IN_SOURCE
    return ChannelEligibility(served=never_checked and confirmed and policy.serve_unreviewed, assured=False)


def covers(service: ServiceFact, country: str) -> bool:
    """Return whether the service belongs in the country's pack.

    A worldwide service belongs in those of its area; the worldwide pack holds every service that works in some country.
    """
    if service.country != WORLDWIDE:
        return service.country == country
    if service.area is None:
        return True
    return bool(service.area) if country == WORLDWIDE else country in service.area
