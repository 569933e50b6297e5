"""Counters of receipts and messages to staff are deleted at the age that docs/privacy.md gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.message_kinds import MessageKind
from notifications.delivery import maintenance
from notifications.models import Campaign, ReceiptCount, StaffMessage
from notifications.staff_messages import sending
from tests import make

pytestmark = pytest.mark.django_db


def test_receipts_are_kept_for_two_years_after_the_alert_has_finished() -> None:
    now = datetime.now(UTC)
    campaign = make.campaign(state="draft")
    ReceiptCount.objects.create(campaign=campaign, event="opened", total=7)

    # An alert that has not finished keeps its counters.
    assert maintenance.purge_receipts(at=now + timedelta(days=1000)) == 0
    Campaign.objects.filter(pk=campaign.pk).update(finished_at=now)
    assert maintenance.purge_receipts(at=now + timedelta(days=1001)) == 1
    assert not ReceiptCount.objects.exists()

    ReceiptCount.objects.create(campaign=campaign, event="opened", total=7)
    assert maintenance.purge_receipts(at=now + timedelta(days=729)) == 0
    assert ReceiptCount.objects.exists()


def test_messages_to_staff_are_kept_for_ninety_days() -> None:
    now = datetime.now(UTC)
    campaign, person = make.campaign(state="draft"), make.person("ada")
    for days in (89, 91):
        StaffMessage.objects.create(
            user=person,
            campaign=campaign,
            kind=MessageKind.values[0],
            occasion=str(days),
            made_at=now - timedelta(days=days),
            sent_at=now,
        )

    sending.send_waiting(at=now)

    assert [message.occasion for message in StaffMessage.objects.all()] == ["89"]
