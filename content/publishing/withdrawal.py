"""Withdraw a service from readers at once, see before what readers will get instead, and put the service back.

One person withdraws a service, two withdraw an emergency service, and two put any service back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from content.compiling.comparison import Compared, Comparison, compare
from content.models import Release, Service, Withdrawal, WithdrawnPack
from content.models.release import ReleaseReason, ReleaseState
from content.models.service_facts import Status
from content.publishing.pack_patch import PackPatch, withdraw_services
from content.publishing.publish import (
    PERMISSION,
    lock_published,
    packs_holding,
    patched_packs,
    publish_patch,
    retired_order,
)
from content.terms import SOURCE_LOCALE, Role
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import Conflict, Invalid, NotFound, SecondPersonRequired
from core.models import User


class AlreadyWithdrawn(Conflict):
    """This service is withdrawn already."""

    code = "withdrawn"


def withdraw(service_id: str, *, by: User, at: datetime, successor: str | None = None, second: User | None = None) -> Withdrawal:
    """Remove the service from every published pack, by a release that does nothing else.

    An emergency service takes a second person. Where no published pack offers the service there is nothing to publish, and the
    next release is compiled without it. Raises EssentialServiceMissing where a country would lose its last emergency number or
    crisis line, AlreadyWithdrawn, NotFound, and Invalid for a successor that cannot take its place.
    """
    require_two(by, second)
    service = _service(service_id)
    emergency = Role.EMERGENCY in service.roles
    if emergency and second is None:
        raise SecondPersonRequired(f"{service_id} is an emergency service: name a second person with --second.")
    with transaction.atomic():
        lock_published()
        _service(service_id)
        replacement = _successor(service, successor)
        patch = withdraw_services({service.pk: replacement.pk if replacement else None}, retired_order())
        withdrawal = Withdrawal.objects.create(
            service=service,
            successor=replacement,
            release=publish_patch(patch, services=[service.pk], reason=ReleaseReason.WITHDRAWAL, by=by, second=second, at=at),
            emergency=emergency,
            withdrawn_by=by,
            seconded_by=second,
            at=at,
        )
        WithdrawnPack.objects.bulk_create(
            WithdrawnPack(withdrawal=withdrawal, pack_id=pack)
            for pack in packs_holding(services=[service.pk]).values_list("pk", flat=True)
        )
        audit.record(
            by=by,
            verb=Verb.SERVICE_WITHDRAWN,
            row=withdrawal,
            at=at,
            service=service.pk,
            successor=replacement.pk if replacement else None,
            second=second.username if second else None,
        )
    return withdrawal


@dataclass(frozen=True)
class WithdrawalEffect:
    """What readers get once a service or a tip is withdrawn."""

    #: How many of the published packs that were looked at change.
    packs: int
    comparison: Comparison


def withdrawal_effect(service_id: str, *, successor: str | None = None, locale: str | None = None) -> WithdrawalEffect:
    """Return what a withdrawal would change in the published packs (of one locale), without changing anything.

    Raises EssentialServiceMissing, AlreadyWithdrawn, NotFound and Invalid as `withdraw` does.
    """
    service = _service(service_id)
    replacement = _successor(service, successor)
    patch = withdraw_services({service.pk: replacement.pk if replacement else None}, retired_order())
    return patch_effect(patch, services=[service.pk], locale=locale)


def patch_effect(
    patch: PackPatch, *, services: Collection[str] = (), tips: Collection[str] = (), locale: str | None = None
) -> WithdrawalEffect:
    """Return what the patch would change in the published packs that hold one of the services or tips.

    With a locale only its packs are looked at, which takes a fraction of the time; a country's packs in all locales hold the same
    services, so nothing that is refused is missed.
    """
    current = Release.objects.filter(state=ReleaseState.PUBLISHED).first()
    if current is None:
        return WithdrawalEffect(0, Comparison())
    packs = packs_holding(services=services, tips=tips).filter(pk__in=_digests(current, locale))
    compared = [Compared(before["country"], before["locale"], before, after) for _, before, after in patched_packs(packs, patch)]
    return WithdrawalEffect(len(compared), compare(compared, source=SOURCE_LOCALE))


def _digests(release: Release, locale: str | None) -> list[str]:
    return [digest for (_, found), digest in release.pack_digests().items() if locale in (None, found)]


def put_back(service_id: str, *, by: User, second: User, at: datetime) -> Withdrawal:
    """Let the service be served again, from the next release that is compiled and published; NotFound if it is not withdrawn."""
    require_two_approvers(by, second)
    with transaction.atomic():
        withdrawal = Withdrawal.objects.select_for_update().in_force().filter(service=service_id).first()
        if withdrawal is None:
            raise NotFound(f"{service_id} is not withdrawn.")
        withdrawal.put_back(by=by, second=second, at=at)
        audit.record(by=by, verb=Verb.SERVICE_PUT_BACK, row=withdrawal, at=at, service=service_id, second=second.username)
    return withdrawal


def require_two_approvers(by: User, second: User) -> None:
    """Raise as `require_two` does, and Forbidden where one of the two may not approve at present."""
    require_two(by, second)
    for person in (by, second):
        roles.require_approver(person, PERMISSION)


def require_two(by: User, second: User | None) -> None:
    """Raise Forbidden for a person without the right to publish, and SecondPersonRequired where both are the same."""
    for person in (by, second):
        if person is not None:
            roles.require(person, PERMISSION)
    if second is not None and second.pk == by.pk:
        raise SecondPersonRequired("The second person must be somebody else.")


def _service(service_id: str) -> Service:
    """Return the service; raise NotFound, and AlreadyWithdrawn where it is withdrawn."""
    service = Service.objects.filter(pk=service_id).first()
    if service is None:
        raise NotFound(f"There is no service {service_id}.")
    if Withdrawal.objects.in_force().filter(service=service).exists():
        raise AlreadyWithdrawn()
    return service


def _successor(service: Service, successor: str | None) -> Service | None:
    if successor is None:
        return None
    found = Service.objects.filter(pk=successor).first()
    if found is None:
        raise NotFound(f"There is no service {successor}.")
    withdrawn = Withdrawal.objects.in_force().filter(service=found).exists()
    if found.pk == service.pk or found.status != Status.ACTIVE or found.revision_id is None or withdrawn:
        raise Invalid(
            f"{successor} cannot take its place: it is withdrawn, retired, not approved yet, or the same service.",
            code="successor",
        )
    if lacking := [role for role in service.roles if role not in found.roles]:
        raise Invalid(f"{successor} cannot take its place: it does not have the role {', '.join(lacking)}.", code="successor")
    return found
