"""Take what no check stands for any more out of the published packs, by a release that does nothing else.

What it would remove, for whom, and what it leaves alone is worked out first and shown; only exactly that is then published.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from content.models import Pack, Release
from content.models.release import ReleaseState
from content.serving import standing
from content.snapshot import ChannelFact, Policy, ServiceFact, service_facts
from content.taking_away import NothingInItsPlace, holds, stand_in, take_away
from content.terms import ChannelType, Role
from content.withdrawal import give_packs, locked_current, sorted_as_compiled
from core import audit, roles
from core.canonical import canonical_json, digest
from core.errors import Conflict, Invalid
from core.models import User

PERMISSION = "content.publish_release"


class ShownOtherwise(Conflict):
    """Something changed after this was shown; look at what it removes now."""

    code = "stale"


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


@dataclass(frozen=True)
class Lapse:
    """What a release that only takes away would do to the published one."""

    base: int | None
    gone: tuple[Gone, ...]
    kept: tuple[Kept, ...]
    #: Digest of a pack to its bytes without what has lapsed.
    mended: Mapping[str, str]

    def mark(self) -> str:
        """Return what tells this plan from any other."""
        return digest(canonical_json([self.base, sorted((old, digest(new.encode())) for old, new in self.mended.items())]))


def plan(policy: Policy) -> Lapse:
    """Work out what has lapsed in the published packs on the policy's day."""
    current = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
    if current is None:
        return Lapse(None, (), (), {})
    services = {service.id: service for service in service_facts()}
    order = sorted_as_compiled()
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for country, locale, holder in current.release_packs.values_list("country_id", "locale_id", "pack_id"):
        places[holder].append((country, locale))
    mended: dict[str, str] = {}
    gone: dict[tuple[str, str], tuple[Gone, list[str]]] = {}
    kept: dict[tuple[str, str], Kept] = {}
    for pack in Pack.objects.filter(pk__in=places).order_by("pk").iterator(chunk_size=50):
        body, found, stays = _without_lapsed(pack.body, services, policy, order)
        for stay in stays:
            kept.setdefault((stay.service, stay.country), stay)
        if body == pack.body:
            continue
        mended[pack.pk] = body
        for loss in found:
            _, locales = gone.setdefault((loss.country, loss.service), (loss, []))
            locales += [locale for _, locale in places[pack.pk]]
    return Lapse(
        base=current.number,
        gone=tuple(replace(gone[key][0], locales=tuple(sorted(gone[key][1]))) for key in sorted(gone)),
        kept=tuple(kept[key] for key in sorted(kept)),
        mended=mended,
    )


def publish(shown: str, *, policy: Policy, by: User, at: datetime) -> Release:
    """Publish exactly what was shown (see Lapse.mark); one person may, because it only takes away.

    Raises ShownOtherwise where the plan is another one by now, Invalid where nothing has lapsed.
    """
    roles.require(by, PERMISSION)
    with transaction.atomic():
        current = locked_current()
        lapse = plan(policy)
        if current is None or not lapse.mended:
            raise Invalid("No check has ended in what readers get.", code="nothing")
        if lapse.mark() != shown:
            raise ShownOtherwise()
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
        give_packs(release, current.release_packs.values_list("country_id", "locale_id", "pack_id"), lapse.mended)
        # As with a withdrawal the system is the second person: bytes that only lose something need no second reader.
        release.publish(by=User.objects.system(), at=at)
        audit.record(by=by, verb="take away lapsed", row=release, at=at, services=sorted({one.service for one in lapse.gone}))
    return release


def _without_lapsed(
    body: str, services: Mapping[str, ServiceFact], policy: Policy, order: Any
) -> tuple[str, list[Gone], list[Kept]]:
    """Return one pack's bytes without what has lapsed, what went, and what had to stay."""
    pack = json.loads(body)
    gone: list[Gone] = []
    kept: list[Kept] = []
    for entry in pack["services"]:
        lapsed = [c for c in entry["channels"] if _lapsed(entry, c, services.get(entry["id"]), policy)]
        if not lapsed:
            continue
        if Role.EMERGENCY in entry["roles"]:
            kept.append(Kept(entry["id"], entry["name"], pack["country"], "an emergency number is never withheld"))
            continue
        left = [c for c in entry["channels"] if c not in lapsed]
        instead = None
        try:
            body = (
                _fewer_channels(body, entry["id"], left)
                if left
                else take_away(body, entry["id"], None, order=order, tombstone=False)
            )
        except NothingInItsPlace as error:
            kept.append(Kept(entry["id"], entry["name"], pack["country"], error.detail.partition(";")[0]))
            continue
        if not left:
            rest = [one for one in pack["services"] if holds(json.loads(body), one["id"])]
            instead = stand_in(rest, entry["audiences"])
        gone.append(
            Gone(
                service=entry["id"],
                name=entry["name"],
                country=pack["country"],
                roles=tuple(entry["roles"]),
                audiences=tuple(entry["audiences"]),
                situations=tuple(entry["situations"]),
                channels=tuple(c["dial"] or c["href"] or c["type"] for c in lapsed),
                left=len(left),
                instead=instead["name"] if instead else None,
                locales=(),
            )
        )
    return body, gone, kept


def _lapsed(entry: Mapping[str, Any], channel: Mapping[str, Any], service: ServiceFact | None, policy: Policy) -> bool:
    """Tell whether the check that the pack speaks of has ended, and no newer one stands for the same values."""
    until = channel["assured_until"]
    if until is None or until >= policy.day.isoformat():
        return False
    now = next((c for c in service.channels if c.position == channel["position"]), None) if service else None
    return service is None or now is None or not _same(channel, now) or not _assured(service, now, policy)


def _assured(service: ServiceFact, channel: ChannelFact, policy: Policy) -> bool:
    return standing(service, channel, policy).assured


def _same(published: Mapping[str, Any], now: ChannelFact) -> bool:
    if now.facts["type"] == ChannelType.URL:
        return bool(published["href"] == now.facts["address"])
    return bool((published["dial"] or "") == now.facts["dial"])


def _fewer_channels(body: str, service: str, left: list[dict[str, Any]]) -> str:
    pack = json.loads(body)
    [entry] = [one for one in pack["services"] if one["id"] == service]
    entry["channels"] = left
    kept = {None, *(channel["position"] for channel in left)}
    entry["notices"] = [notice for notice in entry.get("notices", []) if notice["position"] in kept]
    entry["assured"] = all(channel["assured"] for channel in left)
    for name in ("checked_on", "assured_until"):
        days = [channel[name] for channel in left]
        entry[name] = None if None in days else min(days)
    return canonical_json(pack).decode()
