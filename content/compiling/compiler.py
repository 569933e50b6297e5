"""From everything that may be served to a release: one pack for each country and locale, with the findings of the gate.

Reading, building and writing are apart. Building is pure: the same snapshot gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from django.conf import settings
from django.db import transaction

from content.compiling.eligibility import covers
from content.compiling.facts import Policy, ServiceFact, Snapshot, TipFact
from content.compiling.figures import build_figures
from content.compiling.findings import Finding
from content.compiling.gate import country_findings, locale_findings, pack_findings, readers_without_crisis_line
from content.compiling.labels import build_labels
from content.compiling.pack_parts import PackPartBuilder
from content.compiling.recording import record_changes
from content.compiling.references import References, absent_services
from content.compiling.rendering import plain
from content.compiling.snapshot import read_snapshot
from content.compiling.substitution import without_services
from content.compiling.texts import PackPart
from content.compiling.tip_versions import choose_version
from content.linting.locale_tag import PSEUDO_LOCALES
from content.models import Locale, Pack, Release, ReleasePack
from content.models.release import ReleaseReport, ReportedFinding
from content.models.stored_terms import recheck_terms
from content.resolver.types import PackContent, PackedService, PackedTip
from content.resolver.week import public_holidays
from content.terms import FIGURE_AUDIENCES, PLAN_ORDER, WORLDWIDE
from core import audit, roles
from core.audit_verbs import Verb
from core.canonical import canonical_object, digest
from core.errors import Invalid
from core.models import User

#: Version of the pack's format.
FORMAT = 1
FIGURES_FOR_ADULTS = "A figure is for parents and educators alone; this tip has other readers."
_OLDER_STEPS = "A text of the current steps is not approved here, so readers get the steps as they were approved before."
_NEVER_APPROVED = ("not-approved", "One of the texts was never approved.")


@dataclass(frozen=True)
class CompiledPack:
    """The bytes of one pack, and the findings in it."""

    body: bytes
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether a finding keeps this pack back."""
        return any(finding.blocks for finding in self.findings)

    @cached_property
    def digest(self) -> str:
        """The digest of the bytes."""
        return digest(self.body)


def compile_release(*, by: User, at: datetime, locales: Collection[str] | None = None) -> Release:
    """Create a candidate release of everything that may be served at this instant; a second person publishes it.

    With `locales` only the packs of these are compiled; all others are those of the published release, byte for byte.
    A pack with a blocking finding keeps the bytes that it has in the published release, or is left out where it has none.
    Raises Invalid for an unknown locale, for none, and for some of the locales before the first release.
    """
    roles.require(by, "content.compile_release")
    policy = current_policy(at)
    if policy.pseudo:
        Locale.objects.add_pseudo()
    snapshot = read_snapshot(policy)
    scope = _scope(snapshot, locales)
    return _write(snapshot, build_packs(snapshot, locales=scope), scope=scope, by=by, at=at)


def current_policy(at: datetime) -> Policy:
    """Return the rules by which this installation compiles at this instant."""
    return Policy(
        at.astimezone(UTC).date(),
        serve_unreviewed=settings.SERVE_UNREVIEWED,
        sandbox=settings.SANDBOX,
        pseudo=settings.PSEUDO_LOCALES,
    )


def build_packs(snapshot: Snapshot, *, locales: Collection[str] | None = None) -> dict[tuple[str, str], CompiledPack]:
    """Build every pack of the snapshot, by country and locale.

    With `locales` only those of these, for the countries that the published release has: a country that had a pack in some
    locales alone could not be read in the others.
    """
    recheck_terms()
    parts = PackPartBuilder(snapshot)
    countries = own_countries(snapshot)
    if locales is not None:
        published = {country for country, _ in snapshot.base_packs}
        countries = [country for country in countries if country in published]
    return {
        (country, locale): build_pack(parts, country, locale)
        for country in countries
        for locale in sorted(snapshot.directions if locales is None else locales)
    }


