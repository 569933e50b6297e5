"""A change of a service or of an organization in words: what differs, and what it does to packs and plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from content.compiling.service_effect import LostStep, PlanReaders, ServiceEffect, read_service_effect
from content.console import labels
from content.console.fact_change import (
    ChangedFact,
    EffectLine,
    ages_text,
    changed_facts,
    countries_text,
    named,
    packs_text,
)
from content.console.labels import label
from content.console.unit_names import UnitNames
from content.models import Organization, OrganizationRevision, Service, ServiceRevision
from content.terms import WORLDWIDE
from core.console.display import country_text, language_text, region_text, zone_text
from core.console.pages import version_token

#: More lost steps than these are counted.
_MAX_STEPS = 12


@dataclass(frozen=True)
class ServiceChange:
    """A proposal of facts of a service, saved or not, with what it changes and does."""

    revision: ServiceRevision
    facts: Sequence[ChangedFact]
    effect: Sequence[EffectLine]
    token: str

    @classmethod
    def of(cls, revision: ServiceRevision, *, at: datetime) -> ServiceChange:
        """Work out the change and its effect on the release that would be compiled at this instant."""
        service = Service.objects.get(pk=revision.service_id)
        before, after = service.facts() if service.revision_id is not None else None, revision.facts()
        effect = read_service_effect(revision, at=at)
        names = _Names.of([facts for facts in (before, after) if facts is not None])
        return cls(
            revision,
            facts=changed_facts(_words(before, names) if before else {}, _words(after, names)),
            effect=list(effect_lines(effect)),
            token=version_token([after, asdict(effect)]),
        )


@dataclass(frozen=True)
class OrganizationChange:
    """A proposed name or contact of an organization, with the services that show the name."""

    revision: OrganizationRevision
    facts: Sequence[ChangedFact]
    effect: Sequence[EffectLine]
    token: str

    @classmethod
    def of(cls, revision: OrganizationRevision) -> OrganizationChange:
        """Work out the change, and which services show the name."""
        services = Service.objects.active().filter(organization=revision.organization_id).order_by("name")
        names = list(services.values_list("name", flat=True))
        old, new = Organization.objects.get(pk=revision.organization_id).facts(), revision.facts()
        facts = changed_facts(_organization_words(old), _organization_words(new))
        return cls(revision, facts, list(_organization_effect(old, new, names)), version_token([new, names]))


def _organization_words(facts: Mapping[str, str]) -> dict[str, str]:
    return {"Name": facts["name"], "Contact for corrections": facts["contact"] or "None on file"}


def _organization_effect(old: Mapping[str, str], new: Mapping[str, str], names: Sequence[str]) -> Iterator[EffectLine]:
    if old["name"] != new["name"] and names:
        yield EffectLine(f"Readers see the new name with these services: {named(names, 'services')}.", "")
    elif old["name"] != new["name"]:
        yield EffectLine("No active service shows the name.", "")
    if old["contact"] != new["contact"] and new["contact"]:
        yield EffectLine(
            "Correction links are sent to this contact. Anyone who reads its mail can answer for the organization.", ""
        )
    elif old["contact"] != new["contact"]:
        yield EffectLine("Correction links are shown to the person who creates them, who passes them on.", "bad")


@dataclass(frozen=True)
class _Names:
    """The names of the organizations and services that the facts refer to, by id."""

    organizations: Mapping[str, str]
    services: Mapping[str, str]

    @classmethod
    def of(cls, facts: Sequence[Mapping[str, Any]]) -> _Names:
        organizations = Organization.objects.filter(pk__in=[one["organization_id"] for one in facts])
        successors = Service.objects.filter(pk__in=[one["successor_id"] for one in facts if one["successor_id"]])
        return cls(dict(organizations.values_list("pk", "name")), dict(successors.values_list("pk", "name")))


def _words(facts: Mapping[str, Any], names: _Names) -> dict[str, str]:
    """Return the facts as staff read them, by their names."""
    words = {
        "Name": facts["name"],
        "Organization": names.organizations.get(facts["organization_id"], ""),
        "Roles": labels.labels("role", facts["roles"]),
        "Country": country_text(facts["country_id"]),
        "Regions": ", ".join(map(region_text, facts["regions"])) or "The whole country",
    }
    if facts["country_id"] == WORLDWIDE:
        area = facts["area"]
        words["Works in"] = "Every country" if area is None else ", ".join(map(country_text, area)) or "No country yet"
    situations = labels.labels("situation", facts["situations"])
    languages = facts["languages"]
    return words | {
        "Audience": labels.labels("audience", facts["audiences"]),
        "Situations": (f"Every situation. Names itself: {situations or 'none'}" if facts["general"] else situations) or "None",
        "Age": ages_text(facts["min_age"], facts["max_age"], facts["age_measured"]),
        "Languages": "Not known" if languages is None else ", ".join(map(language_text, languages)),
        "Time zone": zone_text(facts["zone"]) if facts["zone"] else "Not known",
        "Status": label("status", facts["status"]),
        "Replaced by": names.services.get(facts["successor_id"] or "", "None"),
        "Evidence": label("confidence", facts["confidence"]),
        "Source": facts["source"] or "None",
    }


def effect_lines(effect: ServiceEffect) -> Iterable[EffectLine]:
    """Yield what the change does, the losses first."""
    for finding in effect.blocks:
        yield EffectLine(f"{country_text(finding.country or '')}: the pack is held back. {finding.detail}", "bad")
    yield from _lost_steps(effect.steps_lost, effect.plans_compared)
    if effect.removed_from:
        count = len(effect.removed_from) * effect.locales
        yield EffectLine(f"The service leaves {packs_text(count)} {countries_text('for', effect.removed_from)}.", "bad")
    names = UnitNames(f"tip.{slug}" for slug in (*effect.tips_removed, *effect.tips_added))
    for slug, countries in effect.tips_removed.items():
        yield EffectLine(f"The tip “{names.name(f'tip.{slug}')}” leaves the packs {countries_text('for', countries)}.", "bad")
    if effect.readers_lost:
        yield EffectLine(f"Plans no longer name the service to {_readers(effect.readers_lost)}.", "bad")
    if effect.readers_new:
        yield EffectLine(f"Plans newly name the service to {_readers(effect.readers_new)}.", "good")
    if effect.added_to:
        count = len(effect.added_to) * effect.locales
        yield EffectLine(f"The service comes into {packs_text(count)} {countries_text('for', effect.added_to)}.", "good")
    for slug, countries in effect.tips_added.items():
        yield EffectLine(
            f"The tip “{names.name(f'tip.{slug}')}” comes into the packs {countries_text('for', countries)}.", "good"
        )
    yield EffectLine(
        f"The service is in {packs_text(effect.packs_before)} now, and in {packs_text(effect.packs_after)} with the change.", ""
    )


def _lost_steps(lost: Sequence[LostStep], compared: int) -> Iterator[EffectLine]:
    """Yield a line for each step whose plans lose their service; situations with the same readers and places share one."""
    by_situation: dict[tuple[str, str], list[LostStep]] = defaultdict(list)
    for plan in lost:
        by_situation[plan.step, plan.situation].append(plan)
    same: dict[tuple[str, str, str], list[tuple[str, int]]] = defaultdict(list)
    for (step, situation), plans in by_situation.items():
        readers = _readers(sorted({PlanReaders(plan.audience, plan.age) for plan in plans}))
        same[step, readers, _places(plans)].append((situation, len(plans)))
    for (step, readers, where), found in list(same.items())[:_MAX_STEPS]:
        count = sum(number for _, number in found)
        yield EffectLine(
            f"{count} of the {compared} plans compared lose the service in their step “{label('step', step)}”: "
            f"{labels.labels('situation', [situation for situation, _ in found])}; for {readers}; {where}.",
            "bad",
        )
    if len(same) > _MAX_STEPS:
        yield EffectLine(f"Plans lose a service in {len(same) - _MAX_STEPS} further steps and situations.", "bad")


def _places(plans: Sequence[LostStep]) -> str:
    """Return "in" the countries of the plans, with regions where only plans of these lose the service."""
    where = countries_text("in", dict.fromkeys(plan.country for plan in plans))
    regions = dict.fromkeys(region_text(plan.region) for plan in plans if plan.region is not None)
    if regions and all(plan.region is not None for plan in plans):
        where += f", in regions such as {named(list(regions), 'regions')}"
    return where


def _readers(readers: Iterable[PlanReaders]) -> str:
    """Return readers in words, such as "teenagers (young person aged 13, 15)"."""
    ages: dict[str, list[int]] = defaultdict(list)
    for reader in readers:
        ages[reader.audience].append(reader.age)
    found = [
        f"{labels.inside_sentence(label('audience', audience))} (young person aged {', '.join(map(str, sorted(known)))})"
        for audience, known in ages.items()
    ]
    return "; ".join(found)
