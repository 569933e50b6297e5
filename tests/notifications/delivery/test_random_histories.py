"""A campaign's whole life in any order: claims, crashes, ended leases, pauses, doubled wake-ups and steps of the clock.

The product's own loop claims and settles; only FCM is simulated, so every message that reaches a phone is known.
"""

from __future__ import annotations

import time
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
from notifications.delivery import claims, fcm, outcomes, planner, scheduler, worker
from notifications.delivery.brake_monitor import BrakeMonitor
from notifications.delivery.fcm import PushTarget, SendGate, Sending
from notifications.delivery.outcomes import Outcome, SendResult
from notifications.delivery.settlements import settle_outcomes
from notifications.models import Batch, Campaign, Quota, Registration
from tests import make
from tests.examples import examples
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = 48
RETRY = Outcome(SendResult.RETRY, slow=True)
QUOTA = Outcome(SendResult.RETRY, block_reason="FCM's quota is used up (429).", slow=True, initial_wait=60.0)
PAYLOAD = Outcome(SendResult.RETRY, halt_reason="FCM refused the message itself.")
#: What FCM does with a message, and whether it reaches the phone.
ANSWERS: dict[str, tuple[Outcome, bool]] = {
    "accepted": (outcomes.ACCEPTED, True),
    "gone": (outcomes.UNREGISTERED, False),
    "later": (RETRY, False),
    "arrived unheard": (outcomes.UNCERTAIN, True),
    "lost unheard": (outcomes.UNCERTAIN, False),
    "quota": (QUOTA, False),
    "payload": (PAYLOAD, False),
}
answers = st.lists(
    st.sampled_from(["accepted"] * 12 + ["gone", "later", "later", "arrived unheard", "lost unheard", "quota", "payload"]),
    min_size=1,
    max_size=12,
)
workers = st.integers(0, 2)


class Phones:
    """Replaces the sender: records each message, and holds the outcomes back until `answer` is called."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()
        self.tried: set[str] = set()
        self.plan: list[str] = ["accepted"]
        self.waiting: dict[int, dict[int, Outcome]] = {}

    def authorize(self, project: str) -> str:
        return "bearer"

    def send(
        self, project: str, bearer: str, targets: list[PushTarget], *, gate: SendGate, starts: float, pause: float
    ) -> Sending:
        results: dict[int, Outcome] = {}
        for place, target in enumerate(targets):
            if gate.remaining_ttl() < 1:
                break
            outcome, arrives = ANSWERS[self.plan[place % len(self.plan)]]
            self.tried.add(target.address)
            self.received[target.address] += arrives
            results[target.ticket] = outcome
            if outcome.ends_batch:
                break
        sending = Sending(Future(), {})
        self.waiting[id(sending.done)] = results
        return sending

    def answer(self, sending: Sending) -> dict[int, Outcome]:
        results = self.waiting.pop(id(sending.done))
        sending.results.update(results)
        sending.done.set_result(None)
        return results

    def accept(self, project: str) -> None:
        pass

    def reject(self, project: str, bearer: str) -> bool:
        return True


class Worker(worker.SendLoop):
    """One worker, run step by step."""

    def __init__(self, phones: Phones) -> None:
        super().__init__(phones, 10**6)  # type: ignore[arg-type]
        self._brakes = BrakeMonitor()

    def claim(self) -> None:
        self._brakes.read()
        self._projects_until = 0.0
        self._claim_from_each_project()


class Life(RuleBasedStateMachine):
    """The state machine; see the module."""

    @initialize()
    def begin(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE notifications_quota, notifications_campaign CASCADE")
        make.app()
        for number in range(DEVICES):
            if not Registration.objects.filter(address_digest=_digest_of(number), gone_at=None, segment__locale="en").exists():
                make.installation(number)
        self.phones = Phones()
        self.workers = [Worker(self.phones) for _ in range(3)]
        self.left: set[str] = set()
        #: Messages that arrived without being settled, and uncertain tries: they may be repeated.
        self.may_repeat = 0
        self.campaign = make.campaign()
        self.staff = make.campaign_staff()[0]
        tick()

    @property
    def state(self) -> str:
        self.campaign.refresh_from_db()
        return str(self.campaign.state)

    @rule()
    def wake_up(self) -> None:
        tick()

    @rule(number=workers, plan=answers)
    def claim(self, number: int, plan: list[str]) -> None:
        self.phones.plan = plan
        self.workers[number].claim()

    @rule(number=workers)
    def settle(self, number: int) -> None:
        for batch in list(self.workers[number]._open):
            self.workers[number]._open.remove(batch)
            results = self.phones.answer(batch.sending)
            alive = Batch.objects.filter(
                pk=batch.claim.id, fence=batch.claim.fence, state="claimed", lease_until__gt=scheduler.database_now()
            ).exists()
            # An uncertain try is repeated once; a batch whose settlement is void, as a whole.
            self.may_repeat += (
                sum(outcome.result is SendResult.UNCERTAIN for outcome in results.values()) if alive else len(results)
            )
            self.workers[number]._settle(batch)
            assert not claims.settle(batch.claim, settle_outcomes(batch, results, halting=False)), "settled twice"

    @rule(number=workers)
    def crash(self, number: int) -> None:
        for batch in self.workers[number]._open:
            self.may_repeat += len(self.phones.waiting.pop(id(batch.sending.done)))
        self.workers[number] = Worker(self.phones)

    @rule()
    def leases_run_out(self) -> None:
        Batch.objects.filter(state="claimed").update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))

    @rule()
    def time_goes_by(self) -> None:
        Batch.objects.filter(state="open").update(ready_at=datetime(2026, 1, 1, tzinfo=UTC))
        Quota.objects.update(blocked_until=None, booked_until=datetime(2026, 1, 1, tzinfo=UTC))

    @rule()
    def the_clock_steps_back(self) -> None:
        """Move stored instants into the future, as after a step of the database's clock."""
        with connection.cursor() as cursor:
            cursor.execute("UPDATE notifications_batch SET ready_at = ready_at + interval '10 s' WHERE state = 'open'")
            cursor.execute("UPDATE notifications_quota SET booked_until = booked_until + interval '10 s'")

    @precondition(lambda self: self.state == "sending")
    @rule()
    def pause(self) -> None:
        lifecycle.pause(self.campaign, by=self.staff, at=datetime.now(UTC))

    @precondition(lambda self: self.state in ("paused", "halted"))
    @rule()
    def resume(self) -> None:
        lifecycle.resume(self.campaign, by=self.staff, at=datetime.now(UTC))

    @rule(number=st.integers(0, DEVICES - 1))
    def an_installation_is_deleted(self, number: int) -> None:
        self.left.add(make.fid(number))
        digest = _digest_of(number)
        Registration.objects.filter(address_digest=digest).delete()

    @rule(number=st.integers(0, DEVICES - 1))
    def an_installation_moves(self, number: int) -> None:
        self.left.add(make.fid(number))
        make.installation(number, locale="cy")

    @invariant()
    def the_counts_add_up(self) -> None:
        if not hasattr(self, "campaign"):
            return
        counts = progress_of(self.campaign)
        parts = counts["accepted"] + sum(counts["rejected"].values()) + counts["unknown"] + counts["skipped"]
        assert counts["pending"] >= 0
        assert counts["devices"] == parts + counts["pending"] == DEVICES

    @invariant()
    def repeats_are_what_was_unsettled(self) -> None:
        if hasattr(self, "phones"):
            unsettled = sum(map(len, self.phones.waiting.values()))
            repeats = sum(number - 1 for number in self.phones.received.values() if number > 1)
            assert repeats <= self.may_repeat + unsettled

    def teardown(self) -> None:
        """Run the campaign to its end: nobody is missed."""
        if not hasattr(self, "campaign"):
            return
        self.phones.plan = ["accepted"]
        for _ in range(30):
            if self.state == "done":
                break
            if self.state in ("paused", "halted"):
                self.resume()
            for number in range(3):
                self.settle(number)
                self.crash(number)
            self.leases_run_out()
            self.time_goes_by()
            for number in range(3):
                self.claim(number, ["accepted"])
                self.settle(number)
                self.time_goes_by()
            self.wake_up()
        self.the_counts_add_up()
        self.repeats_are_what_was_unsettled()
        counts = progress_of(self.campaign)
        assert (counts["state"], counts["pending"]) == ("done", 0)
        missed = {make.fid(number) for number in range(DEVICES)} - self.phones.tried - self.left
        assert missed == set()
        assert not Batch.objects.exists()


