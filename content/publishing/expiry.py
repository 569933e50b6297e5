"""Take what no check stands for any more out of the published packs, by a release that does nothing else.

What it would remove, for whom, and what it leaves alone is worked out first and shown; only exactly that is then published.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from content.compiling.channel_parts import service_assurance
from content.compiling.eligibility import channel_eligibility
from content.compiling.facts import ChannelFact, Policy, ServiceFact
from content.compiling.snapshot import service_facts
from content.compiling.substitution import substitute_helpline
from content.models import Pack, Release
from content.models.release import ReleaseState
from content.publishing.pack_patch import NothingInItsPlace, leaves_enough, take_away
from content.publishing.publish import give_packs, lock_published, retired_order
from content.publishing.publish import publish as publish_release
from content.resolver.types import PackContent, PackedChannel, PackedService
from content.terms import ChannelType, Role
from core import audit, roles
from core.canonical import canonical_json, digest
from core.errors import ChangedMeanwhile, Invalid
from core.models import User

PERMISSION = "content.publish_release"


@dataclass(frozen=True)
class Gone:
    """One service in one country that readers lose, or some of whose channels they lose."""

    service: str
    name: str
    country: str
    roles: tuple[str, ...]
    audiences: tuple[str, ...]
    situations: tuple[str, ...]
    #: Number or address of each channel that goes.
    channels: tuple[str, ...]
    #: Channels that stay; none where the whole service goes.
    left: int
    #: Name of the helpline that texts name in its place, where the whole service goes and there is one.
    instead: str | None
    locales: tuple[str, ...]


@dataclass(frozen=True)
class Kept:
    """One service that stays although no check stands for it, because nothing would be in its place."""

    service: str
    name: str
    country: str
    reason: str


#: One service and the positions of its channels that stay; none where the whole service goes.
Loss = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class Lapse:
    """What a release that only takes away would do to the published one."""

    base: int | None
    gone: tuple[Gone, ...]
    kept: tuple[Kept, ...]
    #: Digest of each pack that changes to what it loses: the new bytes follow from these alone.
    losing: Mapping[str, tuple[Loss, ...]]

    def mark(self) -> str:
        """Return what tells this plan from any other."""
        return digest(canonical_json([self.base, self.losing]))


def plan(policy: Policy) -> Lapse:
    """Work out what has lapsed in the published packs on the policy's day; no pack is written anew for it."""
    current = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
    if current is None:
        return Lapse(None, (), (), {})
    now = {service.id: service for service in service_facts()}
    losing: dict[str, tuple[Loss, ...]] = {}
    gone: dict[tuple[str, str], tuple[Gone, list[str]]] = {}
    kept: dict[tuple[str, str], Kept] = {}
    for country, services, packs, locales in _listed(current):
        losses, found, stays = _without_lapsed(country, services, now, policy)
        for stay in stays:
            kept.setdefault((stay.service, country), stay)
        for one in found:
            gone.setdefault((country, one.service), (one, []))[1].extend(locales)
        if losses:
            losing |= dict.fromkeys(packs, losses)
    return Lapse(
        base=current.number,
        gone=tuple(replace(gone[key][0], locales=tuple(sorted(gone[key][1]))) for key in sorted(gone)),
        kept=tuple(kept[key] for key in sorted(kept)),
        losing=losing,
    )


def publish(shown: str, *, policy: Policy, by: User, at: datetime) -> Release:
    """Publish exactly what was shown (see Lapse.mark); one person may, because it only takes away.

    Raises ChangedMeanwhile where the plan is another one by now, Invalid where nothing has lapsed.
    """
    roles.require(by, PERMISSION)
    with transaction.atomic():
        current = lock_published()
        lapse = plan(policy)
        if current is None or not lapse.losing:
            raise Invalid("No check has ended in what readers get.", code="nothing")
        if lapse.mark() != shown:
            raise ChangedMeanwhile("The list has changed since it was shown; check what would be removed now.")
        release = Release.objects.create(
            compiled_by=by,
            compiled_at=at,
            base=current,
            report={
                "findings": [],
                "blocked": current.report.get("blocked", []),
                "lapses": [[one.country, one.service] for one in lapse.gone],
            },
        )
        losing = Pack.objects.filter(pk__in=lapse.losing).iterator(chunk_size=50)
        mended = {pack.pk: _mended(pack.body, lapse.losing[pack.pk]) for pack in losing}
        give_packs(release, current.release_packs.values_list("country_id", "locale_id", "pack_id"), mended)
        # As with a withdrawal the system is the second person: bytes that only lose something need no second reader.
        publish_release(release, by=User.objects.system(), at=at)
        audit.record(by=by, verb="take away lapsed", row=release, at=at, services=sorted({one.service for one in lapse.gone}))
    return release


