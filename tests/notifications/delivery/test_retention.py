"""Counters of receipts and messages to staff are deleted at the age that docs/privacy.md gives."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from core.message_kinds import MessageKind
from notifications import tasks
from notifications.delivery import maintenance, scheduler
from notifications.models import Campaign, MaintenanceRun, ReceiptCount, Registration, StaffMessage
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


def test_no_tick_waits_for_the_daily_jobs_which_each_worker_process_runs() -> None:
    scheduler.tick(at=scheduler.database_now())
    assert not MaintenanceRun.objects.exists()

    tasks._run_daily_jobs(threading.Event())

    assert MaintenanceRun.objects.filter(finished_on=scheduler.database_now().date()).exists()


@pytest.mark.django_db(transaction=True)
def test_a_daily_job_is_left_to_the_process_that_runs_one() -> None:
    make.app()
    make.installation()
    Registration.objects.update(gone_at=make.NOON - timedelta(days=31))
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", maintenance._LOCK)

        beside_it = maintenance.purge_gone_registrations(at=make.NOON)

        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", maintenance._LOCK)
    other.close()
    assert (beside_it, maintenance.purge_gone_registrations(at=make.NOON)) == (0, 1)


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
