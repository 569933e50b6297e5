"""A locked row, a write that fails, a worker without an account or a key: others go on, and the page says why."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from notifications.campaigns import lifecycle, obstacles
from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, left_out, worker
from notifications.models import Batch, Campaign, Registration, WorkerNote
from notifications.models.registration import TICKET_LOCK
from tests import make
from tests.notifications.steps import tick, tick_and_send
from tests.processes import Emulator

END_OTHERS = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def locked(raw_sql: psycopg.Connection[Any], campaign: Campaign) -> Iterator[None]:
    """Hold the campaign's row in another session."""
    raw_sql.autocommit = False
    raw_sql.execute("SELECT 1 FROM notifications_campaign WHERE id = %s FOR UPDATE", [campaign.pk])
    yield
    raw_sql.rollback()
    raw_sql.autocommit = True


def _other_project(settings: Any, account: str) -> None:
    """Add thirty installations of an app in another Firebase project, with this service-account file."""
    settings.FIREBASE_PROJECTS = {**settings.FIREBASE_PROJECTS, **({"elsewhere": account} if account else {})}
    make.app("other", project="elsewhere")
    for number in range(100, 130):
        make.installation(number, app="other")


@pytest.mark.parametrize("account", ["", "/nowhere/account.json"])
def test_a_worker_without_an_account_leaves_those_batches_and_says_so(thirty: Emulator, settings: Any, account: str) -> None:
    _other_project(settings, account)
    waiting, sent = make.campaign(apps=["other"]), make.campaign()

    tick()
    worker.run(seconds=2)
    tick()

    assert progress_of(sent)["state"] == "done"
    counts = progress_of(waiting)
    assert (counts["state"], counts["pending"], counts["halted"]) == ("sending", 30, None)
    assert "cannot send this:" in counts["waiting"]
    assert "service-account file" in counts["waiting"]
    assert set(Batch.objects.values_list("state", "claims")) == {("open", 0)}


def test_another_worker_that_has_the_account_sends(thirty: Emulator, settings: Any) -> None:
    good = settings.FIREBASE_PROJECTS
    campaign = make.campaign()
    tick()
    settings.FIREBASE_PROJECTS = {}
    worker.run(seconds=1)

    settings.FIREBASE_PROJECTS = good
    worker.run(seconds=10)
    tick()

    assert (progress_of(campaign)["state"], thirty.counts()["doubled"]) == ("done", 0)


