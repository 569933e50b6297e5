"""Promises 2, 3, 12 and 14: who approves an alert and what then leaves, each tested once by its name."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from fcm_emulator.responses import PLANNED

from core.errors import SecondPersonRequired
from notifications import feed_query
from notifications.campaigns import approval, forecast, lifecycle
from notifications.console.will_happen import will_happen
from notifications.delivery import fcm, outcomes, planner
from notifications.delivery.brake_monitor import MAX_AGE
from notifications.delivery.outcomes import Outcome
from notifications.models import Batch, Campaign, Wave
from tests import make
from tests.notifications.steps import tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)


def now() -> datetime:
    return datetime.now(UTC)


def query(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_promise_2_no_campaign_leaves_before_a_second_person_approved_it(phones: Emulator) -> None:
    author, _ = make.campaign_staff()
    for state in ("draft", "submitted"):
        make.campaign(state=state)
    rejected, returned = make.campaign(state="submitted"), make.campaign()
    lifecycle.reject(rejected, by=make.campaign_staff()[1], at=now(), reason="No.")
    lifecycle.send_back(returned, by=author, at=now())

    tick_and_send()

    assert phones.counts()["messages"] == 0
    assert not Batch.objects.exists()
    assert feed_query.read(at=now()).alerts(country="GB", audience="parent", locale="en", at=now()) == []


def test_promise_2_an_author_cannot_approve_by_any_way_in(phones: Emulator) -> None:
    both = make.person("both", "campaign-author", "campaign-approver")
    make.campaign(state="draft").delete()
    campaign = lifecycle.draft(make.definition(), by=both, at=now())
    lifecycle.submit(campaign, by=both, at=now())

    with pytest.raises(SecondPersonRequired, match="wrote, edited or submitted"):
        lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=both, at=now())
    with pytest.raises(DatabaseError), transaction.atomic():
        Campaign.objects.filter(pk=campaign.pk).update(state="approved", approved_by=both, approved_at=now())
    campaign.state, campaign.approved_by, campaign.approved_at = "approved", both, now()
    with pytest.raises(DatabaseError), transaction.atomic():
        campaign.save()
    with pytest.raises(CommandError):
        call_command("campaign", "approve", str(campaign.pk), "--fingerprint", campaign.fingerprint, "--by", "both")
    with pytest.raises(DatabaseError), transaction.atomic():
        query(
            "UPDATE notifications_campaign SET state = 'approved', approved_by_id = %s, approved_at = now() RETURNING 1", both.pk
        )
    tick_and_send()

    assert phones.counts()["messages"] == 0
    assert Campaign.objects.get().state == "submitted"


def test_promise_12_no_one_approves_an_urgent_repeat_alone(raw_sql: psycopg.Connection[Any]) -> None:
    urgent = make.definition()["alert"] | {"severity": "Severe"}
    make.campaign(alert=urgent)
    again = make.campaign(state="submitted", alert=urgent)
    _, approver = make.campaign_staff()
    second = make.person("second", "campaign-approver")
    approval.confirm_text(again, "en", fingerprint=again.fingerprint, by=approver, at=now())
    approve = "UPDATE notifications_campaign SET state = 'approved', approved_by_id = %s, approved_at = now() WHERE id = %s"
    first = (
        "INSERT INTO notifications_firstapproval (campaign_id, fingerprint, reason, by_id, at)"
        " VALUES (%s, %s, 'A new threat.', %s, now())"
    )

    for by in (approver, second):
        with pytest.raises(psycopg.errors.CheckViolation, match="two people approve"):
            raw_sql.execute(approve, (by.pk, again.pk))
    raw_sql.execute(first, (again.pk, "0" * 64, approver.pk))
    with pytest.raises(psycopg.errors.CheckViolation, match="two people approve"):
        raw_sql.execute(approve, (second.pk, again.pk))
    raw_sql.execute(first, (again.pk, again.fingerprint, approver.pk))
    with pytest.raises(psycopg.errors.CheckViolation, match="two people approve"):
        raw_sql.execute(approve, (approver.pk, again.pk))
    raw_sql.execute(approve, (second.pk, again.pk))

    assert Campaign.objects.get(pk=again.pk).state == "approved"


def test_promise_3_the_bytes_that_leave_are_the_approved_ones(phones: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[bytes] = []
    post = fcm._post

    async def remembering(client: Any, url: Any, authorization: str, body: bytes) -> Outcome:
        left.append(body)
        return await post(client, url, authorization, body)

    monkeypatch.setattr(fcm, "_post", remembering)
    campaign = make.campaign()
    approved = {body.encode() for body in campaign.messages.values_list("body", flat=True)}

    tick_and_send()

    assert len(left) == 30
    for body in left:
        sent = json.loads(body)["message"]
        ttl = sent["android"].pop("ttl")
        address = sent.pop("fid")
        # Without the two inserted values each is one of the approved messages, byte for byte.
        plain = (
            body.removeprefix(f'{{"message":{{"fid":"{address}",'.encode())
            .removesuffix(b"}")
            .replace(f'"ttl":"{ttl}",'.encode(), b"")
        )
        assert b"{" + plain in approved


def test_promise_14_what_a_page_says_will_happen_is_what_happens() -> None:
    make.app()
    places = (
        ("GB", "Europe/London", 30),
        ("IN", "Asia/Kolkata", 21),
        ("US", "America/New_York", 25),
        ("NZ", "Pacific/Auckland", 7),
    )
    numbers = iter(range(1000))
    for country, zone, devices in places:
        for _ in range(devices):
            make.installation(next(numbers), country=country, time_zone=zone)
    at = datetime(2027, 1, 12, 12, 0, tzinfo=UTC)
    everywhere = {"countries": [country for country, _, _ in places], "audiences": ["parent"]}
    schedules = ({"at": "now"}, {"at": "2027-01-13T06:00:01Z"}, {"local": "2027-01-13T17:00:00"}, {"local": "2027-01-13T22:30"})
    for schedule in schedules:
        campaign = make.campaign(
            at=at, audience=everywhere, schedule=schedule, quiet_hours="defer", not_after="2027-01-14T07:00:00Z"
        )
        said, page = forecast.of(campaign, at=at), will_happen(campaign, at=at)

        assert planner.plan_audience(campaign, at=at)

        campaign.refresh_from_db()
        waves = Wave.objects.filter(campaign=campaign)
        assert {wave.due_at: wave.devices for wave in waves if wave.due_at} == {one.due_at: one.devices for one in said.starts}
        assert sum(wave.devices for wave in waves if wave.due_at is None) == said.skipped
        assert (campaign.devices, campaign.starts_at) == (said.devices, page.first_due)
        found = feed_query.read(at=at)
        for country, zone, _ in places:
            due = next(one.due_at for one in said.zones if one.zone == zone)
            opens = found.opens(next(one for one in found.campaigns if one.pk == campaign.pk), country)
            assert opens == due, (schedule, country)


def test_no_outcome_is_ever_called_delivered() -> None:
    words = {*outcomes.SendResult, *(reply for reply in PLANNED)}

    assert not any("deliver" in word.lower() for word in words)
    assert timedelta(seconds=MAX_AGE) < timedelta(seconds=2)
