"""The frozen audience: which installations are in it, that it only shrinks, and that registrations do not wait for it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from notifications import feed_query
from notifications.campaigns import audience, forecast, lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import planner
from notifications.models import App, Batch, Campaign, Registration, Wave
from notifications.models.registration import TICKET_LOCK
from tests import make
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def thirty(transactional_db: None) -> None:
    make.app()
    make.installations(30)


def test_the_freeze_waits_for_an_uncommitted_registration_with_a_ticket(thirty: None, raw_sql: psycopg.Connection[Any]) -> None:
    campaign = make.campaign()
    raw_sql.autocommit = False
    raw_sql.execute("UPDATE notifications_registration SET gone_at = now()")
    raw_sql.execute("UPDATE notifications_registration SET gone_at = NULL")
    ended = threading.Event()

    def freeze() -> None:
        try:
            tick()
        finally:
            connection.close()
            ended.set()

    thread = threading.Thread(target=freeze)
    thread.start()
    waited = not ended.wait(0.7)
    raw_sql.commit()
    thread.join()

    assert waited
    # Their new tickets are below the watermark, so they are in the audience.
    assert progress_of(campaign)["devices"] == 30


@pytest.mark.slow
def test_a_freeze_that_cannot_get_its_lock_is_tried_again(thirty: None, raw_sql: psycopg.Connection[Any]) -> None:
    campaign = make.campaign()
    raw_sql.autocommit = False
    raw_sql.execute("UPDATE notifications_registration SET gone_at = now() WHERE app_version = '1.2.0'")
    raw_sql.execute("UPDATE notifications_registration SET gone_at = NULL")

    began = time.monotonic()
    tick()

    assert time.monotonic() - began < 4
    campaign.refresh_from_db()
    assert campaign.state == "approved"
    raw_sql.commit()
    tick()
    assert progress_of(campaign)["devices"] == 30


def test_registering_does_not_wait_for_the_rest_of_a_freeze(thirty: None) -> None:
    with transaction.atomic():
        high = planner._ticket_watermark()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND (classid, objid) = (%s, %s) AND database = "
                "(SELECT oid FROM pg_database WHERE datname = current_database())",
                TICKET_LOCK,
            )
            held = cursor.fetchone()[0]

    assert held == 0
    make.installation(100)
    assert Registration.objects.filter(ticket__gt=high).count() == 1


def test_an_installation_that_arrives_or_moves_after_the_freeze_is_not_in_it(thirty: None) -> None:
    campaign = make.campaign(schedule={"at": (datetime.now(UTC) + timedelta(minutes=3)).isoformat()})
    tick()
    batch = Batch.objects.get()

    make.installation(100)
    make.installation(1, locale="cy")
    Registration.objects.filter(ticket=batch.from_ticket).delete()

    campaign.refresh_from_db()
    inside = Registration.objects.filter(
        ticket__gte=batch.from_ticket, ticket__lte=batch.to_ticket, ticket__lt=campaign.ticket_watermark
    )
    assert (batch.size, campaign.devices, inside.count()) == (30, 30, 28)


def test_batches_of_at_most_500_hold_every_registration_exactly_once() -> None:
    from notifications.registrations import simulation

    make.app()
    simulation.register_many(2_300, app="parent", country=None, at=make.NOON)
    campaign = make.campaign(audience={"countries": ["GB", "IN", "NZ"], "audiences": ["parent"]})

    tick()

    meant = {segment.pk for segment in audience.segments(campaign)}
    expected = Registration.objects.filter(segment__in=meant).count()
    counted = []
    for batch in Batch.objects.select_related("wave"):
        rows = Registration.objects.filter(segment__in=batch.wave.segments).extra(
            where=["(segment_id, ticket) BETWEEN (%s, %s) AND (%s, %s)"],
            params=[batch.from_segment, batch.from_ticket, batch.to_segment, batch.to_ticket],
        )
        rows = rows.filter(ticket__in=batch.retry_tickets) if batch.retry_tickets else rows.exclude(ticket__in=batch.wave.canary)
        assert rows.count() == batch.size <= 500
        counted += list(rows.values_list("pk", flat=True))
    assert len(counted) == len(set(counted)) == expected == progress_of(campaign)["devices"]
    assert sum(Wave.objects.values_list("devices", flat=True)) == expected
    assert {batch.size for batch in Batch.objects.all()} >= {500}


def test_a_campaign_is_frozen_once_however_many_planners_there_are(thirty: None, at_once: Any) -> None:
    make.campaign()

    at_once(tick, tick, tick, tick)

    assert (Wave.objects.count(), Batch.objects.count(), Campaign.objects.get().state) == (1, 1, "sending")


def test_an_audience_is_frozen_five_minutes_ahead(thirty: None) -> None:
    start = datetime.now(UTC) + timedelta(hours=1)
    campaign = make.campaign(schedule={"at": start.isoformat()})

    tick(start - timedelta(minutes=5, seconds=2))
    campaign.refresh_from_db()
    before = campaign.state
    tick(start - timedelta(minutes=5))
    campaign.refresh_from_db()

    assert (before, campaign.state) == ("approved", "sending")
    assert campaign.starts_at == start.replace(microsecond=0)


def test_fewer_than_twenty_registrations_are_refused() -> None:
    make.app()
    twenty = make.installations(20)
    campaign = make.campaign()
    Registration.objects.filter(pk=twenty[-1].id).delete()

    tick()

    campaign.refresh_from_db()
    assert (campaign.state, Batch.objects.count(), Wave.objects.count()) == ("halted", 0, 0)
    assert "Fewer than 20 phones" in campaign.reason
    make.installation(19)
    lifecycle.resume(campaign, by=make.campaign_staff()[0], at=datetime.now(UTC))
    tick()
    assert progress_of(campaign)["devices"] == 20


def test_an_exercise_reaches_test_devices_alone() -> None:
    make.app()
    make.app("parent-test", test=True)
    make.installations(25)
    for number in range(25):
        make.installation(100 + number, app="parent-test")
    exercise = {"severity": "Minor", "urgency": "Future", "certainty": "Unlikely", "status": "Exercise"}

    meant = make.campaign(kind="exercise", alert=exercise, apps="all")
    wrong = make.campaign(kind="exercise", alert=exercise, apps=["parent-test"])
    App.objects.filter(name="parent-test").update(test=False)
    planner.plan_audience(wrong, at=datetime.now(UTC))
    App.objects.filter(name="parent-test").update(test=True)
    tick()

    wrong.refresh_from_db()
    assert progress_of(meant)["devices"] == 25
    assert {segment.app_id for segment in audience.segments(meant)} == {"parent-test"}
    assert (wrong.state, wrong.devices) == ("halted", 0)
    assert "test phones" in wrong.reason


def test_a_campaign_changed_after_its_approval_is_refused(thirty: None) -> None:
    campaign = make.campaign()
    App.objects.update(project="somebody-elses")

    tick()

    campaign.refresh_from_db()
    assert (campaign.state, Batch.objects.count()) == ("halted", 0)
    assert "not what was approved" in campaign.reason


def test_a_campaign_past_its_last_instant_never_begins(thirty: None) -> None:
    campaign = make.campaign()

    tick(campaign.not_after)

    campaign.refresh_from_db()
    assert (campaign.state, Batch.objects.count()) == ("expired", 0)


def test_a_campaign_for_the_feed_alone_needs_no_registrations() -> None:
    make.app("teen", push_mode="feed")
    campaign = make.campaign(apps=["teen"], audience={"countries": "all", "audiences": ["teen"]})

    tick()

    counts = progress_of(campaign)
    assert (counts["state"], counts["devices"]) == ("done", 0)


def test_each_zone_has_a_wave_that_waits_for_the_end_of_its_night() -> None:
    make.app()
    places = [("GB", "Europe/London"), ("IN", "Asia/Kolkata"), ("US", "America/Los_Angeles"), ("US", None)]
    for number, (country, zone) in enumerate(places * 6):
        make.installation(number, country=country, time_zone=zone)
    # 12:00 in London is 17:30 in Kolkata and 04:00 in Los Angeles.
    at = datetime(2027, 1, 12, 12, 0, tzinfo=UTC)
    everywhere = {"countries": "all", "audiences": ["parent"]}
    campaign = make.campaign(at=at, audience=everywhere, quiet_hours="respect", not_after="2027-01-13T12:00:00Z")

    tick(at)

    due = {tuple(wave.zones): wave.due_at for wave in campaign.waves.all()}
    assert due == {
        ("", "Asia/Kolkata", "Europe/London"): at,
        ("America/Los_Angeles",): datetime(2027, 1, 12, 16, 2, tzinfo=UTC),
    }


def test_installations_in_quiet_hours_until_the_end_are_skipped() -> None:
    make.app()
    for number, (country, zone) in enumerate([("GB", "Europe/London"), ("US", "America/Los_Angeles")] * 15):
        make.installation(number, country=country, time_zone=zone)
    at = datetime(2027, 1, 12, 12, 0, tzinfo=UTC)
    audience = {"countries": ["GB", "US"], "audiences": ["parent"]}
    campaign = make.campaign(at=at, audience=audience, quiet_hours="respect", not_after="2027-01-12T15:00:00Z")

    tick(at)

    counts = progress_of(campaign)
    assert (counts["devices"], counts["skipped"], counts["pending"]) == (30, 15, 15)


def test_a_campaign_that_nobody_is_due_for_any_more_is_halted_and_never_public() -> None:
    make.app()
    make.installations(30)
    noon = datetime(2027, 1, 12, 12, 0, tzinfo=UTC)
    campaign = make.campaign(at=noon, quiet_hours="respect", not_after="2027-01-13T07:30:00Z")

    # Nothing took the campaign up before the evening: it is night for everybody, until after the end.
    tick(noon + timedelta(hours=10))

    campaign.refresh_from_db()
    assert (campaign.state, campaign.starts_at, Wave.objects.count()) == ("halted", None, 0)
    assert campaign.reason == forecast.NobodyDue().detail
    assert feed_query.read(at=noon + timedelta(hours=10)).campaigns == ()


def test_a_segment_without_installations_does_not_open_the_feed() -> None:
    make.app()
    make.installations(30)
    Registration.objects.filter(pk=make.installation(500, country="NZ", time_zone="Pacific/Auckland").id).delete()
    at = datetime(2027, 1, 12, 3, 57, tzinfo=UTC)
    campaign = make.campaign(
        at=at - timedelta(hours=20), schedule={"local": "2027-01-12T17:00:00"}, quiet_hours="respect",
        audience={"countries": ["GB", "NZ"], "audiences": ["parent"]},
        not_after="2027-01-14T12:00:00Z",
    )  # fmt: skip

    # In Auckland, where nobody is left, it is 17:00 thirteen hours before it is in London.
    tick(at)
    campaign.refresh_from_db()
    before = campaign.state
    tick(datetime(2027, 1, 12, 16, 55, tzinfo=UTC))
    campaign.refresh_from_db()

    assert (before, campaign.state) == ("approved", "sending")
    assert campaign.starts_at == datetime(2027, 1, 12, 17, 0, tzinfo=UTC)