@pytest.mark.slow
def test_a_worker_without_a_key_leaves_that_campaign_and_sends_others(thirty: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    make.app("other")
    for number in range(100, 130):
        make.installation(number, app="other")
    waiting, sent = make.campaign(apps=["other"]), make.campaign()
    tick()
    row = Registration.objects.filter(segment__app="other").first()
    assert row is not None
    # Sealed on the web with a key that this worker has not been given yet.
    Registration.objects.filter(pk=row.pk).update(address_sealed="k9" + row.address_sealed[2:])

    worker.run(seconds=3)
    tick()

    assert progress_of(sent)["state"] == "done"
    counts = progress_of(waiting)
    assert (counts["state"], counts["pending"]) == ("sending", 30)
    assert "lacks the key k9" in counts["waiting"]
    Registration.objects.filter(pk=row.pk).update(address_sealed=row.address_sealed)
    worker.run(seconds=10)
    tick()
    assert (progress_of(waiting)["state"], thirty.counts()["doubled"]) == ("done", 0)


def test_a_note_ends_when_the_worker_does_not_repeat_it(thirty: Emulator) -> None:
    left_out.note("fingerpost-test", "FIREBASE_PROJECTS names no service-account file for fingerpost-test.")
    assert obstacles.worker_in_trouble(["fingerpost-test"])
    assert obstacles.worker_in_trouble(["another"]) is None

    WorkerNote.objects.update(noted_at=timezone.now() - timedelta(seconds=31))

    assert obstacles.worker_in_trouble(["fingerpost-test"]) is None
    assert left_out.LEFT_FOR < 30


def test_a_locked_campaign_holds_up_no_settlement(thirty: Emulator, raw_sql: psycopg.Connection[Any]) -> None:
    make.app("other")
    for number in range(100, 130):
        make.installation(number, app="other")
    thirty.plan([{"match": {"any": True}, "answer": "UNREGISTERED", "times": 1}])
    campaign, other = make.campaign(), make.campaign(apps=["other"])
    tick()

    with locked(raw_sql, campaign):
        began = time.monotonic()
        worker.run(seconds=10)
        took = time.monotonic() - began
        tick()
        ticked = time.monotonic() - began - took
    tick()

    assert progress_of(campaign)["state"] == progress_of(other)["state"] == "done"
    assert progress_of(campaign)["accepted"] + progress_of(other)["accepted"] == 59
    assert thirty.counts()["doubled"] == 0
    # Lock timeouts of one second, and not the ten seconds for which the worker may run.
    assert took < 9
    # The clock of all campaigns does not wait for one of them; the lock timeout of its sessions is five seconds.
    assert ticked < 4
    # Counted in its batch, and not marked, when the row could not be written.
    assert Registration.objects.exclude(gone_at=None).count() <= 1


def test_a_campaign_whose_row_is_locked_is_halted_by_its_brake(thirty: Emulator, raw_sql: psycopg.Connection[Any]) -> None:
    campaign = make.campaign()
    tick()

    with locked(raw_sql, campaign):
        assert lifecycle.halt(campaign, "FCM refused the message itself.", at=timezone.now() - timedelta(seconds=5))
        assert claims.claim_batch("fingerpost-test") is None
    tick()

    counts = progress_of(campaign)
    assert (counts["state"], counts["halted"]) == ("halted", "FCM refused the message itself.")


def test_a_write_that_fails_for_one_batch_holds_up_no_other(thirty: Emulator, raw_sql: psycopg.Connection[Any]) -> None:
    make.app("other")
    for number in range(100, 130):
        make.installation(number, app="other")
    failing, other = make.campaign(), make.campaign(apps=["other"])
    tick()
    batch = Batch.objects.get(wave__campaign=failing)
    raw_sql.execute(
        "CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF NEW.id = {batch.pk} AND NEW.accepted > 0 THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$"
    )
    raw_sql.execute("CREATE TRIGGER test_refuse BEFORE UPDATE ON notifications_batch FOR EACH ROW EXECUTE FUNCTION test_refuse()")
    try:
        thread = threading.Thread(target=_send)
        thread.start()
        _until(lambda: (tick(), progress_of(other)["state"] == "done")[1])
        seen = progress_of(failing)
        raw_sql.execute("DROP TRIGGER test_refuse ON notifications_batch")
        thread.join()
    finally:
        raw_sql.execute("DROP FUNCTION test_refuse() CASCADE")
    tick()

    assert (seen["state"], seen["pending"]) == ("sending", 30)
    assert "does not take the outcomes of a batch" in seen["waiting"]
    assert progress_of(failing)["accepted"] == 30
    assert (thirty.counts()["messages"], thirty.counts()["doubled"]) == (60, 0)


@pytest.mark.slow
def test_a_database_that_is_read_only_for_seconds_doubles_nobody(thirty: Emulator, raw_sql: psycopg.Connection[Any]) -> None:
    thirty.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 1500}])
    campaign = make.campaign()
    tick()
    name = connection.settings_dict["NAME"]
    thread = threading.Thread(target=_send)
    thread.start()
    _until(lambda: thirty.counts()["messages"] > 0)
    try:
        raw_sql.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        raw_sql.execute(END_OTHERS)
        connection.close()
        time.sleep(4)
        seen = progress_of(campaign)
    finally:
        raw_sql.execute("SET default_transaction_read_only = off")
        raw_sql.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
        raw_sql.execute(END_OTHERS)
        connection.close()
    thread.join()
    tick_and_send()

    assert "read-only" in seen["waiting"]
    assert (progress_of(campaign)["state"], progress_of(campaign)["accepted"]) == ("done", 30)
    assert thirty.counts()["doubled"] == 0


@pytest.mark.slow
def test_an_open_transaction_that_keeps_the_freeze_waiting_is_named(
    thirty: Emulator, raw_sql: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obstacles, "_LONG", 0.0)
    campaign = make.campaign(at=datetime.now(UTC) - timedelta(seconds=10))
    raw_sql.autocommit = False
    raw_sql.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", TICKET_LOCK)

    tick()
    seen = progress_of(campaign)
    raw_sql.rollback()
    raw_sql.autocommit = True
    tick()

    assert seen["state"] == "approved"
    assert "a database session that has held up new phones" in seen["waiting"]
    assert progress_of(campaign)["state"] == "sending"


def test_an_open_transaction_in_another_database_of_the_server_is_not_named(
    thirty: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(obstacles, "_LONG", 0.0)
    campaign = make.campaign(at=datetime.now(UTC) - timedelta(seconds=10))
    given = connection.get_connection_params()
    address = {name: given[name] for name in ("user", "password", "host", "port") if given.get(name)}

    with psycopg.connect(**address, dbname="postgres") as elsewhere:
        elsewhere.execute("SELECT pg_advisory_xact_lock_shared(%s, %s)", TICKET_LOCK)
        seen = progress_of(campaign)

    assert seen["waiting"].startswith("Waiting for a worker")


def test_a_worker_says_when_the_database_takes_long_to_answer(db: None) -> None:
    worker_notes = left_out.LeftOut()

    worker_notes.note_delay(["fingerpost-test"], 0.05)
    nearby = obstacles.worker_in_trouble(["fingerpost-test"])
    worker_notes.note_delay(["fingerpost-test"], 0.8)

    assert nearby is None
    assert str(obstacles.worker_in_trouble(["fingerpost-test"])).endswith("sends slowly: the database takes 0.8 s to answer.")


def test_connections_notice_a_database_that_is_out_of_reach() -> None:
    from config import env

    assert env._NETWORK["tcp_user_timeout"] <= 20_000
    assert env._NETWORK["keepalives_idle"] <= 30


def _send() -> None:
    try:
        for _ in range(20):
            try:
                if worker.run(seconds=10):
                    return
            except Exception:
                connection.close()
            time.sleep(0.3)
    finally:
        connection.close()


def _until(check: Any, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, list(Campaign.objects.values("id", "state", "reason"))
        time.sleep(0.05)