#: What packs say of their services beside the words, which is the same in most locales: each once, with the packs that say it.
_LISTED = """
SELECT country_id, services::text, array_agg(pack_id), array_agg(locale_id) FROM (
    SELECT r.country_id, r.locale_id, r.pack_id, (
        SELECT coalesce(jsonb_agg(jsonb_build_object(
            'id', s->'id', 'name', s->'name', 'country', s->'country', 'roles', s->'roles', 'audiences', s->'audiences',
            'situations', s->'situations', 'named_situations', s->'named_situations', 'eligibility', s->'eligibility',
            'channels', (
                SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'position', c->'position', 'type', c->'type', 'dial', c->'dial', 'href', c->'href',
                    'assured_until', c->'assured_until'
                ) ORDER BY c.nr), '[]') FROM jsonb_array_elements(s->'channels') WITH ORDINALITY c (c, nr)
            )
        ) ORDER BY s.nr), '[]') FROM jsonb_array_elements(p.body::jsonb->'services') WITH ORDINALITY s (s, nr)
    ) services
    FROM content_releasepack r JOIN content_pack p ON p.digest = r.pack_id WHERE r.release_id = %s
) said
GROUP BY 1, 2 ORDER BY 1, 2
"""


def _listed(release: Release) -> Iterator[tuple[str, list[PackedService], list[str], list[str]]]:
    """Yield the services of each country as its packs list them, with those packs and their locales."""
    with connection.cursor() as cursor:
        cursor.execute(_LISTED, [release.pk])
        for country, services, packs, locales in cursor.fetchall():
            yield country, json.loads(services), packs, locales


def _without_lapsed(
    country: str, services: list[PackedService], now: Mapping[str, ServiceFact], policy: Policy
) -> tuple[tuple[Loss, ...], list[Gone], list[Kept]]:
    """Return what of a country's services goes, the same in words, and what had to stay."""
    losses: list[Loss] = []
    gone: list[Gone] = []
    kept: list[Kept] = []
    present = services
    for entry in services:
        lapsed = [c for c in entry["channels"] if _lapsed(c, now.get(entry["id"]), policy)]
        if not lapsed:
            continue
        if Role.EMERGENCY in entry["roles"]:
            kept.append(Kept(entry["id"], entry["name"], country, "an emergency number is never withheld"))
            continue
        left = tuple(c["position"] for c in entry["channels"] if c not in lapsed)
        instead = None
        if not left:
            rest = [one for one in present if one["id"] != entry["id"]]
            try:
                leaves_enough(country, present, rest)
            except NothingInItsPlace as error:
                kept.append(Kept(entry["id"], entry["name"], country, error.detail.partition(";")[0]))
                continue
            present, instead = rest, substitute_helpline(rest, entry["audiences"])
        losses.append((entry["id"], left))
        gone.append(
            Gone(
                service=entry["id"],
                name=entry["name"],
                country=country,
                roles=tuple(entry["roles"]),
                audiences=tuple(entry["audiences"]),
                situations=tuple(entry["situations"]),
                channels=tuple(c["dial"] or c["href"] or c["type"] for c in lapsed),
                left=len(left),
                instead=instead["name"] if instead else None,
                locales=(),
            )
        )
    return tuple(losses), gone, kept


def _lapsed(channel: PackedChannel, service: ServiceFact | None, policy: Policy) -> bool:
    """Tell whether the check that the pack speaks of has ended, and no newer one stands for the same values."""
    until = channel["assured_until"]
    if until is None or until >= policy.day.isoformat():
        return False
    now = next((c for c in service.channels if c.position == channel["position"]), None) if service else None
    return service is None or now is None or not _same(channel, now) or not _assured(service, now, policy)


def _assured(service: ServiceFact, channel: ChannelFact, policy: Policy) -> bool:
    return channel_eligibility(service, channel, policy).assured


def _same(published: PackedChannel, now: ChannelFact) -> bool:
    if now.type == ChannelType.URL:
        return published["href"] == now.address
    return (published["dial"] or "") == now.dial


def _mended(body: str, losses: Iterable[Loss]) -> str:
    """Return a pack's bytes without what it loses."""
    order = retired_order()
    for service, left in losses:
        body = _fewer_channels(body, service, left) if left else take_away(body, service, None, order=order, tombstone=False)
    return body


def _fewer_channels(body: str, service: str, left: tuple[int, ...]) -> str:
    pack: PackContent = json.loads(body)
    [entry] = [one for one in pack["services"] if one["id"] == service]
    entry["channels"] = [channel for channel in entry["channels"] if channel["position"] in left]
    entry["notices"] = [notice for notice in entry.get("notices", []) if notice["position"] in {None, *left}]
    assurance = service_assurance(entry["channels"])
    entry["assured"] = assurance["assured"]
    entry["checked_on"], entry["assured_until"] = assurance["checked_on"], assurance["assured_until"]
    return canonical_json(pack).decode()
