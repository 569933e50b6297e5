"""A database that is an earlier state of itself: nothing is sent, everything is held once, and a person resumes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.checks import check_database_state
from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import restores, state_file, worker
from notifications.delivery.restores import DatabaseState, LatestState
from notifications.delivery.state_file import StateFile
from notifications.models import Brake, Campaign, SchedulerRun
from tests import make
from tests.notifications.steps import tick
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)
#: Positions in the log that this database does not reach.
FAR = 2**60


def at() -> datetime:
    return datetime.now(UTC)


def later_state_seen() -> None:
    """Let this process have seen the database further on, as a worker has before a snapshot is put back."""
    present = DatabaseState.read()
    restores.seen().note(present._replace(position=FAR), before=None)


def test_a_snapshot_that_is_put_back_holds_everything_once(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tick()
    later_state_seen()

    sent_before_any_tick = worker.run(seconds=1)
    tick()
    held = progress_of(campaign)
    lifecycle.resume(Campaign.objects.get(pk=campaign.pk), by=make.campaign_staff()[0], at=at())
    tick()
    worker.run(seconds=5)
    tick()

    assert (sent_before_any_tick, held["state"]) == (0, "held")
    assert "More may have been sent than it records" in held["halted"]
    assert progress_of(campaign)["state"] == "done"
    assert (fcm_emulator.counts()["messages"], Brake.objects.for_everything().restores) == (30, 1)


def test_the_position_only_grows_while_the_database_is_itself() -> None:
    make.app()
    first = DatabaseState.read()
    make.installations(5)

    second = DatabaseState.read()

    assert second.identity == first.identity
    assert second.position >= first.position > 0
    assert not restores.hold_after_restore(at=at())


def test_a_query_that_was_overtaken_by_another_thread_is_no_restore() -> None:
    seen = LatestState()
    seen.note(DatabaseState("one", 0, 7, 100), before=None)
    begun_with = seen.latest
    # Another thread asks later and is answered sooner.
    seen.note(DatabaseState("one", 0, 9, 300), before=seen.latest)

    assert seen.note(DatabaseState("one", 0, 8, 200), before=begun_with)
    assert not seen.note(DatabaseState("one", 0, 8, 200), before=seen.latest)
    assert seen.latest == DatabaseState("one", 0, 9, 300)


@pytest.mark.parametrize(
    ("state", "is_later"),
    [
        (DatabaseState("one", 1, 50, 500), True),
        (DatabaseState("one", 2, 1, 10), True),
        # A snapshot of the disk.
        (DatabaseState("one", 1, 50, 499), False),
        # A dump that was restored in place.
        (DatabaseState("one", 1, 49, 9_000), False),
        (DatabaseState("one", 0, 90, 9_000), False),
        # Another database is noticed by its identity.
        (DatabaseState("two", 0, 1, 1), True),
    ],
)
def test_a_state_is_earlier_by_restores_and_then_by_runs_and_position(state: DatabaseState, is_later: bool) -> None:
    seen = LatestState()
    seen.note(DatabaseState("one", 1, 50, 500), before=None)

    assert seen.note(state, before=seen.latest) is is_later


def test_each_run_of_the_scheduler_counts_one_more() -> None:
    SchedulerRun.objects.take_turn(late_after=0)
    first = DatabaseState.read()

    assert SchedulerRun.objects.take_turn(late_after=600) is None
    SchedulerRun.objects.take_turn(late_after=0)

    assert (first.runs, DatabaseState.read().runs) == (1, 2)


def test_a_worker_learns_from_a_wake_up_what_another_one_saw() -> None:
    other, fresh = LatestState(), LatestState()
    other.note(DatabaseState("one", 0, 3, 700), before=None)

    fresh.learn(other.as_message())
    fresh.learn(None)
    fresh.learn(["one", 0, 700])
    fresh.learn(["two", 5, 9, 900])

    assert fresh.latest == DatabaseState("one", 0, 3, 700)


def test_a_restore_is_noticed_after_all_workers_were_stopped(settings: Any, tmp_path: Path) -> None:
    settings.DATABASE_STATE_DIR = str(tmp_path / "state")
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tick()
    present = DatabaseState.read()
    restores.seen().note(present._replace(runs=present.runs + 1), before=None)
    state_file.remember()
    # Other processes, which have seen nothing.
    restores._seen_by.cache_clear()
    state_file.of_folder.cache_clear()

    state_file.recall()
    sent = worker.run(seconds=1)
    tick()

    assert (sent, progress_of(campaign)["state"]) == (0, "held")
    assert not restores.hold_after_restore(at=at())
    state_file.remember()
    assert Brake.objects.for_everything().restores == json.loads((tmp_path / "state" / state_file.NAME).read_text())[1] == 1


def test_the_file_keeps_the_latest_state_of_a_database(tmp_path: Path) -> None:
    written = []
    for state in (("one", 0, 5, 50), ("one", 0, 4, 40), ("one", 1, 2, 20), ("one", 0, 9, 90), ("two", 0, 1, 1)):
        # Each from a process of its own.
        StateFile(tmp_path).write(DatabaseState(*state))
        written.append(StateFile(tmp_path).read())

    assert written == [("one", 0, 5, 50), ("one", 0, 5, 50), ("one", 1, 2, 20), ("one", 1, 2, 20), ("two", 0, 1, 1)]
    assert [path.name for path in tmp_path.iterdir()] == [state_file.NAME]


@pytest.mark.parametrize("content", ["", "{", "[]", "[1]", '["one", "x", 1, 1]', "7"])
def test_a_damaged_file_is_as_none(content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / state_file.NAME).write_text(content)

    assert StateFile(tmp_path).read() is None
    assert "cannot be read" in caplog.text


def test_a_folder_that_cannot_be_written_is_reported_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    file = StateFile(tmp_path / "file" / "folder")

    for position in (1, 2):
        file.write(DatabaseState("one", 0, 1, position))

    assert caplog.text.count("cannot be written") == 1


def test_a_deployment_without_the_folder_is_warned_of(settings: Any) -> None:
    settings.DATABASE_STATE_DIR = ""
    without = [warning.id for warning in check_database_state(None)]
    settings.DATABASE_STATE_DIR = "/var/lib/fingerpost"

    assert (without, check_database_state(None)) == (["fingerpost.W004"], [])