def _scope(snapshot: Snapshot, locales: Collection[str] | None) -> list[str] | None:
    """Return the locales sorted, None for all; raise Invalid where no release of them alone can be made."""
    if locales is None:
        return None
    if unknown := sorted({*locales} - snapshot.directions.keys()):
        raise Invalid(f"Unknown language: {', '.join(unknown)}.", code="locales")
    if not locales:
        raise Invalid("Choose at least one language.", code="locales")
    if snapshot.base is None:
        raise Invalid("The first release holds every language. Compile it without choosing languages.", code="locales")
    return sorted({*locales})


def own_countries(snapshot: Snapshot) -> list[str]:
    """Return the countries that have services of their own, and the worldwide one."""
    return sorted({service.country for service in snapshot.services if service.active} | {WORLDWIDE})


def covering_services(snapshot: Snapshot, country: str) -> list[ServiceFact]:
    """Return the services that readers in the country may be offered, the country's own first."""
    found = (service for service in snapshot.services if covers(service, country))
    return sorted(found, key=lambda service: (service.country == WORLDWIDE, service.id))


def pack_references(
    parts: PackPartBuilder, covering: Iterable[ServiceFact], services: Mapping[str, PackPart[PackedService]]
) -> References:
    """Return what the ids of services stand for in a pack with these services, of those that cover its country."""
    return References(
        {name: part.value for name, part in services.items()},
        successors=parts.successors,
        absent=absent_services(covering, services, parts.snapshot.policy),
    )


def build_pack(parts: PackPartBuilder, country: str, locale: str) -> CompiledPack:
    """Build the pack of one country and locale."""
    snapshot = parts.snapshot
    covering = covering_services(snapshot, country)
    services = {service.id: part for service in covering if (part := parts.service(service, locale, country)) is not None}
    references = pack_references(parts, covering, services)
    labels = build_labels(parts.texts, locale)
    figures = build_figures(snapshot, parts.texts, country, locale)
    tips, tip_findings = _tips(parts, country, locale, references, {part.value["id"]: part.value["display"] for part in figures})
    content: PackContent = {
        "v": FORMAT,
        "country": country,
        "coverage": "worldwide" if country == WORLDWIDE else "national",
        "locale": locale,
        "dir": snapshot.directions[locale],
        "labels": labels.value,
        "tips": [part.value for part in tips],
        "services": [part.value for part in services.values()],
        "plan_order": PLAN_ORDER,
        "aliases": dict(snapshot.aliases),
        "retired": references.tombstones(covering),
        "figures": [part.value for part in figures],
        "public_holidays": _holidays(snapshot.policy, covering),
    }
    # Thousands of plans for a release of many locales, and the same for each of them.
    served = (country, tuple(services))
    if served not in parts.without_crisis_line:
        parts.without_crisis_line[served] = tuple(readers_without_crisis_line(content))
    findings = [
        *country_findings(snapshot.services, content, snapshot.policy),
        *(() if locale in PSEUDO_LOCALES else locale_findings(locale)),
        *pack_findings(content, missing_labels=labels.missing, without_crisis_line=parts.without_crisis_line[served]),
        *tip_findings,
        *labels.findings,
        *(finding for part in services.values() for finding in part.findings),
        *(finding for part in tips for finding in part.findings),
        *(finding for part in figures for finding in part.findings),
    ]
    body = canonical_object(
        {name: value for name, value in content.items() if name not in ("tips", "services")},
        {"tips": (part.encoded for part in tips), "services": (part.encoded for part in services.values())},
    )
    return CompiledPack(body, tuple(dict.fromkeys(findings)))


def _holidays(policy: Policy, services: Iterable[ServiceFact]) -> dict[str, list[str]]:
    """Return the public holidays of this year and the next one, for the countries of services that have a table."""
    found = {
        country: [day.isoformat() for year in (policy.day.year, policy.day.year + 1) for day in public_holidays(country, year)]
        for country in sorted({service.country for service in services})
    }
    return {country: days for country, days in found.items() if days}


