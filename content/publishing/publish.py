"""Publish releases and roll back to older ones: nothing else changes what readers get."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from content.compiling.snapshot import read_notices
from content.exporting.last_modified import last_modified_by_service
from content.models import Pack, Release, ReleasePack, Service, Withdrawal, WithdrawnPack
from content.models.release import ReleaseState
from content.publishing.notices import with_notices
from content.publishing.pack_patch import holds, take_away
from content.terms import WORLDWIDE
from core import audit, roles, states
from core.canonical import canonical_json, digest
from core.errors import ChangedMeanwhile, Conflict, Invalid, SecondPersonRequired
from core.models import User


class HoldsWithdrawn(Conflict):
    """A service in this release has been withdrawn in the meantime; compile again."""

    code = "withdrawn"


def publish(release: Release, *, by: User, at: datetime) -> None:
    """Replace the published release by this candidate, in one transaction.

    Raises SecondPersonRequired for the person who compiled it, ChangedMeanwhile where another release has been published since
    it was compiled, and HoldsWithdrawn where it offers a service that is withdrawn.
    """
    roles.require(by, "content.publish_release")
    if by.pk == release.compiled_by_id:
        raise SecondPersonRequired("The person who compiled a release cannot publish it; a second person must.")
    if not release.release_packs.exists():
        raise Invalid("This release holds no pack: every one is blocked.", code="empty")
    with transaction.atomic():
        current = Release.objects.select_for_update().filter(state=ReleaseState.PUBLISHED).first()
        if (current.number if current else None) != release.base_id:
            raise ChangedMeanwhile("Another release was published since this candidate was compiled; compile again.")
        if _holds_withdrawn(release):
            raise HoldsWithdrawn()
        fields = {"published_by": by, "published_at": at, "changed": last_modified_by_service(current, release, at=at)}
        if current is not None:
            states.advance(current, ReleaseState.SUPERSEDED, by=by, at=at)
        try:
            with transaction.atomic():
                states.advance(release, ReleaseState.PUBLISHED, by=by, at=at, **fields)
        except IntegrityError:
            # Before the first release there is no row to lock, so two publishers can get here at once.
            raise ChangedMeanwhile() from None


def roll_back(*, to: int, by: User, at: datetime) -> Release:
    """Create a candidate with the packs of an older release under a new number; a second person publishes it.

    Withdrawn services stay withdrawn: the packs that hold one are patched as the published ones were. Raises Invalid where the
    release was never published.
    """
    roles.require(by, "content.compile_release")
    older = Release.objects.filter(number=to).exclude(state=ReleaseState.CANDIDATE).exclude(published_at=None).first()
    if older is None:
        raise Invalid(f"Release {to} was never published.", code="not-published")
    with transaction.atomic():
        candidate = Release.objects.create(
            compiled_by=by, compiled_at=at, base_id=Release.objects.current_number(), report=older.report, restores=older
        )
        _restore(older, candidate)
        audit.record(by=by, verb="roll back", row=candidate, at=at, to=to)
    return candidate


def lock_published() -> Release | None:
    """Lock and return the published release, so that nothing else is published before the transaction ends."""
    current = Release.objects.select_for_update().filter(state=ReleaseState.PUBLISHED).first()
    if current is None and Release.objects.current_number() is not None:
        # Another release was published while this transaction waited for the lock on the one before.
        raise ChangedMeanwhile()
    return current


def packs_offering(service: str) -> QuerySet[Pack]:
    """Return the packs of all releases that offer the service."""
    wanted = canonical_json({"services": [{"id": service}]}).decode()
    return Pack.objects.annotate(offers=RawSQL("body::jsonb @> %s::jsonb", [wanted])).filter(offers=True)


def give_packs(release: Release, places: Iterable[tuple[str, str, str]], patched: Mapping[str, str]) -> None:
    """Give the candidate the packs at these places (country, locale, digest), with new bytes (by old digest) where patched."""
    renamed = {old: digest(body.encode()) for old, body in patched.items()}
    rows = [Pack(digest=renamed[old], body=body, size=len(body.encode())) for old, body in patched.items()]
    Pack.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1)
    ReleasePack.objects.bulk_create(
        ReleasePack(release=release, country_id=country, locale_id=locale, pack_id=renamed.get(pack, pack))
        for country, locale, pack in sorted(places)
    )


def retired_order() -> Callable[[str], tuple[bool, str]]:
    """Return the sort key by which the compiler orders the ids of retired services: the country's own come first."""
    worldwide = set(Service.objects.filter(country=WORLDWIDE).values_list("pk", flat=True))
    return lambda service: (service in worldwide, service)


def _holds_withdrawn(release: Release) -> bool:
    if WithdrawnPack.objects.filter(pack__release_packs__release=release, withdrawal__put_back_at=None).exists():
        return True
    # A service that no published pack held was withdrawn without a release, so no newer base gives this candidate away.
    fresh = Withdrawal.objects.in_force().filter(release=None).values_list("service_id", flat=True)
    return any(packs_offering(service).filter(release_packs__release=release).exists() for service in fresh)


def _restore(older: Release, candidate: Release) -> None:
    """Give the candidate the older release's packs, without withdrawn services and with the notices that hold now."""
    successors, order = Withdrawal.objects.successors(), retired_order()
    gone = set(WithdrawnPack.objects.filter(withdrawal__put_back_at=None).values_list("pack_id", flat=True))
    places = list(older.release_packs.values_list("country_id", "locale_id", "pack_id"))
    patched: dict[str, str] = {}
    for pack in Pack.objects.filter(pk__in=gone & {pack for _, _, pack in places}):
        body = pack.body
        for service in successors:
            if holds(json.loads(body), service):
                body = take_away(body, service, successors[service], order=order)
        patched[pack.pk] = body
    notices = read_notices(candidate.compiled_at.astimezone(UTC).date())
    for pack in Pack.objects.filter(pk__in={pack for _, _, pack in places}).iterator(chunk_size=50):
        body = patched.get(pack.pk, pack.body)
        if (now := with_notices(body, notices)) != body:
            patched[pack.pk] = now
    give_packs(candidate, places, patched)
