"""Several revisions of one alert in any order of events: no phone is sent an older one after a newer one.

The product's own loop claims and settles; only FCM is simulated, and each request starts when the test says so.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import fcm, planner
from notifications.delivery.fcm import PushTarget, SendGate, Sending
from notifications.delivery.outcomes import Outcome
from notifications.delivery.worker import ClaimGate
from notifications.models import Batch, Campaign, Quota
from tests import make
from tests.notifications.delivery.test_random_histories import ANSWERS, Phones, Worker
from tests.notifications.steps import LONG_AGO, end_leases, end_waits, tick

pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = 30
REVISIONS = 4
workers = st.integers(0, 1)
answers = st.lists(st.sampled_from(["accepted"] * 6 + ["later", "arrived unheard", "lost unheard"]), min_size=1, max_size=8)


class OrderedPhones(Phones):
    """Starts each request only with `step`, and records which revision each phone was sent last."""

    def __init__(self) -> None:
        super().__init__()
        #: Requests of each open batch that have not started.
        self.under_way: dict[int, tuple[list[PushTarget], SendGate]] = {}
        self.revisions: dict[int, int] = {}
        self.newest_started = 0
        self.last_arrived: dict[str, int] = {}
        self.by_revision: Counter[int] = Counter()

    def send(
        self, project: str, bearer: str, targets: list[PushTarget], *, gate: SendGate, starts: float, pause: float
    ) -> Sending:
        sending = Sending(Future(), {})
        self.waiting[id(sending.done)] = {}
        self.under_way[id(sending.done)] = (list(targets), gate)
        return sending

    def step(self, sending: Sending, plan: list[str]) -> None:
        """Start one request for each planned answer, as far as the gate allows."""
        targets, gate = self.under_way[id(sending.done)]
        assert isinstance(gate, ClaimGate)
        revision = self.revisions[gate.claim.campaign_id]
        for name in plan:
            if not targets or gate.remaining_ttl() < 1:
                return
            target = targets.pop(0)
            assert revision >= self.newest_started, f"revision {revision} after {self.newest_started}"
            self.newest_started = revision
            outcome, arrives = ANSWERS[name]
            self.waiting[id(sending.done)][target.ticket] = outcome
            if arrives:
                self.last_arrived[target.address] = revision
                self.by_revision[revision] += 1

    def answer(self, sending: Sending) -> dict[int, Outcome]:
        self.under_way.pop(id(sending.done), None)
        return super().answer(sending)


class Thread(RuleBasedStateMachine):
    """The state machine; see the module."""

    @initialize()
    def begin(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE notifications_quota, notifications_campaign CASCADE")
        make.app()
        make.installations(DEVICES)
        self.phones = OrderedPhones()
        self.workers = [Worker(self.phones) for _ in range(2)]
        self.campaigns: list[Campaign] = []
        self.approve(kind="alert")
        tick()

    def approve(self, *, kind: str) -> None:
        earlier: dict[str, Any] = {"references": self.campaigns[-1].pk} if self.campaigns else {}
        made = make.campaign(kind=kind, **earlier)
        assert made.rev is not None
        self.campaigns.append(made)
        self.phones.revisions[made.pk] = made.rev

    @precondition(lambda self: len(self.campaigns) < REVISIONS)
    @rule(kind=st.sampled_from(["update", "cancel", "all-clear"]))
    def a_newer_revision_is_approved(self, kind: str) -> None:
        self.approve(kind=kind)

    @rule()
    def the_newest_is_stopped(self) -> None:
        newest = self.campaigns[-1]
        newest.refresh_from_db()
        if newest.rev is not None and newest.rev > 1 and newest.state in ("approved", "sending"):
            lifecycle.stop(newest, by=make.campaign_staff()[0], at=datetime.now(UTC))

    @rule()
    def wake_up(self) -> None:
        tick()

    @rule(number=workers)
    def claim(self, number: int) -> None:
        self.workers[number].claim()

    @rule(number=workers)
    def look_at_the_brakes(self, number: int) -> None:
        self.workers[number]._brakes.read()

    @rule(number=workers, plan=answers)
    def requests_start(self, number: int, plan: list[str]) -> None:
        for batch in self.workers[number]._open:
            self.phones.step(batch.sending, plan)

    @rule(number=workers)
    def settle(self, number: int) -> None:
        for batch in list(self.workers[number]._open):
            self.workers[number]._open.remove(batch)
            self.phones.answer(batch.sending)
            self.workers[number]._settle(batch)

    @rule(number=workers)
    def crash(self, number: int) -> None:
        for batch in self.workers[number]._open:
            self.phones.answer(batch.sending)
        self.workers[number] = Worker(self.phones)

    @rule()
    def leases_run_out(self) -> None:
        """End all leases; a worker that stalled for so long has to read the brakes before its next request."""
        end_leases()
        for worker in self.workers:
            worker._brakes.read()

    @rule()
    def time_goes_by(self) -> None:
        end_waits()
        Quota.objects.update(booked_until=LONG_AGO)

    @invariant()
    def the_counts_add_up(self) -> None:
        for campaign in getattr(self, "campaigns", ()):
            counts = progress_of(campaign)
            parts = counts["accepted"] + sum(counts["rejected"].values()) + counts["unknown"] + counts["skipped"]
            assert counts["pending"] >= 0
            assert counts["devices"] == parts + counts["pending"]

    def teardown(self) -> None:
        """Run all to the end: only the newest revision is complete, and no phone ends with an older one."""
        if not hasattr(self, "campaigns"):
            return
        for _ in range(40):
            states = set(Campaign.objects.values_list("state", flat=True))
            if states <= {"done", "stopped", "expired"} and not Batch.objects.exists():
                break
            # Leases that ran out three times halt a campaign until a person has looked.
            for halted in Campaign.objects.filter(state="halted"):
                if halted.successor() is None:
                    lifecycle.resume(halted, by=make.campaign_staff()[1], at=datetime.now(UTC))
            self.time_goes_by()
            self.wake_up()
            for number in range(2):
                self.claim(number)
                self.requests_start(number, ["accepted"] * DEVICES)
                self.settle(number)
            self.leases_run_out()
        self.the_counts_add_up()
        newest = self.campaigns[-1]
        newest.refresh_from_db()
        assert newest.rev is not None
        if newest.state == "done":
            assert {self.phones.last_arrived[make.fid(number)] for number in range(DEVICES)} == {newest.rev}
        assert not Batch.objects.exists()


def _run(machine: type[RuleBasedStateMachine], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )


@pytest.mark.slow
def test_no_phone_is_sent_an_older_revision_after_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # Small batches and a small canary, so that there are many of them.
    monkeypatch.setattr(planner, "BATCH_SIZE", 8)
    monkeypatch.setattr(planner, "CANARY_SIZE", 6)
    monkeypatch.setattr(fcm, "MAX_SLOW_RESPONSES", 4)

    _run(Thread, 15)


def test_the_state_machine_notices_an_older_revision_after_a_newer_one() -> None:
    thread = Thread()
    thread.begin()
    thread.claim(0)
    thread.approve(kind="cancel")
    tick()
    # The claim of the older revision is forgotten, as if the newer one did not wait for it.
    end_leases()
    thread.claim(1)
    assert thread.workers[1]._open
    thread.requests_start(1, ["accepted"])
    # The first worker has not read the brakes since.
    with pytest.raises(AssertionError, match="revision 1 after 2"):
        thread.requests_start(0, ["accepted"])
    # So that nothing is left for the next test.
    thread.crash(0)
    thread.crash(1)
