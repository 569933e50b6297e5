"""Remove channels whose assurance has expired from the published packs, by a release that does nothing else.

`plan` works out what would be removed, for whom, and what is retained; `publish` carries out exactly the plan that was shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from content.compiling.eligibility import channel_eligibility
from content.compiling.facts import ChannelFact, Policy, ServiceFact
from content.compiling.snapshot import service_facts
from content.compiling.substitution import TextReaders, scope_of, substitute_helpline
from content.models import Release
from content.models.release import ReleaseReason, ReleaseState
from content.publishing.pack_patch import PackPatch, keep_channels, lost_essentials, remove_service
from content.publishing.publish import PERMISSION, lock_published, publish_patch
from content.resolver.types import PackContent, PackedChannel, PackedService
from content.terms import ChannelType, Role
from core import audit, roles
from core.audit_verbs import Verb
from core.canonical import canonical_json, digest
from core.errors import ChangedMeanwhile, Invalid
from core.models import User


@dataclass(frozen=True)
class Removal:
    """One service in one country that is removed from its packs, whole or in some of its channels."""

    service: str
    name: str
    country: str
    roles: tuple[str, ...]
    audiences: tuple[str, ...]
    situations: tuple[str, ...]
    #: Number or address of each channel that is removed.
    channels: tuple[str, ...]
    #: How many channels stay; 0 where the whole service is removed.
    left: int
    #: Name of the helpline that tips name instead, where the whole service is removed and there is one.
    substitute: str | None
    locales: tuple[str, ...]


@dataclass(frozen=True)
class Retained:
    """One service that stays although its assurance has expired, because a country must not lose it."""

    service: str
    name: str
    country: str
    reason: str


#: A service and the positions of its channels that stay; none where the whole service is removed.
Cut = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class ExpiryPlan:
    """What a release that only removes expired channels would change in the published one."""

    #: Number of the published release; None before the first one.
    base: int | None
    removals: tuple[Removal, ...]
    retained: tuple[Retained, ...]
    #: "country/locale" of each pack that changes to what is cut from it; the new bytes follow from these alone.
    cuts: Mapping[str, tuple[Cut, ...]]

    def version_token(self) -> str:
        """Return a digest that differs from that of every other plan."""
        return digest(canonical_json([self.base, self.cuts]))


def plan(policy: Policy) -> ExpiryPlan:
    """Return what has expired in the published packs on the policy's day."""
    current = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
    if current is None:
        return ExpiryPlan(None, (), (), {})
    facts = {service.id: service for service in service_facts()}
    cuts: dict[str, tuple[Cut, ...]] = {}
    removals: dict[tuple[str, str], tuple[Removal, list[str]]] = {}
    retained: dict[tuple[str, str], Retained] = {}
    for country, services, locales in _published_services(current):
        found = _expired(country, services, facts, policy)
        for kept in found.retained:
            retained.setdefault((kept.service, country), kept)
        for removal in found.removals:
            removals.setdefault((country, removal.service), (removal, []))[1].extend(locales)
        if found.cuts:
            cuts |= dict.fromkeys((f"{country}/{locale}" for locale in locales), found.cuts)
    return ExpiryPlan(
        base=current.number,
        removals=tuple(replace(removals[key][0], locales=tuple(sorted(removals[key][1]))) for key in sorted(removals)),
        retained=tuple(retained[key] for key in sorted(retained)),
        cuts=cuts,
    )


def publish(version: str, *, policy: Policy, by: User, at: datetime) -> Release:
    """Carry out the plan with this version token; one person may, because nothing is added.

    Raises ChangedMeanwhile where the plan is a different one by now, and Invalid where nothing has expired.
    """
    roles.require(by, PERMISSION)
    with transaction.atomic():
        lock_published()
        current = plan(policy)
        if not current.cuts:
            raise Invalid("No published channel has expired.", code="nothing")
        if current.version_token() != version:
            raise ChangedMeanwhile("The list has changed since it was shown; check what would be removed now.")
        services = sorted({removal.service for removal in current.removals})
        release = publish_patch(_cut(current.cuts), services=services, reason=ReleaseReason.EXPIRY, by=by, at=at)
        assert release is not None, "a plan that cuts something changes a published pack"
        audit.record(by=by, verb=Verb.EXPIRED_CHANNELS_REMOVED, row=release, at=at, services=services)
    return release


def _cut(cuts: Mapping[str, tuple[Cut, ...]]) -> PackPatch:
    """Return the patch that cuts these channels and services; they are not listed as retired, because they may come back."""

    def patch(pack: PackContent) -> PackContent | None:
        patched = pack
        for service, positions in cuts.get(f"{pack['country']}/{pack['locale']}", ()):
            patched = keep_channels(patched, service, positions) if positions else remove_service(patched, service)
        return patched if patched is not pack else None

    return patch


