"""A database that is an earlier state of itself: nothing is sent, everything is held once, and a person resumes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import restores, worker
from notifications.delivery.restores import DatabaseState, LatestState
from notifications.models import Brake, Campaign
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
    seen.note(DatabaseState("one", 0, 100), before=None)
    begun_with = seen.latest
    # Another thread asks later and is answered sooner.
    seen.note(DatabaseState("one", 0, 300), before=seen.latest)

    assert seen.note(DatabaseState("one", 0, 200), before=begun_with)
    assert not seen.note(DatabaseState("one", 0, 200), before=seen.latest)
    assert seen.latest == DatabaseState("one", 0, 300)


@pytest.mark.parametrize(
    ("state", "is_later"),
    [
        (DatabaseState("one", 1, 500), True),
        (DatabaseState("one", 2, 10), True),
        (DatabaseState("one", 1, 499), False),
        (DatabaseState("one", 0, 9_000), False),
        # Another database is noticed by its identity.
        (DatabaseState("two", 0, 1), True),
    ],
)
def test_a_state_is_earlier_by_restores_and_then_by_position(state: DatabaseState, is_later: bool) -> None:
    seen = LatestState()
    seen.note(DatabaseState("one", 1, 500), before=None)

    assert seen.note(state, before=seen.latest) is is_later


def test_a_worker_learns_from_a_wake_up_what_another_one_saw() -> None:
    other, fresh = LatestState(), LatestState()
    other.note(DatabaseState("one", 0, 700), before=None)

    fresh.learn(other.as_message())
    fresh.learn(None)
    fresh.learn(["one", 0])
    fresh.learn(["two", 5, 900])

    assert fresh.latest == DatabaseState("one", 0, 700)
