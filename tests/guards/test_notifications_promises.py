"""The promises about alerts and their readers, each tested once by its name."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pycountry
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from fcm_emulator.responses import ACCEPTING, PLANNED

from core.errors import SecondPersonRequired
from core.models import User
from notifications import feed
from notifications.campaigns import approval, forecast, lifecycle
from notifications.campaigns.progress import progress_of
from notifications.console.will_happen import will_happen
from notifications.delivery import fcm, outcomes, planner, worker
from notifications.delivery.brake_monitor import MAX_AGE, BrakeMonitor
from notifications.delivery.outcomes import Outcome
from notifications.models import App, Batch, Brake, Campaign, Message, PairedPhone, Registration, Segment, Wave
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

#: Every column of the tables about installations. A new one is a decision about privacy.
KNOWN_OF_AN_INSTALLATION = {
    "notifications_registration": {
        "id": "uuid",
        "segment_id": "integer",
        "ticket": "bigint",
        "address_kind": "character varying",
        "address_sealed": "character varying",
        "address_digest": "character varying",
        "app_version": "character varying",
        "secret_digest": "character varying",
        "seen_on": "date",
        "unproven_since": "timestamp with time zone",
        "gone_at": "timestamp with time zone",
        "gone_because": "character varying",
    },
    "notifications_segment": {
        "id": "integer",
        "app_id": "character varying",
        "country": "character varying",
        "region": "character varying",
        "locale": "character varying",
        "audience": "character varying",
        "zone": "character varying",
        "platform": "character varying",
        "requested_on": "date",
    },
    "notifications_segmentcount": {"id": "bigint", "segment_id": "integer", "devices": "integer", "folded": "boolean"},
}


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def phones(fcm_emulator: Emulator) -> Emulator:
    make.app()
    make.installations(30)
    return fcm_emulator


def query(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def test_promise_1_no_column_of_notifications_can_hold_a_file() -> None:
    columns = query(
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_name LIKE 'notifications\\_%%'"
    )

    assert len(columns) > 80
    assert [column for column in columns if column[2] in ("bytea", "oid", "xml", "lo")] == []
    for model in (Registration, Segment, Campaign, Message, Wave, Batch, Brake):
        assert not {field.get_internal_type() for field in model._meta.get_fields()} & {"FileField", "ImageField", "BinaryField"}


def test_promise_1_a_registration_has_the_named_columns_alone() -> None:
    for table, expected in KNOWN_OF_AN_INSTALLATION.items():
        found = dict(query("SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s", table))
        assert found == expected


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
    assert feed.read(at=now()).alerts(country="GB", audience="parent", locale="en", at=now()) == []


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


def everything_stored() -> str:
    """Return every row of every table of notifications as text, except the packaged apps."""
    tables = [row[0] for row in query("SELECT tablename FROM pg_tables WHERE tablename LIKE 'notifications\\_%%'")]
    return "\n".join(str(row) for table in tables for row in query(f'SELECT * FROM "{table}"'))


def test_promise_4_an_app_in_topics_mode_stores_no_address_or_secret(fcm_emulator: Emulator, client: Client) -> None:
    make.world()
    make.app("teen", push_mode="topics")
    values = {name: value for name, value in make.TEEN.items() if value}
    address = {"address_kind": "fid", "address": make.fid(777), "platform": "android", "app_version": "1.2.0"}

    answer = client.get("/v1/topics", values, REMOTE_ADDR="203.0.113.77", HTTP_AUTHORIZATION="Bearer a-secret-of-mine")
    refused = client.get("/v1/topics", values | {"address": make.fid(777)})
    registering = client.post("/v1/registrations", values | address, content_type="application/json")
    make.campaign(apps=["teen"], audience={"countries": ["GB"], "audiences": ["teen"]})
    tick_and_send()

    stored = everything_stored()
    assert (answer.status_code, refused.status_code, registering.status_code) == (200, 400, 409)
    assert set(answer.json()) == {"push_mode", "topics", "refresh_after"}
    assert not answer.cookies
    assert fcm_emulator.counts()["messages"] == 1
    assert not Registration.objects.exists()
    assert not any(word in stored for word in (make.fid(777), "203.0.113.77", "a-secret-of-mine"))


def test_promise_4_the_database_refuses_an_address_beside_a_topic() -> None:
    make.world()
    make.app()
    make.app("teen", push_mode="topics")
    topic, registered = make.topic(), make.installation()

    with pytest.raises(DatabaseError, match="beside a topic"), transaction.atomic():
        query("UPDATE notifications_registration SET segment_id = %s RETURNING 1", topic.pk)
    with pytest.raises(DatabaseError, match="beside a topic"), transaction.atomic():
        query(
            "INSERT INTO notifications_registration (id, segment_id, address_kind, address_sealed, address_digest, app_version,"
            " secret_digest, seen_on) SELECT gen_random_uuid(), %s, 'fid', 'x', 'another', '1', 'x', now() RETURNING 1",
            topic.pk,
        )

    assert Registration.objects.get().pk == registered.id
    assert Registration.objects.get().segment.platform == "android"


def test_promise_4_two_requests_for_a_topic_store_the_same_as_one(client: Client) -> None:
    make.world()
    make.app("teen", push_mode="topics")
    values = {name: value for name, value in make.TEEN.items() if value}

    client.get("/v1/topics", values)
    one = query("SELECT xmin::text, s FROM notifications_segment s")
    client.get("/v1/topics", values)

    assert query("SELECT xmin::text, s FROM notifications_segment s") == one


def test_promise_4_the_packaged_teen_app_never_uses_registrations(settings: Any) -> None:
    settings.FIREBASE_PROJECTS = {"project-one": "/nowhere"}

    call_command("load_apps", "--json")

    teen = App.objects.get(name="teen")
    assert (teen.push_mode, teen.mode_by_country) == ("topics", {})
    for country in pycountry.countries:
        assert teen.mode_in(country.alpha_2) != "registrations"


def test_promise_4_no_table_joins_an_installation_to_a_campaign(phones: Emulator) -> None:
    references = query(
        """
        SELECT c.conrelid::regclass::text, c.confrelid::regclass::text FROM pg_constraint c
        WHERE c.contype = 'f' AND 'notifications_registration'::regclass IN (c.conrelid, c.confrelid)
        """
    )

    # A test phone belongs to a member of staff, for 24 hours; it refers to no campaign.
    assert sorted(references) == [
        ("notifications_pairedphone", "notifications_registration"),
        ("notifications_registration", "notifications_segment"),
    ]
    assert {field.related_model for field in PairedPhone._meta.get_fields() if field.is_relation} == {Registration, User}


def test_promise_4_after_a_campaign_nothing_says_who_was_in_its_audience(phones: Emulator) -> None:
    campaign = make.campaign()
    tick_and_send()
    tickets = set(Registration.objects.values_list("ticket", flat=True))
    identities = {str(identity) for identity in Registration.objects.values_list("id", flat=True)}

    campaign.refresh_from_db()
    assert (campaign.state, campaign.ticket_watermark, Batch.objects.count()) == ("done", None, 0)
    assert [wave.segments for wave in Wave.objects.all()] == [[]]
    kept = json.dumps([list(map(str, row)) for row in query("SELECT * FROM notifications_campaign")])
    kept += json.dumps([list(map(str, row)) for row in query("SELECT * FROM notifications_wave")])
    kept += json.dumps([list(map(str, row)) for row in query("SELECT details FROM core_auditentry")])
    assert not any(identity in kept for identity in identities)
    assert tickets


@pytest.fixture
def everything_logged() -> Iterator[list[str]]:
    """Collect the records of all loggers, at every level."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    handler, root = Keep(), logging.getLogger()
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(exc_text)s"))
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("pyreqwest").setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(handler)
    root.setLevel(level)
    logging.getLogger("pyreqwest").setLevel(logging.WARNING)