#: The services of a country's packs without their texts, which is the same in most locales: each variant once, with the locales
#: of its packs.
_SERVICES = """
SELECT country_id, services::text, array_agg(locale_id) FROM (
    SELECT r.country_id, r.locale_id, (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', s->'id', 'name', s->'name', 'country', s->'country', 'roles', s->'roles', 'audiences', s->'audiences',
            'regions', s->'regions', 'situations', s->'situations', 'named_situations', s->'named_situations',
            'eligibility', s->'eligibility',
            'channels', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'position', c->'position', 'type', c->'type', 'dial', c->'dial', 'href', c->'href',
                    'assured_until', c->'assured_until'
                ) ORDER BY c.nr), '[]') FROM jsonb_array_elements(s->'channels') WITH ORDINALITY c (c, nr)
            )
        ) ORDER BY s.nr), '[]') FROM jsonb_array_elements(p.body::jsonb->'services') WITH ORDINALITY s (s, nr)
    ) services
    FROM content_releasepack r JOIN content_pack p ON p.digest = r.pack_id WHERE r.release_id = %s
) variants
GROUP BY 1, 2 ORDER BY 1, 2
"""


def _published_services(release: Release) -> Iterator[tuple[str, list[PackedService], list[str]]]:
    """Yield country, services and locales of each variant of a country's services in the release."""
    with connection.cursor() as cursor:
        cursor.execute(_SERVICES, [release.pk])
        for country, services, locales in cursor.fetchall():
            yield country, json.loads(services), locales


@dataclass(frozen=True)
class _Expired:
    cuts: tuple[Cut, ...]
    removals: tuple[Removal, ...]
    retained: tuple[Retained, ...]


def _expired(country: str, services: list[PackedService], facts: Mapping[str, ServiceFact], policy: Policy) -> _Expired:
    """Return what has expired among the services of one pack; `locales` of the removals is left empty."""
    cuts: list[Cut] = []
    removals: list[Removal] = []
    retained: list[Retained] = []
    remaining = services
    for service in services:
        expired = [c for c in service["channels"] if _is_expired(c, facts.get(service["id"]), policy)]
        if not expired:
            continue
        if Role.EMERGENCY in service["roles"]:
            retained.append(Retained(service["id"], service["name"], country, "an emergency number is never withheld"))
            continue
        positions = tuple(c["position"] for c in service["channels"] if c not in expired)
        substitute = None
        if not positions:
            rest = [other for other in remaining if other["id"] != service["id"]]
            if lost := list(lost_essentials(remaining, rest)):
                reason = f"readers would be left without {' and '.join(lost)}"
                retained.append(Retained(service["id"], service["name"], country, reason))
                continue
            remaining, substitute = rest, _substitute(rest, service)
        cuts.append((service["id"], positions))
        removals.append(_removal(country, service, expired, left=len(positions), substitute=substitute))
    return _Expired(tuple(cuts), tuple(removals), tuple(retained))


def _substitute(services: Iterable[PackedService], removed: PackedService) -> PackedService | None:
    """Return the helpline that texts for everybody whom the removed service took name instead."""
    scope = scope_of(removed)
    return substitute_helpline(services, scope, TextReaders(scope.audiences, scope.situations, scope.ages))


def _removal(
    country: str, service: PackedService, expired: Iterable[PackedChannel], *, left: int, substitute: PackedService | None
) -> Removal:
    return Removal(
        service=service["id"],
        name=service["name"],
        country=country,
        roles=tuple(service["roles"]),
        audiences=tuple(service["audiences"]),
        situations=tuple(service["situations"]),
        channels=tuple(c["dial"] or c["href"] or c["type"] for c in expired),
        left=left,
        substitute=substitute["name"] if substitute else None,
        locales=(),
    )


def _is_expired(channel: PackedChannel, service: ServiceFact | None, policy: Policy) -> bool:
    """Tell whether the published assurance of the channel has expired and no newer one covers the same number or address."""
    until = channel["assured_until"]
    if until is None or until >= policy.day.isoformat():
        return False
    now = next((c for c in service.channels if c.position == channel["position"]), None) if service else None
    if service is None or now is None or not _is_same(channel, now):
        return True
    return not channel_eligibility(service, now, policy).assured


def _is_same(published: PackedChannel, now: ChannelFact) -> bool:
    if now.type == ChannelType.URL:
        return published["href"] == now.address
    return (published["dial"] or "") == now.dial
