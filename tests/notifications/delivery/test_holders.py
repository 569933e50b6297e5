"""The claims of a process that has ended are released before their leases end: as an ended lease, and of no other process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.process_locks import REPORTED_FOR
from notifications import tasks
from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, holders
from notifications.delivery.claims import Claim, Settlement
from notifications.models import Batch, Campaign, Wave
from notifications.models.batch import LEASE, ORDER_WAIT
from tests import make
from tests.locking_processes import LockingProcess
from tests.notifications.steps import end_leases, tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = "fingerpost-test"
THIRTY = Settlement(
    accepted=30, rejected=0, unknown=0, skipped=0, tally={}, retry_tickets=[], uncertain_tickets=[], gone=[], mark=[], wait=0
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Path:
    settings.DATABASE_STATE_DIR = ""
    monkeypatch.setenv("HEARTBEAT_DIR", str(tmp_path / "heartbeats"))
    return tmp_path / "heartbeats" / "holders"


@pytest.fixture
def other(folder: Path) -> Iterator[LockingProcess]:
    started = LockingProcess(folder)
    yield started
    started.end()


@pytest.fixture
def claim_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[LockingProcess], Claim | None]:
    """Return a function that claims a batch as another process does."""

    def claim(process: LockingProcess) -> Claim | None:
        with monkeypatch.context() as patched:
            patched.setattr(holders, "own", lambda: process.number)
            return claims.claim_batch(PROJECT)

    return claim


Claiming = Callable[[LockingProcess], Claim | None]


def test_the_claim_of_a_killed_process_is_released_at_once_and_void(
    thirty: Emulator, other: LockingProcess, claim_of: Claiming
) -> None:
    campaign = make.campaign()
    tick()
    claim = claim_of(other)
    while_it_lives = holders.release_ended()
    other.kill()

    released = holders.release_ended()

    assert claim is not None
    assert (while_it_lives, released, holders.release_ended()) == (0, 1, 0)
    assert not claims.settle(claim, THIRTY)
    assert not claims.renew(claim)
    tick_and_send()
    assert progress_of(campaign)["accepted"] == 30


def test_nothing_of_a_process_that_lives_is_released(thirty: Emulator, other: LockingProcess, claim_of: Claiming) -> None:
    make.campaign()
    tick()
    claim = claims.claim_batch(PROJECT)
    other.kill()

    assert claim is not None
    assert Batch.objects.get().holder == holders.own() != other.number
    assert holders.release_ended() == 0
    assert claims.settle(claim, THIRTY)


def test_a_claim_of_other_software_is_not_taken_for_that_of_the_holder_before_it(
    thirty: Emulator, other: LockingProcess, claim_of: Claiming, raw_sql: psycopg.Connection[Any]
) -> None:
    make.campaign()
    tick()
    assert claim_of(other) is not None
    end_leases()
    raw_sql.execute(
        "UPDATE notifications_batch SET fence = fence + 1, claims = claims + 1, lease_until = now() + interval '45 s'"
    )
    other.kill()

    assert Batch.objects.get().holder == other.number
    assert holders.release_ended() == 0


def test_a_claim_that_the_database_carries_out_late_is_released_as_well(
    thirty: Emulator, other: LockingProcess, claim_of: Claiming
) -> None:
    make.campaign()
    tick()
    other.kill()
    before = holders.release_ended()

    assert claim_of(other) is not None

    assert (before, holders.release_ended()) == (0, 1)
    # By then the lease of such a claim has ended.
    assert timedelta(seconds=REPORTED_FOR) > LEASE


def test_a_settlement_that_is_being_written_is_not_disturbed(
    thirty: Emulator, other: LockingProcess, claim_of: Claiming, raw_sql: psycopg.Connection[Any]
) -> None:
    make.campaign()
    tick()
    assert claim_of(other) is not None
    other.kill()

    with raw_sql.transaction():
        raw_sql.execute("UPDATE notifications_batch SET state = 'done', accepted = 30, lease_until = NULL")
        meanwhile = holders.release_ended()

    assert (meanwhile, holders.release_ended()) == (0, 0)
    assert Batch.objects.get().accepted == 30


def test_a_batch_that_ends_three_processes_waits_for_a_person(thirty: Emulator, folder: Path, claim_of: Claiming) -> None:
    campaign = make.campaign()
    tick()
    for _ in range(3):
        process = LockingProcess(folder)
        assert claim_of(process) is not None
        process.kill()
        process.end()
        assert holders.release_ended() == 1

    assert claims.claim_batch(PROJECT) is None
    tick()

    campaign.refresh_from_db()
    assert campaign.state == "halted"
    assert "never finished" in campaign.reason


def test_nothing_that_was_released_is_sent_while_the_campaign_is_paused(
    thirty: Emulator, other: LockingProcess, claim_of: Claiming
) -> None:
    campaign = make.campaign()
    tick()
    assert claim_of(other) is not None
    campaign.refresh_from_db()
    lifecycle.pause(campaign, by=make.campaign_staff()[1], at=datetime.now(UTC))
    other.kill()
    assert holders.release_ended() == 1
    tick_and_send(seconds=2)
    while_paused = thirty.counts()["messages"]

    lifecycle.resume(campaign, by=make.campaign_staff()[1], at=datetime.now(UTC))
    tick_and_send()

    assert while_paused == 0
    assert progress_of(campaign)["accepted"] == 30


def test_what_a_killed_process_may_have_sent_of_a_stopped_campaign_is_unknown(
    thirty: Emulator, other: LockingProcess, claim_of: Claiming
) -> None:
    campaign = make.campaign()
    tick()
    assert claim_of(other) is not None
    campaign.refresh_from_db()
    lifecycle.stop(campaign, by=make.campaign_staff()[1], at=datetime.now(UTC), reason="It was wrong.")
    tick()
    before = progress_of(campaign)["pending"]
    other.kill()
    holders.release_ended()

    tick()

    counts = progress_of(campaign)
    assert (before, counts["pending"], counts["unknown"], counts["skipped"]) == (30, 0, 30, 0)
    assert thirty.counts()["messages"] == 0


def test_a_newer_revision_waits_for_what_the_network_may_still_deliver(
    thirty: Emulator, other: LockingProcess, claim_of: Claiming
) -> None:
    alert = make.campaign()
    tick()
    assert claim_of(other) is not None
    other.kill()
    assert holders.release_ended() == 1
    recall = make.campaign(kind="cancel", references=alert.pk)
    tick()
    tick()
    alert.refresh_from_db()
    at_once = claims.claim_batch(PROJECT)

    Wave.objects.filter(campaign=alert).update(holder_ended_at=datetime.now(UTC) - timedelta(seconds=ORDER_WAIT))
    later = claims.claim_batch(PROJECT)

    # Its batches are gone, and with them who held them.
    assert alert.finished_at is not None
    assert at_once is None
    assert later is not None
    assert later.campaign_id == recall.pk


def test_a_worker_takes_up_at_once_what_it_has_released(
    thirty: Emulator, other: LockingProcess, claim_of: Claiming, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.campaign()
    tick()
    assert claim_of(other) is not None
    woken: list[bool] = []
    monkeypatch.setattr(tasks, "_wake_own_pollers", lambda: woken.append(True))
    stopping: Any = None

    tasks._release_ended(stopping)
    other.kill()
    for _ in range(3):
        tasks._release_ended(stopping)

    assert woken == [True]


def test_the_files_are_in_the_folder_that_outlives_a_container(tmp_path: Path, settings: Any) -> None:
    settings.DATABASE_STATE_DIR = str(tmp_path / "state")

    own = holders.own()

    assert [path.name for path in (tmp_path / "state" / "holders").iterdir()] == [f"{own}.lock"]


def test_without_a_file_a_claim_ends_with_its_lease(
    thirty: Emulator, tmp_path: Path, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    settings.DATABASE_STATE_DIR = str(tmp_path / "file")
    campaign = make.campaign()
    tick()

    assert claims.claim_batch(PROJECT) is not None

    assert Batch.objects.get().holder is None
    assert holders.release_ended() == 0
    end_leases()
    tick_and_send()
    assert progress_of(Campaign.objects.get(pk=campaign.pk))["accepted"] == 30
