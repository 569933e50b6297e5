"""Keep why a text stays although a check warns of it; the approver reads the reason beside the caution."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from core.models import User
from notifications.campaigns.checks.words import cautions
from notifications.campaigns.draft_tasks import locked_draft
from notifications.models.campaign import Campaign
from notifications.models.draft_task import CautionAnswer

#: Characters of a reason.
MAX_REASON = 300


def answer(campaign: Campaign, reasons: Mapping[str, str], *, by: User, at: datetime) -> int:
    """Keep the reasons by the key of their caution; return how many cautions of the draft are still without one."""
    with transaction.atomic():
        row = locked_draft(campaign, by=by)
        open_ones = {caution.key: caution for caution in cautions(row) if not caution.reason}
        given = {key: reason.strip()[:MAX_REASON] for key, reason in reasons.items() if reason.strip() and key in open_ones}
        for key, reason in given.items():
            caution = open_ones[key]
            CautionAnswer.objects.create(
                campaign=row,
                place=caution.field,
                code=caution.code,
                digest=key,
                detail=caution.detail[:500],
                reason=reason,
                by=by,
                at=at,
            )
        if given:
            Campaign.objects.filter(pk=row.pk).update(touched_by=sorted({*row.touched_by, by.pk}))
    campaign.refresh_from_db()
    return len(open_ones) - len(given)
