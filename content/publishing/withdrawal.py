"""Take a service away from readers at once: its packs are patched and published in one step; putting back takes two people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from content.compiling.snapshot import read_notices
from content.models import Pack, Release, ReleasePack, Service, Withdrawal, WithdrawnPack
from content.models.release import ReleaseState
from content.models.service import Status
from content.publishing.notices import with_notices
from content.publishing.pack_patch import holds, take_away
from content.terms import WORLDWIDE, Role
from core import audit, roles
from core.canonical import canonical_json, digest
from core.errors import ChangedMeanwhile, Conflict, Invalid, NotFound, SecondPersonRequired
from core.models import User

PERMISSION = "content.publish_release"


class AlreadyWithdrawn(Conflict):
    """This service is withdrawn already."""

    code = "withdrawn"


def withdraw(service_id: str, *, by: User, at: datetime, successor: str | None = None, second: User | None = None) -> Withdrawal:
    """Take the service out of every published pack, as a release of its own that only takes away.

    One person does it; an emergency service takes a second one, and something in its place. Without a release there is
    nothing to patch, and the next one is compiled without it.
    """
    _two(by, second)
    service = Service.objects.filter(pk=service_id).first()
    if service is None:
        raise NotFound(f"There is no service {service_id}.")
    emergency = Role.EMERGENCY in service.roles
    if emergency and second is None:
        raise SecondPersonRequired(f"{service_id} is an emergency service: name a second person with --second.")
    with transaction.atomic():
        current = locked_current()
        if Withdrawal.objects.in_force().filter(service=service).exists():
            raise AlreadyWithdrawn()
        follower = _successor(service, successor)
        release = _patched(current, service, follower, by=by, second=second, at=at) if current is not None else None
        withdrawal = Withdrawal.objects.create(
            service=service,
            successor=follower,
            release=release,
            emergency=emergency,
            withdrawn_by=by,
            seconded_by=second,
            at=at,
        )
        WithdrawnPack.objects.bulk_create(
            WithdrawnPack(withdrawal=withdrawal, pack_id=pack) for pack in holding(service.pk).values_list("pk", flat=True)
        )
        audit.record(
            by=by,
            verb="withdraw",
            row=withdrawal,
            at=at,
            service=service.pk,
            successor=follower.pk if follower else None,
            second=second.username if second else None,
        )
    return withdrawal


def put_back(service_id: str, *, by: User, second: User, at: datetime) -> Withdrawal:
    """Let the service be served again: from the next release on, which is compiled and published as any other."""
    _two(by, second)
    with transaction.atomic():
        withdrawal = Withdrawal.objects.select_for_update().in_force().filter(service=service_id).first()
        if withdrawal is None:
            raise NotFound(f"{service_id} is not withdrawn.")
        withdrawal.put_back_by, withdrawal.put_back_seconded_by, withdrawal.put_back_at = by, second, at
        withdrawal.save(update_fields=["put_back_by", "put_back_seconded_by", "put_back_at"])
        audit.record(by=by, verb="put back", row=withdrawal, at=at, service=service_id, second=second.username)
    return withdrawal


def restored(older: Release, candidate: Release) -> None:
    """Give the candidate the older release's packs, without any service that is withdrawn now, and with today's notices."""
    successors, order = Withdrawal.objects.successors(), sorted_as_compiled()
    gone = set(WithdrawnPack.objects.filter(withdrawal__put_back_at=None).values_list("pack_id", flat=True))
    places = list(older.release_packs.values_list("country_id", "locale_id", "pack_id"))
    mended: dict[str, str] = {}
    for pack in Pack.objects.filter(pk__in=gone & {pack for _, _, pack in places}):
        body = pack.body
        for service in successors:
            if holds(json.loads(body), service):
                body = take_away(body, service, successors[service], order=order)
        mended[pack.pk] = body
    notices = read_notices(candidate.compiled_at.astimezone(UTC).date())
    for pack in Pack.objects.filter(pk__in={pack for _, _, pack in places}).iterator(chunk_size=50):
        body = mended.get(pack.pk, pack.body)
        if (now := with_notices(body, notices)) != body:
            mended[pack.pk] = now
    give_packs(candidate, places, mended)


def holding(service: str) -> QuerySet[Pack]:
    """Return all packs, of any release, that offer the service."""
    wanted = canonical_json({"services": [{"id": service}]}).decode()
    return Pack.objects.annotate(offers=RawSQL("body::jsonb @> %s::jsonb", [wanted])).filter(offers=True)


def give_packs(release: Release, places: Iterable[tuple[str, str, str]], mended: Mapping[str, str]) -> None:
    """Give the candidate the packs at these places, with new bytes where they were mended."""
    renamed = {old: digest(body.encode()) for old, body in mended.items()}
    rows = [Pack(digest=renamed[old], body=body, size=len(body.encode())) for old, body in mended.items()]
    Pack.objects.bulk_create(rows, ignore_conflicts=True, batch_size=1)
    ReleasePack.objects.bulk_create(
        ReleasePack(release=release, country_id=country, locale_id=locale, pack_id=renamed.get(pack, pack))
        for country, locale, pack in sorted(places)
    )


def _two(by: User, second: User | None) -> None:
    for person in (by, second):
        if person is not None:
            roles.require(person, PERMISSION)
    if second is not None and second.pk == by.pk:
        raise SecondPersonRequired("The second person must be somebody else.")


def locked_current() -> Release | None:
    """Lock the published release, so that nothing is published meanwhile."""
    current = Release.objects.select_for_update().filter(state=ReleaseState.PUBLISHED).first()
    if current is None and Release.objects.current_number() is not None:
        # Another one was published while we waited for the lock on the one before.
        raise ChangedMeanwhile()
    return current


def _successor(service: Service, successor: str | None) -> Service | None:
    if successor is None:
        return None
    found = Service.objects.filter(pk=successor).first()
    if found is None:
        raise NotFound(f"There is no service {successor}.")
    gone = Withdrawal.objects.in_force().filter(service=found).exists()
    if found.pk == service.pk or found.status != Status.ACTIVE or gone:
        raise Invalid(f"{successor} cannot take its place: it is withdrawn, retired, or the same service.", code="successor")
    return found


def _patched(
    current: Release, service: Service, successor: Service | None, *, by: User, second: User | None, at: datetime
) -> Release | None:
    """Publish the present packs without the service; None where no pack holds it."""
    held = set(holding(service.pk).filter(release_packs__release=current).values_list("pk", flat=True))
    if not held:
        return None
    order = sorted_as_compiled()
    mended: dict[str, str] = {}
    for pack in Pack.objects.filter(pk__in=held):
        mended[pack.pk] = take_away(pack.body, service.pk, successor.pk if successor else None, order=order)
    release = Release.objects.create(
        compiled_by=by,
        compiled_at=at,
        base=current,
        report={"findings": [], "blocked": current.report.get("blocked", []), "withdraws": service.pk},
    )
    give_packs(release, current.release_packs.values_list("country_id", "locale_id", "pack_id"), mended)
    # What only takes away the system may publish: nobody has to be woken for it.
    release.publish(by=second or User.objects.system(), at=at)
    return release


def sorted_as_compiled() -> Callable[[str], Any]:
    """Return how the compiler sorts what has retired: a country's own first."""
    worldwide = set(Service.objects.filter(country=WORLDWIDE).values_list("pk", flat=True))
    return lambda service: (service in worldwide, service)
