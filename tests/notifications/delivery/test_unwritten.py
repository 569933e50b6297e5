"""What the database does not take is kept and tried again: nobody is sent to twice, and nothing else waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from django.db import InternalError

from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, unwritten, worker
from notifications.delivery.unwritten import Unwritten
from notifications.models import Batch, Quota
from tests import make
from tests.notifications.steps import end_leases, tick
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def nothing_unwritten() -> Iterator[None]:
    unwritten.of_this_process()._waiting.clear()
    yield
    unwritten.of_this_process()._waiting.clear()


@contextmanager
def outcomes_refused(raw_sql: psycopg.Connection[Any]) -> Iterator[None]:
    raw_sql.execute(
        "CREATE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN IF NEW.state <> 'claimed' AND OLD.state = 'claimed' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$"
    )
    raw_sql.execute("CREATE TRIGGER test_refuse BEFORE UPDATE ON notifications_batch FOR EACH ROW EXECUTE FUNCTION test_refuse()")
    try:
        yield
    finally:
        raw_sql.execute("DROP FUNCTION test_refuse() CASCADE")


def write_again_now() -> int:
    ends = unwritten.of_this_process()
    ends._again_at = 0.0
    return ends.write_again()


@pytest.mark.slow
def test_outcomes_that_are_refused_outlast_the_run_and_are_written_later(
    thirty: Emulator, raw_sql: psycopg.Connection[Any]
) -> None:
    campaign = make.campaign()
    tick()

    with outcomes_refused(raw_sql):
        written = worker.run(seconds=2)
        tick()
        waiting = progress_of(campaign)
        another = worker.run(seconds=1)
    later = write_again_now()
    tick()

    assert (written, another, later) == (0, 0, 1)
    assert (waiting["state"], waiting["pending"]) == ("sending", 30)
    assert (progress_of(campaign)["state"], progress_of(campaign)["accepted"]) == ("done", 30)
    assert (thirty.counts()["messages"], thirty.counts()["doubled"]) == (30, 0)


def test_the_lease_is_renewed_while_the_outcomes_are_refused(thirty: Emulator, raw_sql: psycopg.Connection[Any]) -> None:
    make.campaign()
    tick()
    with outcomes_refused(raw_sql):
        worker.run(seconds=1)
        raw_sql.execute("UPDATE notifications_batch SET lease_until = now() + interval '5 s'")

        write_again_now()

        remaining = raw_sql.execute("SELECT extract(epoch FROM lease_until - now()) FROM notifications_batch").fetchone()
    assert remaining is not None
    assert remaining[0] > 40
    assert claims.claim_batch("fingerpost-test") is None


def test_a_claim_that_is_over_is_not_kept(thirty: Emulator, raw_sql: psycopg.Connection[Any]) -> None:
    make.campaign()
    tick()
    with outcomes_refused(raw_sql):
        worker.run(seconds=1)
        assert len(unwritten.of_this_process()) == 1
        end_leases()

        write_again_now()

    assert len(unwritten.of_this_process()) == 0


def test_after_the_end_of_the_campaign_no_lease_is_renewed(thirty: Emulator) -> None:
    make.campaign()
    tick()
    claim = claims.claim_batch("fingerpost-test")
    assert claim is not None

    assert claims.renew(claim)
    assert not claims.renew(replace(claim, not_after=0.0))


def test_a_release_that_fails_is_tried_again(thirty: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    make.campaign()
    tick()
    claim = claims.claim_batch("fingerpost-test")
    assert claim is not None
    release = claims.release

    def refuse(_: Any) -> None:
        raise InternalError("cannot execute UPDATE in a read-only transaction")

    monkeypatch.setattr(claims, "release", refuse)
    unwritten.of_this_process().write(Unwritten("fingerpost-test", claim, None))
    monkeypatch.setattr(claims, "release", release)

    write_again_now()

    assert Batch.objects.get().state == "open"
    assert len(unwritten.of_this_process()) == 0


def test_a_rate_that_cannot_be_changed_loses_no_settlement(thirty: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    thirty.plan([{"match": {"any": True}, "answer": "QUOTA", "retry_after": 1, "times": 3}])
    campaign = make.campaign()
    tick()

    def refuse(*_: Any, **__: Any) -> None:
        raise InternalError("cannot execute UPDATE in a read-only transaction")

    monkeypatch.setattr(type(Quota.objects.all()), "block", refuse)
    worker.run(seconds=2)

    counts = progress_of(campaign)
    assert counts["accepted"] + counts["pending"] == 30
    assert not Batch.objects.filter(state="claimed").exists()
