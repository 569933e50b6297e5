"""The database's clock is set back: what had begun goes on, and what is due later stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, clock_steps, worker
from notifications.models import Batch, Quota, SchedulerRun, Wave
from tests import make
from tests.notifications.steps import tick
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def clock_is_set_back() -> None:
    """Move every instant that delivery has stored an hour into the future, which is the same."""
    Wave.objects.update(due_at=F("due_at") + HOUR)
    Batch.objects.update(ready_at=F("ready_at") + HOUR, lease_until=F("lease_until") + HOUR)
    Quota.objects.update(booked_until=F("booked_until") + HOUR, blocked_until=F("blocked_until") + HOUR)
    SchedulerRun.objects.update(ran_at=F("ran_at") + HOUR)


def run_scheduler() -> None:
    step = SchedulerRun.objects.take_turn(late_after=0.0)
    assert step is not None
    clock_steps.follow(step)


def test_a_campaign_that_has_begun_goes_on(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    SchedulerRun.objects.take_turn(late_after=0.0)
    tick()
    claim = claims.claim_batch("fingerpost-test")
    assert claim is not None
    claims.release(claim)
    clock_is_set_back()
    assert worker.run(seconds=1) == 0

    run_scheduler()
    worker.run(seconds=10)
    tick()

    assert (progress_of(campaign)["state"], progress_of(campaign)["accepted"]) == ("done", 30)


def test_leases_and_blocks_end_by_the_new_clock(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(30)
    make.campaign()
    SchedulerRun.objects.take_turn(late_after=0.0)
    tick()
    assert claims.claim_batch("fingerpost-test") is not None
    Quota.objects.block("fingerpost-test", reason="", seconds=10.0, initial=1.0, maximum=60.0)
    clock_is_set_back()

    run_scheduler()

    soon = timezone.now() + timedelta(seconds=50)
    lease_until, blocked_until = Batch.objects.get().lease_until, Quota.objects.get().blocked_until
    assert lease_until is not None
    assert blocked_until is not None
    assert max(lease_until, blocked_until) < soon


def test_a_wave_that_is_due_later_stays(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(30)
    make.campaign()
    SchedulerRun.objects.take_turn(late_after=0.0)
    tick()
    due_at = timezone.now() + timedelta(hours=3)
    Wave.objects.update(due_at=due_at)
    Batch.objects.update(ready_at=due_at)
    SchedulerRun.objects.update(ran_at=F("ran_at") + HOUR)

    run_scheduler()

    assert Wave.objects.get().due_at == Batch.objects.get().ready_at == due_at


def test_a_turn_says_how_far_the_clock_was_set_back() -> None:
    first = SchedulerRun.objects.take_turn()
    second = SchedulerRun.objects.take_turn()
    SchedulerRun.objects.update(ran_at=F("ran_at") + timedelta(seconds=90))
    third = SchedulerRun.objects.take_turn()
    SchedulerRun.objects.update(ran_at=F("ran_at") - timedelta(seconds=90))
    fourth = SchedulerRun.objects.take_turn()

    assert (first, second, fourth) == (0.0, None, 0.0)
    assert third == pytest.approx(90, abs=2)
