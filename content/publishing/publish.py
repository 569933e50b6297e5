"""Publish releases: the only module that changes what readers get.

A release replaces the published one as it was compiled (`publish`), as patched bytes of the published one (`publish_patch`), or
as the bytes of an older one (`roll_back`, which a second person then publishes).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from content.compiling.recording import record_changes
from content.compiling.snapshot import read_notices
from content.exporting.last_modified import last_modified_by_service
from content.models import Pack, Release, ReleasePack, Service, TipWithdrawal, Withdrawal, WithdrawnPack, WithdrawnTipPack
from content.models.release import ReleaseReason, ReleaseState
from content.publishing.confirmation import require_confirmed
from content.publishing.pack_patch import (
    PackPatch,
    RetiredOrder,
    combine,
    remove_tips,
    replace_notices,
    require_crisis_line_in_plans,
    require_essential_services,
    withdraw_services,
)
from content.resolver.types import PackContent
from content.terms import WORLDWIDE
from core import audit, roles, states
from core.audit_verbs import Verb
from core.canonical import canonical_json, digest
from core.errors import ChangedMeanwhile, Conflict, Invalid, SecondPersonRequired
from core.models import User

PERMISSION = "content.publish_release"


class HoldsWithdrawn(Conflict):
    """A service or tip in this release has been withdrawn in the meantime; compile again."""

    code = "withdrawn"


def publish(release: Release, *, by: User, at: datetime) -> None:
    """Replace the published release by this candidate, in one transaction.

    Raises SecondPersonRequired for the person who compiled it, ChangedMeanwhile where another release has been published since
    it was compiled, HoldsWithdrawn where it holds a service or tip that is withdrawn, and NotConfirmed where this person has not
    confirmed everything that it takes away or brings back.
    """
    roles.require_approver(by, PERMISSION)
    with transaction.atomic():
        current = Release.objects.select_for_update().filter(state=ReleaseState.PUBLISHED).first()
        require_publishable(release, by=by)
        require_confirmed(release, by=by)
        fields: dict[str, Any] = {
            "published_by": by,
            "published_at": at,
            "changed": last_modified_by_service(current, release, at=at),
        }
        if current is not None:
            states.advance(current, ReleaseState.SUPERSEDED, by=by, at=at)
        try:
            with transaction.atomic():
                states.advance(release, ReleaseState.PUBLISHED, by=by, at=at, **fields)
        except IntegrityError:
            # Before the first release there is no row to lock, so two publishers can get here at once.
            raise ChangedMeanwhile() from None


def require_publishable(release: Release, *, by: User) -> None:
    """Raise what `publish` raises where this person cannot publish the candidate now, whatever they have confirmed."""
    if by.pk == release.compiled_by_id:
        raise SecondPersonRequired("The person who compiled a release cannot publish it; a second person must.")
    if not release.release_packs.exists():
        raise Invalid("This release holds no pack: every one is blocked.", code="empty")
    if Release.objects.current_number() != release.base_id:
        raise ChangedMeanwhile("Another release was published since this candidate was compiled; compile again.")
    if _holds_withdrawn(release):
        raise HoldsWithdrawn()


def publish_patch(
    patch: PackPatch,
    *,
    services: Collection[str] = (),
    tips: Collection[str] = (),
    reason: ReleaseReason,
    by: User,
    at: datetime,
    second: User | None = None,
) -> Release | None:
    """Patch the published packs that hold one of the services or tips, and publish the result at once.

    Return the new release, or None where no published pack changes. Without a `second` person the system publishes it: a patch
    brings nothing to readers that was not approved before. Raises EssentialServiceMissing where a pack would lose its last
    emergency number or crisis line.
    """
    with transaction.atomic():
        current = lock_published()
        if current is None:
            return None
        # Narrowed by digest first: a filter on bodies alone would parse the packs of all releases.
        digests = list(current.pack_digests().values())
        patched = _patch(packs_holding(services=services, tips=tips).filter(pk__in=digests), patch)
        if not patched:
            return None
        release = Release.objects.create(
            compiled_by=by,
            compiled_at=at,
            base=current,
            reason=reason,
            report={"findings": [], "blocked": current.report.get("blocked", []), "services": sorted(services)},
        )
        _store_packs(release, current, patched)
        record_changes(release, with_effects=False)
        publish(release, by=second or User.objects.system(), at=at)
    return release


def roll_back(*, to: int, by: User, at: datetime) -> Release:
    """Create a candidate with the packs of an older release under a new number; a second person publishes it.

    Services and tips that are withdrawn now are removed from its packs, and the notices are those that hold now. Raises Invalid
    where that release was never published, and EssentialServiceMissing as `publish_patch` does.
    """
    roles.require(by, "content.compile_release")
    older = Release.objects.filter(number=to).exclude(state=ReleaseState.CANDIDATE).exclude(published_at=None).first()
    if older is None:
        raise Invalid(f"Release {to} was never published.", code="not-published")
    with transaction.atomic():
        candidate = Release.objects.create(
            compiled_by=by,
            compiled_at=at,
            base_id=Release.objects.current_number(),
            restores=older,
            reason=ReleaseReason.ROLLBACK,
            report=older.report,
        )
        patch = combine(
            withdraw_services(Withdrawal.objects.successors(), retired_order()),
            remove_tips(set(TipWithdrawal.objects.in_force().values_list("tip_id", flat=True))),
            replace_notices(read_notices(at.astimezone(UTC).date())),
        )
        packs = Pack.objects.filter(release_packs__release=older)
        _store_packs(candidate, older, _patch(packs, patch))
        record_changes(candidate)
        audit.record(by=by, verb=Verb.RELEASE_ROLLED_BACK, row=candidate, at=at, to=to)
    return candidate


def lock_published() -> Release | None:
    """Lock and return the published release, so that nothing else is published before the transaction ends."""
    current = Release.objects.select_for_update().filter(state=ReleaseState.PUBLISHED).first()
    if current is None and Release.objects.current_number() is not None:
        # Another release was published while this transaction waited for the lock on the one before.
        raise ChangedMeanwhile()
    return current


def packs_holding(*, services: Collection[str] = (), tips: Collection[str] = ()) -> QuerySet[Pack]:
    """Return the packs of all releases that hold at least one of the services or tips."""
    wanted = [{"services": [{"id": service}]} for service in services] + [{"tips": [{"slug": slug}]} for slug in tips]
    parts = [canonical_json(part).decode() for part in wanted]
    return Pack.objects.annotate(holds=RawSQL("body::jsonb @> ANY (%s::jsonb[])", [parts])).filter(holds=True)


def retired_order() -> RetiredOrder:
    """Return the sort key by which the compiler orders the ids of retired services: the country's own come first."""
    worldwide = set(Service.objects.filter(country=WORLDWIDE).values_list("pk", flat=True))
    return lambda service: (service in worldwide, service)


