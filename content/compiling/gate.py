"""The gate's rules for whole packs: a reader in any country finds an emergency number and a crisis line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from content.compiling.eligibility import channel_eligibility, covers
from content.compiling.facts import Policy, ServiceFact
from content.compiling.findings import Finding
from content.linting.term_list import is_checked
from content.resolver.candidates import ADULT
from content.resolver.essential_services import has_crisis_line, has_emergency_number, has_helpline
from content.resolver.resolve import resolve
from content.resolver.types import PackContent, Query
from content.terms import WORLDWIDE, Audience, Confidence, Role, Situation

#: Ages at which every reader's plan is looked at: a child, a teen, and both sides of the lines that end or begin at 18.
_AGES = (13, 15, 18, 20)
#: Any instant: the hours change the order of the lines, not which lines a plan has.
_INSTANT = datetime(2026, 1, 6, 12, tzinfo=UTC)


def country_findings(services: Iterable[ServiceFact], pack: PackContent, policy: Policy) -> Iterator[Finding]:
    """Yield what is wrong with each service of the country, and a finding where the pack has no emergency number."""
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


def pack_findings(pack: PackContent, *, missing_labels: Sequence[str], without_crisis_line: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each required label, and for a crisis line, that the pack lacks.

    `without_crisis_line` are the readers whose plan has none, from `readers_without_crisis_line`.
    """
    for key in missing_labels:
        yield Finding("label-missing", key, "This label is required, and no text of it was approved.", blocks=True)
    country = pack["country"]
    # Where nobody has listed a country's own lines, a directory leads to them.
    if not (has_helpline(pack["services"]) if country == WORLDWIDE else has_crisis_line(pack["services"])):
        yield Finding("no-crisis-line", country, "No crisis line can be served here.", blocks=True, country=country)
    elif country != WORLDWIDE and without_crisis_line:
        detail = f"The plan for a risk of self-harm has no crisis line for: {'; '.join(without_crisis_line)}."
        yield Finding("no-crisis-line-in-plan", country, detail, blocks=True, country=country)


def locale_findings(locale: str) -> Iterator[Finding]:
    """Yield a finding where the texts of the locale are compared with no term list."""
    if not is_checked(locale):
        detail = "No list of words to avoid is kept for this language, so its texts were not checked for them."
        yield Finding("terms-unchecked", locale, detail, blocks=False, locale=locale)


def readers_without_crisis_line(pack: PackContent) -> Iterator[str]:
    """Yield "teen of 15" and the like for each reader whose self-harm plan names no crisis line.

    These plans depend on the services of the pack alone, and not on its locale.
    """
    for audience in Audience.values:
        for age in _AGES:
            if audience == Audience.SURVIVOR and age < ADULT:
                continue
            query = Query(pack["country"], Situation.SELF_HARM_RISK.value, audience=audience, age=age)
            if not has_crisis_line(resolve(pack, query, _INSTANT).services.values()):
                yield f"{audience} of {age}" if audience == Audience.TEEN else f"{audience}, young person of {age}"


def _emergency_findings(service: ServiceFact, country: str, policy: Policy) -> Iterator[Finding]:
    for channel in service.channels:
        if channel_eligibility(service, channel, policy).assured:
            continue
        item = f"{service.id}/{channel.position}"
        if channel.checked_on is not None:
            detail = f"The check of {channel.checked_on} has expired. The number is still shown, with that date."
            yield Finding("emergency-overdue", item, detail, blocks=False, country=country)
        elif service.confidence == Confidence.FROM_GENERAL_KNOWLEDGE and not policy.sandbox:
            detail = "Nobody has checked this emergency number, and it has no source."
            yield Finding("emergency-unassured", item, detail, blocks=True, country=country)
        else:
            yield Finding("emergency-unassured", item, "Nobody has checked this emergency number.", blocks=False, country=country)


def _withheld(service: ServiceFact, policy: Policy) -> Iterator[Finding]:
    if not service.channels:
        code, detail = "no-channel", "The service has no channel, so it is withheld."
    elif service.area == ():
        code, detail = "no-area", "Nobody has entered in which countries the service works, so it is withheld."
    elif not any(channel_eligibility(service, channel, policy).served for channel in service.channels):
        code, detail = "withheld", "No channel of the service has a valid check, so the service is withheld."
    else:
        return
    yield Finding(code, service.id, detail, blocks=False, country=service.country)
