"""What a proposed change of a tip does to the packs, by the compiler's own rules for that tip with and without the change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from content.compiling.compiler import covering_services, current_policy, own_countries, pack_references
from content.compiling.facts import Snapshot, TipFact
from content.compiling.figures import build_figures
from content.compiling.pack_parts import PackPartBuilder
from content.compiling.snapshot import read_snapshot, tip_fact
from content.compiling.tip_versions import TipVersions, choose_version
from content.linting.locale_tag import is_variant
from content.models import TipRevision
from content.models.tip_facts import TipState
from content.models.tip_revision import TipAct
from content.terms import SOURCE_LOCALE, Audience, Situation


class Reader(NamedTuple):
    """Readers for whom a tip is, with the countries that this is said of."""

    audience: str
    situation: str
    countries: tuple[str, ...]


@dataclass(frozen=True)
class TipEffect:
    """The packs, as (country, locale), and the locales that differ with the change; every tuple is sorted."""

    packs_before: int
    packs_after: int
    #: Packs that the tip leaves, and packs that it comes into.
    removed_from: tuple[tuple[str, str], ...] = ()
    added_to: tuple[tuple[str, str], ...] = ()
    #: Locales whose readers get the tip in the source language instead of their own, and the other way round.
    to_source: tuple[str, ...] = ()
    to_own: tuple[str, ...] = ()
    #: Locales that go on showing the steps as approved before, because a text of the proposed ones is not approved there.
    older_steps: tuple[str, ...] = ()
    #: Those among them that go on showing a step which the change removes.
    keep_removed: tuple[str, ...] = ()
    #: Readers who are left without any tip for a situation.
    without_tip: tuple[Reader, ...] = ()


def read_effect(revision: TipRevision, *, at: datetime) -> TipEffect:
    """Return the effect of approving the revision (saved or not) on the release that would be compiled at this instant."""
    snapshot = read_snapshot(current_policy(at), owner=f"tip:{revision.slug}")
    return tip_effect(snapshot, revision.slug, _fact_after(snapshot, revision))


def _fact_after(snapshot: Snapshot, revision: TipRevision) -> TipFact | None:
    if revision.tip_state == TipState.RETIRED:
        return None
    before = next((tip for tip in snapshot.tips if tip.slug == revision.slug), None)
    if before is not None:
        return tip_fact(revision.slug, revision, before.versions)
    if revision.act == TipAct.ADD:
        return tip_fact(revision.slug, revision, ())
    earlier = TipRevision.objects.approved().filter(slug=revision.slug).order_by("-pk")
    approved = [tip_fact(one.slug, one, ()).versions[0] for one in earlier]
    return tip_fact(revision.slug, revision, approved)


def tip_effect(snapshot: Snapshot, slug: str, after: TipFact | None) -> TipEffect:
    """Compare the packs of the snapshot with those in which the tip is `after`; None: the tip is in no pack."""
    before = next((tip for tip in snapshot.tips if tip.slug == slug), None)
    others = tuple(tip for tip in snapshot.tips if tip.slug != slug)
    parts = PackPartBuilder(snapshot)
    # The two have the same slug and other lists of texts, so that each is looked up by itself.
    was, becomes = _places(parts, TipVersions(snapshot), before), _places(parts, TipVersions(snapshot), after)
    both = sorted(was.keys() & becomes.keys())
    older = {locale for (_, locale), (number, _) in becomes.items() if number > 0}
    removed = _step_keys(before, 0) - _step_keys(after, 0)
    keeps = {locale for (_, locale), (number, _) in becomes.items() if number > 0 and _step_keys(after, number) & removed}
    return TipEffect(
        packs_before=len(was),
        packs_after=len(becomes),
        removed_from=tuple(sorted(was.keys() - becomes.keys())),
        added_to=tuple(sorted(becomes.keys() - was.keys())),
        to_source=_locales(place for place in both if _own(place, was) and not _own(place, becomes)),
        to_own=_locales(place for place in both if _own(place, becomes) and not _own(place, was)),
        older_steps=tuple(sorted(older)),
        keep_removed=tuple(sorted(keeps)),
        without_tip=tuple(_without_tip(snapshot, before, after, others)),
    )


#: Where a tip is served: by country and locale, the number of the version and the locale that it is served in.
_Places = Mapping[tuple[str, str], tuple[int, str]]


def _places(parts: PackPartBuilder, versions: TipVersions, tip: TipFact | None) -> _Places:
    if tip is None:
        return {}
    snapshot, found = parts.snapshot, {}
    named, quotes = _named(snapshot, versions, tip)
    for country in own_countries(snapshot):
        if tip.countries and country not in tip.countries:
            continue
        # Which services and figures a pack has does not depend on its locale, only their words do.
        covering = [service for service in covering_services(snapshot, country) if service.id in named] if named else []
        services = {
            service.id: part for service in covering if (part := parts.service(service, SOURCE_LOCALE, country)) is not None
        }
        references = pack_references(parts, covering, services)
        built = build_figures(snapshot, parts.texts, country, SOURCE_LOCALE) if quotes else []
        figures = {part.value["id"] for part in built}
        for locale in snapshot.directions:
            choice = choose_version(versions, tip, locale, references, figures).choice
            if choice is not None:
                found[country, locale] = (choice.version, choice.served.locale)
    return found


def _named(snapshot: Snapshot, versions: TipVersions, tip: TipFact) -> tuple[frozenset[str], bool]:
    """Return the services that decide where the tip is served, and whether figures do.

    These are the services that its texts name with their successors, and all services where one of them is withdrawn, because
    any helpline of the country may then stand in.
    """
    by_id = {service.id: service for service in snapshot.services}
    found: set[str] = set()
    quotes = False
    for number in range(len(tip.versions)):
        services, figures = versions.tokens(tip, number)
        quotes = quotes or bool(figures)
        waiting = [*services]
        while waiting:
            service = by_id.get(waiting.pop())
            if service is not None and service.id not in found:
                found.add(service.id)
                waiting += [service.successor] if service.successor else []
    withdrawn = any(by_id[name].withdrawn for name in found)
    return frozenset(by_id) if withdrawn else frozenset(found), quotes


def _own(place: tuple[str, str], places: _Places) -> bool:
    """Return whether the tip is served there in the reader's own language."""
    return is_variant(places[place][1], place[1])


def _locales(places: Iterator[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(sorted({locale for _, locale in places}))


def _step_keys(tip: TipFact | None, number: int) -> set[str]:
    return {key for field, key in tip.versions[number] if field in ("do_now", "do_not")} if tip is not None else set()


def _without_tip(
    snapshot: Snapshot, before: TipFact | None, after: TipFact | None, others: tuple[TipFact, ...]
) -> Iterator[Reader]:
    """Yield the readers whom the tip was for, and whom no tip of any kind is for with the change."""
    if before is None or before.notice:
        return
    rest = others if after is None else (*others, after)
    for audience in Audience.values:
        for situation in Situation.values:
            lost = tuple(
                country
                for country in own_countries(snapshot)
                if _is_for(before, audience, situation, country)
                and not any(_is_for(tip, audience, situation, country) for tip in rest)
            )
            if lost:
                yield Reader(audience, situation, lost)


def _is_for(tip: TipFact, audience: str, situation: str, country: str) -> bool:
    return audience in tip.audiences and situation in tip.situations and (not tip.countries or country in tip.countries)
