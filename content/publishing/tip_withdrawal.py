"""Withdraw a tip from readers at once, see before what goes, and put the tip back.

One person withdraws a tip, and two put it back, as with services.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from content.models import Tip, TipWithdrawal, WithdrawnTipPack
from content.models.release import ReleaseReason
from content.publishing.pack_patch import remove_tips
from content.publishing.publish import PERMISSION, lock_published, packs_holding, publish_patch
from content.publishing.withdrawal import WithdrawalEffect, patch_effect, require_two_approvers
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import Conflict, NotFound
from core.models import User


class TipWithdrawn(Conflict):
    """This tip is withdrawn already."""

    code = "withdrawn"


def withdraw_tip(slug: str, *, by: User, at: datetime) -> TipWithdrawal:
    """Remove the tip from every published pack, by a release that does nothing else; later releases leave it out.

    Where no published pack holds the tip there is nothing to publish. Raises NotFound and TipWithdrawn.
    """
    roles.require(by, PERMISSION)
    with transaction.atomic():
        lock_published()
        tip = _tip(slug)
        withdrawal = TipWithdrawal.objects.create(
            tip=tip,
            release=publish_patch(remove_tips({slug}), tips=[slug], reason=ReleaseReason.WITHDRAWAL, by=by, at=at),
            withdrawn_by=by,
            at=at,
        )
        WithdrawnTipPack.objects.bulk_create(
            WithdrawnTipPack(withdrawal=withdrawal, pack_id=pack)
            for pack in packs_holding(tips=[slug]).values_list("pk", flat=True)
        )
        audit.record(by=by, verb=Verb.TIP_WITHDRAWN, row=withdrawal, at=at, tip=slug)
    return withdrawal


def tip_withdrawal_effect(slug: str, *, locale: str | None = None) -> WithdrawalEffect:
    """Return what a withdrawal of the tip would change in the published packs (of one locale), without changing anything."""
    _tip(slug)
    return patch_effect(remove_tips({slug}), tips=[slug], locale=locale)


def put_back_tip(slug: str, *, by: User, second: User, at: datetime) -> TipWithdrawal:
    """Let the tip be compiled again, from the next release on; NotFound if it is not withdrawn."""
    require_two_approvers(by, second)
    with transaction.atomic():
        withdrawal = TipWithdrawal.objects.select_for_update().in_force().filter(tip=slug).first()
        if withdrawal is None:
            raise NotFound(f"The tip {slug} is not withdrawn.")
        withdrawal.put_back(by=by, second=second, at=at)
        audit.record(by=by, verb=Verb.TIP_PUT_BACK, row=withdrawal, at=at, tip=slug, second=second.username)
    return withdrawal


def _tip(slug: str) -> Tip:
    """Return the tip; raise NotFound, and TipWithdrawn where it is withdrawn."""
    tip = Tip.objects.filter(pk=slug).first()
    if tip is None:
        raise NotFound(f"There is no tip {slug}.")
    if TipWithdrawal.objects.in_force().filter(tip=tip).exists():
        raise TipWithdrawn()
    return tip