def test_promise_4_no_log_line_holds_an_address(phones: Emulator, everything_logged: list[str]) -> None:
    answers = [name for name in PLANNED if not name.startswith(("HANG", "DRIP"))]
    phones.plan([{"match": {"address_prefix": make.fid(number)}, "answer": name} for number, name in enumerate(answers)])
    make.campaign()
    registered = make.installation(400)
    Registration.objects.authenticated(registered.id, registered.secret).amend(
        at=now(), address_kind="token", address=make.token(401)
    )

    tick_and_send()

    said = "\n".join(everything_logged)
    assert "halted" in said
    for row in Registration.objects.all():
        assert row.address_sealed not in said
        assert row.address_digest not in said
        assert row.secret_digest not in said
    assert "fid00" not in said
    assert "tok:secret" not in said
    assert registered.secret not in said


def test_promise_5_doubled_and_lost_wake_ups_change_nothing(phones: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    from notifications import tasks

    woken: list[float] = []
    monkeypatch.setattr(tasks.deliver, "delay", lambda *, woken_at, **_: woken.append(woken_at))
    campaign = make.campaign()

    for _ in range(3):
        tasks.tick(unknown="argument of a newer version")
    for woken_at in [*woken, *woken, 0.0]:
        tasks.deliver(woken_at=woken_at)
    tasks.tick()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"]) == ("done", 30)
    assert (phones.counts()["accepted_total"], phones.counts()["doubled"]) == (30, 0)


@pytest.mark.parametrize("answer", sorted(set(PLANNED) - ACCEPTING - {"HANG", "HANG_AFTER_ACCEPT"}))
def test_promise_8_a_response_to_all_marks_no_installation_gone(phones: Emulator, answer: str) -> None:
    phones.plan([{"match": {"any": True}, "answer": answer}])
    campaign = make.campaign()

    tick_and_send()

    assert Registration.objects.reachable().count() == 30
    counts = progress_of(campaign)
    assert counts["accepted"] == 0
    assert counts["devices"] == counts["unknown"] + counts["pending"] + sum(counts["rejected"].values())


def test_promise_8_a_gone_installation_returns_by_registering(phones: Emulator) -> None:
    phones.plan([{"match": {"any": True}, "answer": "UNREGISTERED", "times": 10}])
    make.campaign()
    tick_and_send()
    gone = Registration.objects.exclude(gone_at=None).count()

    make.installations(30)

    assert gone == 10
    assert Registration.objects.reachable().count() == 30


@pytest.fixture
def long_campaign(fcm_emulator: Emulator) -> Campaign:
    make.app()
    simulation.register_many(5_000, app="parent", country=None, at=now())
    fcm_emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 300}])
    campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
    tick()
    return campaign


