"""Take a service away from readers at once: its packs are patched and published in one step; putting back takes two people."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from content.models import Pack, Release, Service, Withdrawal, WithdrawnPack
from content.models.service import Status
from content.publishing.pack_patch import take_away
from content.publishing.publish import give_packs, lock_published, packs_offering, publish, retired_order
from content.terms import Role
from core import audit, roles
from core.errors import Conflict, Invalid, NotFound, SecondPersonRequired
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
        current = lock_published()
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
            WithdrawnPack(withdrawal=withdrawal, pack_id=pack) for pack in packs_offering(service.pk).values_list("pk", flat=True)
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


def _two(by: User, second: User | None) -> None:
    for person in (by, second):
        if person is not None:
            roles.require(person, PERMISSION)
    if second is not None and second.pk == by.pk:
        raise SecondPersonRequired("The second person must be somebody else.")


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
    held = set(packs_offering(service.pk).filter(release_packs__release=current).values_list("pk", flat=True))
    if not held:
        return None
    order = retired_order()
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
    publish(release, by=second or User.objects.system(), at=at)
    return release
