"""Promises 1 and 4: what is stored and logged about installations and their readers, each tested once by its name."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pycountry
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from fcm_emulator.responses import PLANNED

from core.models import User
from notifications.models import App, Batch, Brake, Campaign, Message, PairedPhone, Registration, Segment, Wave
from tests import make
from tests.notifications.steps import tick_and_send
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
    "notifications_unregistered": {"digest": "character varying", "unregistered_on": "date"},
    "notifications_segmentcount": {"id": "bigint", "segment_id": "integer", "devices": "integer", "folded": "boolean"},
}


def now() -> datetime:
    return datetime.now(UTC)


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


def everything_stored() -> str:
    """Return every row of every table of notifications as text, except the packaged apps."""
    tables = [row[0] for row in query("SELECT tablename FROM pg_tables WHERE tablename LIKE 'notifications\\_%%'")]
    return "\n".join(str(row) for table in tables for row in query(f'SELECT * FROM "{table}"'))


def test_promise_4_an_app_in_topics_mode_stores_no_address_or_secret(fcm_emulator: Emulator, client: Client) -> None:
    make.small_release()
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
    assert fcm_emulator.counts()["messages"] == Segment.objects.topics().filter(country="GB", audience="teen").count() > 0
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


def test_promise_4_requests_for_topics_store_nothing(client: Client) -> None:
    make.small_release()
    make.app("teen", push_mode="topics")
    values = {name: value for name, value in make.TEEN.items() if value}
    before = everything_stored()

    answers = [client.get("/v1/topics", values | {"locale": locale}).status_code for locale in ("en", "cy", "tlh")]

    assert answers == [200, 200, 200]
    assert everything_stored() == before


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
