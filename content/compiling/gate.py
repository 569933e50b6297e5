"""What the gate asks of whole packs: that a reader in any country finds the number that matters most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from content.compiling.eligibility import channel_eligibility, covers
from content.compiling.findings import Finding
from content.resolver.essential_services import has_crisis_line, has_emergency_number
from content.resolver.types import PackContent
from content.terms import WORLDWIDE, Confidence, Role

if TYPE_CHECKING:
    from content.compiling.snapshot import Policy, ServiceFact


def country_findings(services: Iterable[ServiceFact], pack: PackContent, policy: Policy) -> Iterator[Finding]:
    """Say of each service of the country what is wrong with it, and whether the emergency number is there."""
    country = pack["country"]
    for service in services:
        if not service.active:
            continue
        if Role.EMERGENCY in service.roles and covers(service, country):
            yield from _emergency_findings(service, country, policy)
        elif service.country == country:
            yield from _withheld(service, policy)
    if country != WORLDWIDE and not has_emergency_number(pack["services"]):
        yield Finding("no-emergency-number", country, "No emergency number can be served here.", blocks=True, country=country)


def pack_findings(pack: PackContent, *, missing_labels: Sequence[str]) -> Iterator[Finding]:
    """Say what a pack lacks that no reader may be without."""
    for key in missing_labels:
        yield Finding("label-missing", key, "No app can do without this label, and none of it was approved.", blocks=True)
    if not has_crisis_line(pack["services"]):
        country = pack["country"]
        yield Finding("no-crisis-line", country, "No crisis line can be served here.", blocks=True, country=country)


def _emergency_findings(service: ServiceFact, country: str, policy: Policy) -> Iterator[Finding]:
    for channel in service.channels:
        if channel_eligibility(service, channel, policy).assured:
            continue
        item = f"{service.id}/{channel.position}"
        if channel.checked_on is not None:
            detail = f"Last checked on {channel.checked_on}; it is shown with that date until it is checked again."
            yield Finding("emergency-overdue", item, detail, blocks=False, country=country)
        elif service.confidence == Confidence.FROM_GENERAL_KNOWLEDGE and not policy.sandbox:
            detail = "Nobody has checked this emergency number, and it was read in no source."
            yield Finding("emergency-unassured", item, detail, blocks=True, country=country)
        else:
            yield Finding("emergency-unassured", item, "Nobody has checked this emergency number.", blocks=False, country=country)


def _withheld(service: ServiceFact, policy: Policy) -> Iterator[Finding]:
    if not service.channels:
        yield Finding("no-channel", service.id, "It has no channel and is withheld.", blocks=False, country=service.country)
    elif service.area == ():
        detail = "Nobody has said in which countries it works; it is withheld."
        yield Finding("no-area", service.id, detail, blocks=False, country=service.country)
    elif not any(channel_eligibility(service, channel, policy).served for channel in service.channels):
        detail = "Nobody has assured any of its channels, or the check has run out; it is withheld."
        yield Finding("withheld", service.id, detail, blocks=False, country=service.country)