def _tips(
    parts: PackPartBuilder, country: str, locale: str, references: References, figures: Mapping[str, str]
) -> tuple[list[PackPart[PackedTip]], list[Finding]]:
    """Return the tips of the pack, and a finding for each that is left out.

    A tip is left out where it names a service that stands for nothing in the pack, where it quotes a figure that the pack does
    not hold, or where one of its texts may not be served. `figures` are the numbers of the pack, isolated, by id.
    """
    tips: list[PackPart[PackedTip]] = []
    findings: list[Finding] = []
    for tip in parts.snapshot.tips:
        if tip.countries and country not in tip.countries:
            continue
        chosen = choose_version(parts.versions, tip, locale, references, figures)
        if chosen.quoted and not {*tip.audiences} <= {*FIGURE_AUDIENCES}:
            findings.append(Finding("figure-for-teens", f"tip.{tip.slug}", FIGURES_FOR_ADULTS, blocks=True, country=country))
        if chosen.choice is None:
            findings.append(_left_out(tip, chosen.lost, country))
            continue
        quoted = tuple((name, plain(figures[name])) for name in chosen.quoted)
        part = parts.tip(tip, locale, chosen.choice, chosen.names, quoted)
        withdrawn = references.withdrawn(chosen.names)
        value = without_services(part.value, withdrawn)
        if value is None:
            findings.append(_left_out(tip, [name for _, name in withdrawn], country))
            continue
        tips.append(replace(part, value=value) if withdrawn else part)
        if chosen.choice.version:
            findings.append(Finding("older-steps", f"tip.{tip.slug}", _OLDER_STEPS, blocks=False, locale=locale))
    return tips, findings


def _left_out(tip: TipFact, lost: Sequence[str], country: str) -> Finding:
    code, detail = ("token-not-served", f"The tip names {', '.join(lost)}, not served here.") if lost else _NEVER_APPROVED
    return Finding(code, f"tip.{tip.slug}", f"{detail} The tip is left out.", blocks=tip.notice, country=country)


def _write(
    snapshot: Snapshot,
    packs: Mapping[tuple[str, str], CompiledPack],
    *,
    scope: Sequence[str] | None,
    by: User,
    at: datetime,
) -> Release:
    blocked = sorted(place for place, compiled in packs.items() if compiled.blocked)
    bodies = {compiled.digest: compiled.body for compiled in packs.values() if not compiled.blocked}
    digests = {place: compiled.digest for place, compiled in packs.items() if not compiled.blocked}
    digests |= {place: snapshot.base_packs[place] for place in blocked if place in snapshot.base_packs}
    if scope is not None:
        digests = {**snapshot.base_packs, **digests}
    with transaction.atomic():
        release = Release.objects.create(
            compiled_by=by,
            compiled_at=at,
            base_id=snapshot.base,
            scope=list(scope) if scope is not None else None,
            report=_report(packs, blocked),
        )
        stored = set(Pack.objects.filter(pk__in=bodies).values_list("pk", flat=True))
        for key in sorted(bodies.keys() - stored):
            # Two compilations at the same time may store the same bytes; it does not matter which of them does. There is one row
            # to a statement, because the server reads statements of megabytes six times slower (docs/measurements/content.md).
            body = bodies[key]
            Pack.objects.bulk_create([Pack(digest=key, body=body.decode(), size=len(body))], ignore_conflicts=True)
        ReleasePack.objects.bulk_create(
            ReleasePack(release=release, country_id=country, locale_id=locale, pack_id=pack)
            for (country, locale), pack in sorted(digests.items())
        )
        record_changes(release)
        audit.record(
            by=by, verb=Verb.RELEASE_COMPILED, row=release, at=at, packs=len(digests), blocked=len(blocked), locales=scope
        )
    return release


def _report(packs: Mapping[tuple[str, str], CompiledPack], blocked: Iterable[tuple[str, str]]) -> ReleaseReport:
    """Return the gate's report: each finding once, and the (country, locale) of each blocked pack."""
    findings = {finding for compiled in packs.values() for finding in compiled.findings}
    order = sorted(findings, key=lambda f: (not f.blocks, f.code, f.item, f.country or "", f.locale or "", f.detail))
    return {"findings": [_reported(finding) for finding in order], "blocked": [list(place) for place in blocked]}


def _reported(finding: Finding) -> ReportedFinding:
    return {
        "code": finding.code,
        "item": finding.item,
        "detail": finding.detail,
        "blocks": finding.blocks,
        "country": finding.country,
        "locale": finding.locale,
        "start": finding.start,
        "end": finding.end,
    }
