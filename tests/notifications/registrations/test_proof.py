"""A registration that nothing has proven is in no audience, no canary and no count, until it is a day old."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client

from config.celery import app
from notifications import tasks
from notifications.campaigns import audience, forecast
from notifications.campaigns.progress import progress_of
from notifications.delivery import planner
from notifications.models import Registration, SegmentCount
from notifications.models.registration import PROVEN_AFTER
from tests import make
from tests.api.v1.test_registrations import BODY
from tests.make import NOON

pytestmark = pytest.mark.django_db


def counted() -> int:
    return sum(SegmentCount.objects.values_list("devices", flat=True))


@pytest.fixture(autouse=True)
def _app(db: None) -> None:
    make.world()
    make.app()


def test_ten_thousand_invented_registrations_change_neither_reach_nor_canary_nor_audience() -> None:
    make.installations(600)
    campaign, now = make.campaign(), datetime.now(UTC)
    before = forecast.of(campaign, at=now)
    segment = Registration.objects.first().segment  # type: ignore[union-attr]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO notifications_registration (id, segment_id, address_kind, address_sealed, address_digest, app_version,
                secret_digest, seen_on, unproven_since)
            SELECT gen_random_uuid(), %s, 'fid', rpad('t1:', 90, 'x'), 't1:fake' || n, '1.0', repeat('0', 64), current_date, now()
            FROM generate_series(1, 10000) n
            """,
            [segment.pk],
        )

    assert forecast.of(campaign, at=now) == before
    assert counted() == 600
    assert planner.plan_audience(campaign, at=now)
    wave = campaign.waves.get()
    assert progress_of(campaign)["devices"] == wave.devices == 600
    assert set(Registration.objects.filter(ticket__in=wave.canary).values_list("unproven_since", flat=True)) == {None}
    # The canary, and the second group.
    assert len(wave.canary) == 400


def test_nineteen_invented_registrations_do_not_help_an_alert_to_twenty() -> None:
    make.installation()
    for number in range(1, 20):
        make.installation(number, proven=False)

    assert sum(segment.devices for segment in audience.members(make.campaign(state="draft"))) == 1


def test_a_registration_counts_from_a_day_on() -> None:
    registered = make.installation(proven=False)
    row = Registration.objects.get()
    assert (row.ticket, row.unproven_since, counted()) == (None, NOON, 0)

    early = Registration.objects.prove(at=NOON + PROVEN_AFTER - timedelta(seconds=1))
    late = Registration.objects.prove(at=NOON + PROVEN_AFTER)
    row.refresh_from_db()

    assert (early, late, counted()) == (0, 1, 1)
    assert (row.pk, row.unproven_since) == (registered.id, None)
    assert row.ticket is not None


def test_what_was_proven_stays_so_and_waiting_does_not_begin_again() -> None:
    make.installation()
    ticket = Registration.objects.get().ticket
    make.installation(proven=False, at=NOON + timedelta(days=3))
    assert (Registration.objects.get().ticket, Registration.objects.get().unproven_since) == (ticket, None)

    make.installation(1, proven=False)
    make.installation(1, proven=False, at=NOON + timedelta(hours=23))
    assert Registration.objects.get(unproven_since__isnull=False).unproven_since == NOON

    make.installation(1, proven=True)
    assert counted() == 2


def test_moving_and_returning_give_no_ticket_before_the_proof() -> None:
    registered = make.installation(proven=False)

    row = Registration.objects.get(pk=registered.id)
    row.amend(at=NOON, country="FR")
    Registration.objects.update(gone_at=NOON, gone_because="unregistered")
    Registration.objects.update(gone_at=None, gone_because="")

    assert (Registration.objects.get().ticket, counted()) == (None, 0)


def test_the_database_keeps_ticket_and_proof_together() -> None:
    make.installation()

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE notifications_registration DISABLE TRIGGER USER")
        with pytest.raises(DatabaseError):
            cursor.execute("UPDATE notifications_registration SET ticket = NULL")


def test_a_registration_over_http_waits_outside_the_sandbox(client: Client, settings: Any) -> None:
    settings.REGISTRATIONS_COUNT_AT_ONCE = False

    answer = client.post("/v1/registrations", BODY, content_type="application/json")

    assert answer.status_code == 201
    assert Registration.objects.get().ticket is None


def test_waiting_registrations_are_looked_at_each_minute() -> None:
    for number in range(3):
        make.installation(number, proven=False, at=datetime.now(UTC) - PROVEN_AFTER)

    tasks.prove_registrations()

    assert counted() == 3
    assert app.conf.beat_schedule["prove-registrations"]["task"] == tasks.prove_registrations.name