def _digest_of(number: int) -> str:
    from notifications.registrations import sealed

    return sealed.digest("fingerpost-test", make.fid(number))


@pytest.mark.slow
def test_nobody_is_missed_or_doubled_in_any_order_of_events(monkeypatch: pytest.MonkeyPatch) -> None:
    # Small batches and a small canary, so that there are many of them.
    monkeypatch.setattr(planner, "BATCH_SIZE", 8)
    monkeypatch.setattr(planner, "CANARY_SIZE", 6)
    monkeypatch.setattr(fcm, "MAX_SLOW_RESPONSES", 4)

    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=examples(20),
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            # No shrinking: it would take longer than finding the failure.
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
        ),
    )


def test_the_state_machine_notices_a_batch_that_is_sent_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(claim: Any, result: Any) -> bool:
        Batch.objects.filter(pk=claim.id).update(state="open", lease_until=None)
        return False

    monkeypatch.setattr(claims, "settle", forgets)
    life = Life()
    life.begin()
    for _ in range(2):
        life.claim(0, ["accepted"])
        life.settle(0)
    life.may_repeat = 0
    life.phones.waiting.clear()

    with pytest.raises(AssertionError):
        life.repeats_are_what_was_unsettled()
    assert Campaign.objects.count() == 1


def test_a_busy_worker_notices_a_wave_that_begins_in_another_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "BATCH_SIZE", 8)
    make.app()
    make.installations(DEVICES)
    make.app("other", project="another-project")
    for number in range(100, 130):
        make.installation(number, app="other")
    make.campaign()
    tick()
    busy = Worker(Phones())
    busy._brakes.read()
    busy._claim_from_each_project()
    make.campaign(apps=["other"])
    tick()

    deadline = time.monotonic() + 2
    while {batch.permit.project for batch in busy._open} != {"fingerpost-test", "another-project"}:
        assert time.monotonic() < deadline
        busy._claim_from_each_project()
        time.sleep(0.05)