def in_the_background() -> threading.Thread:
    def work() -> None:
        try:
            worker.run(seconds=15)
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def until_some_arrived(emulator: Emulator) -> None:
    deadline = time.monotonic() + 10
    while emulator.counts()["messages"] < 300 and time.monotonic() < deadline:
        time.sleep(0.02)


def test_promise_9_two_seconds_after_a_stop_nothing_is_sent(fcm_emulator: Emulator, long_campaign: Campaign) -> None:
    sender = in_the_background()
    until_some_arrived(fcm_emulator)

    lifecycle.stop(long_campaign, by=make.campaign_staff()[0], at=now())
    time.sleep(2)
    after_two_seconds = fcm_emulator.counts()["messages"]
    sender.join()
    tick_and_send(seconds=1)

    assert 300 <= after_two_seconds == fcm_emulator.counts()["messages"] < 5_000
    assert feed.read(at=now()).alerts(country="GB", audience="parent", locale="en", at=now()) == []


def test_promise_9_a_worker_that_cannot_read_the_brakes_stops(
    fcm_emulator: Emulator,
    long_campaign: Campaign,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sender = in_the_background()
    until_some_arrived(fcm_emulator)

    def cannot_see(brakes: BrakeMonitor) -> None:
        raise DatabaseError("no answer")

    monkeypatch.setattr(BrakeMonitor, "read", cannot_see)
    time.sleep(MAX_AGE + 0.5)
    reached = fcm_emulator.counts()["messages"]
    sender.join()

    assert 300 <= reached == fcm_emulator.counts()["messages"] < 5_000


def test_promise_9_nothing_is_sent_after_the_campaigns_end(phones: Emulator) -> None:
    campaign = make.campaign()
    tick()
    with connection.cursor() as cursor:
        # The clock cannot be moved, so the campaign's end is, as an owner of the database could.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE notifications_campaign SET not_after = now() - interval '1 second'")
        cursor.execute("SET session_replication_role = origin")

    tick_and_send()

    counts = progress_of(campaign)
    assert phones.counts()["messages"] == 0
    assert (counts["state"], counts["skipped"], counts["pending"]) == ("done", 30, 0)


def test_promise_9_a_database_that_was_restored_sends_nothing_by_itself(phones: Emulator) -> None:
    campaign = make.campaign()
    tick()
    Brake.objects.filter(campaign=None).update(database="another cluster")

    tick_and_send()

    campaign.refresh_from_db()
    assert (campaign.state, phones.counts()["messages"]) == ("held", 0)


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
        found = feed.read(at=at)
        for country, zone, _ in places:
            due = next(one.due_at for one in said.zones if one.zone == zone)
            opens = found.opens(next(one for one in found.campaigns if one.pk == campaign.pk), country)
            assert opens == due, (schedule, country)


def test_no_outcome_is_ever_called_delivered() -> None:
    words = {*outcomes.SendResult, *(reply for reply in PLANNED)}

    assert not any("deliver" in word.lower() for word in words)
    assert timedelta(seconds=MAX_AGE) < timedelta(seconds=2)