def _holds_withdrawn(release: Release) -> bool:
    if WithdrawnPack.objects.filter(pack__release_packs__release=release, withdrawal__put_back_at=None).exists():
        return True
    if WithdrawnTipPack.objects.filter(pack__release_packs__release=release, withdrawal__put_back_at=None).exists():
        return True
    # What no published pack held was withdrawn without a release, so no newer base gives this candidate away.
    services = Withdrawal.objects.in_force().filter(release=None).values_list("service_id", flat=True)
    tips = TipWithdrawal.objects.in_force().filter(release=None).values_list("tip_id", flat=True)
    return packs_holding(services=list(services), tips=list(tips)).filter(release_packs__release=release).exists()


def patched_packs(packs: QuerySet[Pack], patch: PackPatch) -> Iterator[tuple[str, PackContent, PackContent]]:
    """Yield the digest of each pack that the patch changes, what it holds, and what it holds after the patch.

    Raises EssentialServiceMissing where a pack, or the plan of a reader, would lose its last emergency number or crisis line.
    """
    planned: set[tuple[str, Sequence[str]]] = set()
    for pack in packs.distinct().iterator(chunk_size=50):
        before: PackContent = json.loads(pack.body)
        after = patch(before)
        if after is None:
            continue
        require_essential_services(before, after)
        # The services of a plan are the same in every locale of a country, so one locale is looked at.
        if (plans := (before["country"], _reachable(before) + _reachable(after))) not in planned:
            planned.add(plans)
            require_crisis_line_in_plans(before, after)
        yield pack.pk, before, after


def _patch(packs: QuerySet[Pack], patch: PackPatch) -> dict[str, str]:
    """Return the new bodies of the packs that the patch changes, by the digest of the old ones."""
    return {pack: canonical_json(after).decode() for pack, _, after in patched_packs(packs, patch)}


def _reachable(pack: PackContent) -> tuple[str, ...]:
    """Return the ids and channels of the pack's services."""
    return tuple(f"{service['id']}/{channel['position']}" for service in pack["services"] for channel in service["channels"])


def _store_packs(release: Release, source: Release, bodies: Mapping[str, str]) -> None:
    """Give the candidate the packs of the source release, with these bodies (by old digest) in place of the old ones."""
    renamed = {old: digest(body.encode()) for old, body in bodies.items()}
    rows = [Pack(digest=renamed[old], body=body, size=len(body.encode())) for old, body in bodies.items()]
    Pack.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1)
    ReleasePack.objects.bulk_create(
        ReleasePack(release=release, country_id=country, locale_id=locale, pack_id=renamed.get(pack, pack))
        for (country, locale), pack in source.pack_digests().items()
    )
