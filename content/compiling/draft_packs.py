"""The published pack of a country and locale with one tip or service in it as its texts are saved now, for previews of staff.

Nothing of this is stored or served to readers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import orjson

from content.compiling.compiler import covering_services, current_policy, pack_references
from content.compiling.facts import Snapshot, TargetText, TipFact, UnitText
from content.compiling.figures import build_figures
from content.compiling.pack_parts import PackPartBuilder
from content.compiling.rendering import plain
from content.compiling.snapshot import read_snapshot
from content.compiling.tip_versions import choose_version
from content.linting.locale_tag import direction_of
from content.models import ReleasePack
from content.models.release import ReleaseState
from content.resolver.types import PackContent, PackedService, PackedTip
from content.terms import SOURCE_LOCALE, WORLDWIDE
from core.errors import Invalid


class NothingToShow(Invalid):
    """There is nothing to show."""

    code = "nothing-to-show"


@dataclass(frozen=True)
class DraftPack:
    """A pack with a draft in it."""

    pack: PackContent
    #: How many texts of the item have no translation; the source text is in their place.
    untranslated: int = 0


def tip_draft(slug: str, country: str, locale: str, *, at: datetime) -> DraftPack:
    """Return the pack with the texts of the tip as they are saved, approved or not.

    Where some have no translation, their source texts are among the others. Readers get a tip in one language alone, so the page
    around a preview says so. Raises NothingToShow where readers of the country would not get the tip.
    """
    pack = published_pack(country, locale)
    snapshot = _drafts(f"tip:{slug}", at=at)
    tip = next((tip for tip in snapshot.tips if tip.slug == slug), None)
    if tip is None:
        raise NothingToShow("No release holds this tip: it is retired or withdrawn.")
    if tip.countries and country not in tip.countries:
        raise NothingToShow("This tip is not for readers in this country.")
    tip = replace(tip, versions=tip.versions[:1])
    keys = [key for _, key in tip.versions[0]]
    texts, untranslated = _with_sources(snapshot.texts, keys, locale)
    value = _packed_tip(PackPartBuilder(replace(snapshot, texts=texts)), tip, country, locale)
    places = [place for place, other in enumerate(pack["tips"]) if other["slug"] == slug]
    place = places[0] if places else len(pack["tips"])
    tips = [*pack["tips"][:place], value, *pack["tips"][place + 1 :]]
    return DraftPack(cast(PackContent, {**pack, "tips": tips}), untranslated)


def service_draft(name: str, country: str, locale: str, *, at: datetime) -> DraftPack:
    """Return the pack with the texts of the service as they are saved, and with its approved facts and channels.

    Raises NothingToShow where the packs of the country do not hold the service.
    """
    pack = published_pack(country, locale)
    snapshot = _drafts(f"service:{name}", at=at)
    parts = PackPartBuilder(snapshot)
    service = next((service for service in covering_services(snapshot, country) if service.id == name), None)
    part = parts.service(service, locale, country) if service is not None else None
    if part is None:
        raise NothingToShow("Readers in this country do not get this service: it is not for them, or no channel may be shown.")
    others: list[PackedService] = [other for other in pack["services"] if other["id"] != name]
    return DraftPack(cast(PackContent, {**pack, "services": [*others, part.value]}))


def published_pack(country: str, locale: str) -> PackContent:
    """Return the published pack that readers of the country get. Raises NothingToShow.

    A country without packs gets the worldwide one, as from the API. Where the locale has none yet, it is the one in the source
    language.
    """
    found = ReleasePack.objects.filter(release__state=ReleaseState.PUBLISHED, country__in=[country, WORLDWIDE])
    found = found.filter(locale__in=[locale, SOURCE_LOCALE])
    bodies = {(place, tag): body for place, tag, body in found.values_list("country", "locale", "pack__body")}
    for place in (country, WORLDWIDE):
        for tag in (locale, SOURCE_LOCALE):
            if (place, tag) in bodies:
                pack: PackContent = orjson.loads(bodies[place, tag])
                return pack if tag == locale else cast(PackContent, {**pack, "locale": locale, "dir": direction_of(locale)})
    raise NothingToShow("No release is published yet. Publish one first.")


def published_countries() -> list[str]:
    """Return the countries of the published release, sorted."""
    found = ReleasePack.objects.filter(release__state=ReleaseState.PUBLISHED)
    return sorted(found.order_by().values_list("country", flat=True).distinct())


def _drafts(owner: str, *, at: datetime) -> Snapshot:
    """Return what the item is made from: its texts as saved, and everything else as a release would have it."""
    policy = current_policy(at)
    snapshot = read_snapshot(replace(policy, serve_unreviewed=True), owner=owner)
    return replace(snapshot, policy=policy)


def _with_sources(texts: Mapping[str, UnitText], keys: Sequence[str], locale: str) -> tuple[dict[str, UnitText], int]:
    """Return the texts with the source in place of each missing translation, and how many are missing; with none, as they are."""
    found, missing, written = dict(texts), 0, 0
    for key in keys:
        unit = texts.get(key)
        if unit is None or unit.text is None or unit.locale == locale:
            continue
        target = unit.targets.get(locale)
        missing, written = missing + (target is None), written + (target is not None)
        # An outdated translation is a draft all the same.
        shown = replace(target, withdrawn=False) if target else TargetText(unit.text, reviewed=False, withdrawn=False)
        found[key] = replace(unit, targets={**unit.targets, locale: shown})
    return (found, missing) if written else (dict(texts), missing)


def _packed_tip(parts: PackPartBuilder, tip: TipFact, country: str, locale: str) -> PackedTip:
    snapshot = parts.snapshot
    covering = covering_services(snapshot, country)
    # Names of services are facts, the same in every locale.
    services = {one.id: part for one in covering if (part := parts.service(one, SOURCE_LOCALE, country)) is not None}
    figures = {part.value["id"]: part.value["display"] for part in build_figures(snapshot, parts.texts, country, locale)}
    chosen = choose_version(parts.versions, tip, locale, pack_references(parts, covering, services), figures)
    if chosen.choice is None:
        named = f": it names {', '.join(chosen.lost)}, which is not served there" if chosen.lost else ""
        raise NothingToShow(f"Readers in this country do not get this tip{named}.")
    quoted = tuple((name, plain(figures[name])) for name in chosen.quoted)
    return parts.tip(tip, locale, chosen.choice, chosen.names, quoted).value
