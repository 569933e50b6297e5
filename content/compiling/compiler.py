"""From everything that may be served to a release: one pack for each country and locale, and what the gate says of them.

Reading, building and writing are apart. Building is pure: the same snapshot gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from content.compiling.eligibility import reaches
from content.compiling.gate import country_findings, pack_findings
from content.compiling.pack_parts import Finding, Item, Items, Names
from content.compiling.snapshot import Policy, ServiceFact, Snapshot, TipFact, read_snapshot
from content.models import Pack, Release, ReleasePack
from content.publishing.pack_patch import stand_in
from content.terms import PLAN_ORDER, WORLDWIDE, Audience, NoticeKind, Situation, Step
from core import audit, roles
from core.canonical import canonical_json, digest
from core.models import User

#: Version of the pack's own format.
FORMAT = 1


@dataclass(frozen=True)
class Built:
    """One pack's bytes, and what the gate says of it."""

    body: bytes
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether a finding keeps this pack back."""
        return any(finding.blocks for finding in self.findings)


def compile_release(*, by: User, at: datetime) -> Release:
    """Make a candidate of all packs from what may be served at this instant; a second person publishes it.

    A pack that a blocking finding is in keeps the bytes of the published release, or is left out where there are none.
    """
    roles.require(by, "content.compile_release")
    policy = Policy(at.astimezone(UTC).date(), serve_unreviewed=settings.SERVE_UNREVIEWED, sandbox=settings.SANDBOX)
    snapshot = read_snapshot(policy)
    packs = build_packs(snapshot)
    return _write(snapshot, packs, by=by, at=at)


def build_packs(snapshot: Snapshot) -> dict[tuple[str, str], Built]:
    """Build every pack of the snapshot, by country and locale."""
    items = Items(snapshot)
    return {
        (country, locale): _build(items, country, locale)
        for country in own_countries(snapshot)
        for locale in sorted(snapshot.directions)
    }


def build_pack(snapshot: Snapshot, country: str, locale: str) -> bytes:
    """Build one pack by itself: the same bytes as among all the others."""
    return _build(Items(snapshot), country, locale).body


def own_countries(snapshot: Snapshot) -> list[str]:
    """Return the countries that have services of their own, and the worldwide one."""
    return sorted({service.country for service in snapshot.services if service.active} | {WORLDWIDE})


def _build(items: Items, country: str, locale: str) -> Built:
    snapshot = items.snapshot
    inside = [service for service in snapshot.services if reaches(service, country)]
    inside.sort(key=lambda service: (service.country == WORLDWIDE, service.id))
    services = {service.id: item for service in inside if (item := items.service(service, locale, country)) is not None}
    labels, label_items, missing = _labels(items, locale)
    tips, tip_findings = _tips(items, country, locale, services, frozenset(service.id for service in inside if service.withdrawn))
    value = {
        "v": FORMAT,
        "country": country,
        "coverage": "worldwide" if country == WORLDWIDE else "national",
        "locale": locale,
        "dir": snapshot.directions[locale],
        "labels": labels,
        "tips": [item.value for item in tips],
        "services": [item.value for item in services.values()],
        "plan_order": PLAN_ORDER,
        "retired": _retired(items, inside, services),
    }
    findings = [
        *country_findings(snapshot.services, value, snapshot.policy),
        *pack_findings(value, missing_labels=missing),
        *tip_findings,
        *(finding for item in (*label_items, *services.values(), *tips) for finding in item.findings),
    ]
    return Built(canonical_json(value), tuple(dict.fromkeys(findings)))


def _labels(items: Items, locale: str) -> tuple[dict[str, dict[str, Any]], list[Item], list[str]]:
    """Return the labels by group and value, their items, and the keys of those that are needed and missing."""
    groups: dict[str, tuple[str, Sequence[str]]] = {
        "situations": ("situation", Situation.values),
        "steps": ("step", Step.values),
        "audiences": ("audience", Audience.values),
        "why": ("why", sorted(key.partition(".")[2] for key in items.snapshot.texts if key.startswith("why."))),
        "notices": ("notice", NoticeKind.values),
    }
    labels: dict[str, dict[str, Any]] = {}
    found, missing = [], []
    for group, (prefix, values) in groups.items():
        labels[group] = {}
        for value in values:
            item = items.text(f"{prefix}.{value}", locale)
            if item is None:
                # Without its words a kind of notice is not told, which no reader's way to help depends on.
                missing += [f"{prefix}.{value}"] if prefix != "notice" else []
            else:
                labels[group][value] = item.value
                found.append(item)
    return labels, found, missing


def _tips(
    items: Items, country: str, locale: str, services: Mapping[str, Item], withdrawn: frozenset[str]
) -> tuple[list[Item], list[Finding]]:
    """Return the tips of the pack; one that names a service which is not in it, or lacks an approved text, is left out."""
    tips, findings = [], []
    for tip in items.snapshot.tips:
        if tip.countries and country not in tip.countries:
            continue
        names, lost = _names(items, tip, services, withdrawn)
        item = None if lost else items.tip(tip, locale, names)
        if item is not None:
            tips.append(item)
            continue
        code, detail = ("token-not-served", f"It names {', '.join(lost)}, not served here.") if lost else _NOT_APPROVED
        findings.append(Finding(code, f"tip.{tip.slug}", f"{detail} It is left out.", blocks=tip.notice, country=country))
    return tips, findings


_NOT_APPROVED = ("not-approved", "A text of it was never approved.")


def _names(items: Items, tip: TipFact, services: Mapping[str, Item], withdrawn: frozenset[str]) -> tuple[Names, list[str]]:
    """Return what each named service stands for here, and those that are lost.

    Where one has retired its successor stands; where one was withdrawn without any, the country's helpline.
    """
    names: list[tuple[str, str, str]] = []
    lost: list[str] = []
    for name in sorted(items.named_by(tip)):
        stands, passed = _stands(items, name, services)
        if stands is None and passed & withdrawn:
            helpline = stand_in((item.value for item in services.values()), tip.audiences)
            stands = helpline["id"] if helpline is not None else None
        if stands is not None:
            names.append((name, stands, services[stands].value["name"]))
        else:
            lost.append(name)
    return tuple(names), lost


def _stands(items: Items, name: str, services: Mapping[str, Item]) -> tuple[str | None, set[str]]:
    """Return the service or the successor that is served here, or None, and those on the way that are not."""
    stands: str | None = name
    passed: set[str] = set()
    while stands is not None and stands not in services and stands not in passed:
        passed.add(stands)
        stands = items.successors.get(stands)
    return (stands if stands in services else None), passed


def _retired(items: Items, inside: Iterable[ServiceFact], services: Mapping[str, Item]) -> list[dict[str, str | None]]:
    return [{"id": service.id, "successor": _stands(items, service.id, services)[0]} for service in inside if not service.active]


def _write(snapshot: Snapshot, packs: Mapping[tuple[str, str], Built], *, by: User, at: datetime) -> Release:
    blocked = sorted(place for place, built in packs.items() if built.blocked)
    bodies = {digest(built.body): built.body for place, built in packs.items() if not built.blocked}
    digests = {place: digest(built.body) for place, built in packs.items() if not built.blocked}
    digests |= {place: snapshot.base_packs[place] for place in blocked if place in snapshot.base_packs}
    with transaction.atomic():
        release = Release.objects.create(compiled_by=by, compiled_at=at, base_id=snapshot.base, report=_report(packs, blocked))
        there = set(Pack.objects.filter(pk__in=bodies).values_list("pk", flat=True))
        new = [Pack(digest=key, body=body.decode(), size=len(body)) for key, body in bodies.items() if key not in there]
        # Two compilations at once may bring the same bytes; which of them stores the row does not matter. One row a
        # statement: statements of megabytes are read six times slower (docs/measurements/content.md).
        Pack.objects.bulk_create(new, ignore_conflicts=True, batch_size=1)
        ReleasePack.objects.bulk_create(
            ReleasePack(release=release, country_id=country, locale_id=locale, pack_id=pack)
            for (country, locale), pack in sorted(digests.items())
        )
        audit.record(by=by, verb="compile", row=release, at=at, packs=len(digests), blocked=len(blocked))
    return release


def _report(packs: Mapping[tuple[str, str], Built], blocked: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the gate report: each finding once, with the country and locale that it is in (null: all that hold the item)."""
    findings = {finding for built in packs.values() for finding in built.findings}
    order = sorted(findings, key=lambda f: (not f.blocks, f.code, f.item, f.country or "", f.locale or "", f.detail))
    return {"findings": [asdict(finding) for finding in order], "blocked": [list(place) for place in blocked]}
