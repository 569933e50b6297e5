"""Urgent campaigns come first and others go on; no campaign holds up another, also at a low rate."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, worker
from notifications.models import Batch, Campaign, Quota
from notifications.models.batch import LEASE
from notifications.models.quota import AHEAD, MAX_PERMIT_SECONDS, Permit, QuotaQuerySet, batch_size, canary_size, configured_rate
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = "fingerpost-test"
SEVERE = {"severity": "Severe", "urgency": "Immediate", "certainty": "Observed", "status": "Actual"}


@pytest.fixture
def slow(settings: Any) -> None:
    """Allow 155 messages a second."""
    settings.FCM_MESSAGES_PER_MINUTE, settings.FCM_QUOTA_SHARE = 12_000, 0.8


def _claimed(times: int) -> Counter[int]:
    """Claim and release so many times; return how often each campaign was claimed."""
    found: Counter[int] = Counter()
    for _ in range(times):
        claim = claims.claim_batch(PROJECT)
        assert claim is not None
        claims.release(claim)
        found[claim.campaign_id] += 1
    return found


def test_an_urgent_campaign_comes_first_and_the_others_go_on() -> None:
    make.app()
    make.installations(30)
    usual, urgent = make.campaign(), make.campaign(alert=SEVERE)
    tick()

    found = _claimed(200)

    # Nine in ten: the bounds are more than four standard deviations away.
    assert 160 <= found[urgent.pk] <= 198
    assert found[usual.pk] == 200 - found[urgent.pk]


@pytest.mark.parametrize("kind", ["update", "cancel", "all-clear"])
def test_what_corrects_or_ends_an_alert_is_urgent(kind: str) -> None:
    make.app()
    make.installations(30)
    first = make.campaign()
    make.campaign(kind=kind, references=first.pk)
    tick()

    claim = claims.claim_batch(PROJECT)

    assert claim is not None
    assert claim.urgent


def test_campaigns_of_one_class_have_the_same_share_whatever_their_size() -> None:
    make.app()
    make.app("small")
    simulation.register_many(3_000, app="parent", country="GB", at=datetime.now(UTC))
    for number in range(30):
        make.installation(number, app="small")
    large = make.campaign()
    tick()
    Batch.objects.filter(canary=True).update(canary=False)
    small = make.campaign(apps=["small"])
    tick()

    found = _claimed(200)

    assert 70 <= found[small.pk] <= 130
    assert found[large.pk] == 200 - found[small.pk]


@pytest.mark.usefixtures("slow")
def test_batches_and_canaries_are_small_at_a_low_rate() -> None:
    make.app()
    simulation.register_many(400, app="parent", country="GB", at=datetime.now(UTC))
    make.campaign()

    tick()

    assert (batch_size(), canary_size()) == (38, 92)
    usual = Batch.objects.filter(canary=False, second=False).values_list("size", flat=True)
    assert {size for size in usual if size != 38} <= {(400 - 2 * 92) % 38}
    assert (Batch.objects.get(canary=True).size, Batch.objects.get(second=True).size) == (92, 92)
    assert sum(Batch.objects.values_list("size", flat=True)) == 400


@pytest.mark.parametrize(("a_minute", "size", "canary"), [(600_000, 500, 200), (600, 5, 20), (60, 5, 20)])
def test_a_batch_ends_within_its_lease_at_every_rate(settings: Any, a_minute: int, size: int, canary: int) -> None:
    settings.FCM_MESSAGES_PER_MINUTE = a_minute
    Quota.objects.permit(PROJECT, messages=1)
    for _ in range(30):
        Quota.objects.update(changed_at=datetime(2026, 1, 1, tzinfo=UTC))
        Quota.objects.slow_down(PROJECT)
    lowest = Quota.objects.get().rate

    assert (batch_size(), canary_size()) == (size, canary)
    seconds = LEASE.total_seconds() - worker.LEASE_RESERVE
    assert seconds > MAX_PERMIT_SECONDS
    assert max(size, canary) / lowest < seconds


def test_a_permit_is_for_no_more_than_can_be_sent_within_a_lease(settings: Any) -> None:
    settings.FCM_MESSAGES_PER_MINUTE, settings.FCM_QUOTA_SHARE = 600, 0.8

    permit = Quota.objects.permit(PROJECT, messages=500)

    assert permit is not None
    assert permit.messages == int(configured_rate() * MAX_PERMIT_SECONDS) == 154
    assert permit.ends - permit.starts == pytest.approx(MAX_PERMIT_SECONDS, abs=0.2)


def test_an_urgent_permit_begins_during_a_long_one_and_keeps_to_the_rate(settings: Any) -> None:
    settings.FCM_MESSAGES_PER_MINUTE, settings.FCM_QUOTA_SHARE = 600, 0.8
    long = Quota.objects.permit(PROJECT, messages=500)
    assert long is not None
    assert Quota.objects.permit(PROJECT, messages=5) is None

    taken = [Quota.objects.permit(PROJECT, messages=5, urgent=True) for _ in range(4)]

    given = [one for one in taken if one is not None]
    assert given[0].starts < long.starts + 1
    # 0.65 s each: the second one would begin further ahead than half a second.
    assert len(given) == 1
    assert given[0].ends - given[0].starts == pytest.approx(5 / configured_rate(), rel=0.01)
    Quota.objects.block(PROJECT, reason="quota", seconds=60, initial=1, maximum=60)
    Quota.objects.update(urgent_until=None)
    assert Quota.objects.permit(PROJECT, messages=5, urgent=True) is None


def test_a_booking_from_before_a_step_of_the_clock_holds_nothing_up() -> None:
    Quota.objects.permit(PROJECT, messages=1)
    Quota.objects.update(booked_until=timezone.now() + timedelta(hours=1), urgent_until=timezone.now() + timedelta(hours=1))

    for urgent in (False, True):
        permit = Quota.objects.permit(PROJECT, messages=5, urgent=urgent)
        assert permit is not None
        assert permit.starts < time.time() + AHEAD + 1


def test_what_a_permit_has_no_room_for_is_sent_under_the_next(fcm_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    whole = QuotaQuerySet.permit

    def for_seven(self: QuotaQuerySet, project: str, *, messages: int, **more: Any) -> Permit | None:
        return whole(self, project, messages=min(messages, 7), **more)

    monkeypatch.setattr(QuotaQuerySet, "permit", for_seven)

    tick_and_send()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], fcm_emulator.counts()["doubled"]) == ("done", 30, 0)


def test_a_batch_without_a_permit_is_released_in_the_end(fcm_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    make.app()
    make.installations(30)
    make.campaign()
    tick()
    monkeypatch.setattr(QuotaQuerySet, "permit", lambda *_, **__: None)

    worker.run(seconds=0.5)

    assert list(Batch.objects.values_list("state", "claims")) == [("open", 0)]


@pytest.mark.slow
@pytest.mark.usefixtures("slow")
def test_an_urgent_alert_begins_within_two_seconds_beside_a_large_one_at_a_low_rate(fcm_emulator: Emulator) -> None:
    make.app()
    make.app("small")
    simulation.register_many(6_000, app="parent", country="GB", at=datetime.now(UTC))
    for number in range(220):
        make.installation(number, app="small")
    large = make.campaign()
    with Working():
        _until(lambda: fcm_emulator.counts(alert=str(large.pk))["messages"] > 300)
        before = fcm_emulator.counts(alert=str(large.pk))["messages"]
        urgent = make.campaign(apps=["small"], alert=SEVERE)
        _until(lambda: fcm_emulator.counts(alert=str(urgent.pk))["messages"] > 0)
        meanwhile = fcm_emulator.counts(alert=str(large.pk))["messages"] - before
        _until(lambda: progress_of(urgent)["state"] == "done")

    # Two seconds' worth of messages, so that a slow machine does not matter.
    assert meanwhile <= 2 * configured_rate()
    assert progress_of(large)["pending"] > 3_000
    assert fcm_emulator.counts()["doubled"] == 0


class Working:
    """Run a scheduler and a worker in threads."""

    def __enter__(self) -> None:
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._repeat, args=[step]) for step in (tick, lambda: worker.run(seconds=5))]
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, step: Callable[[], object]) -> None:
        try:
            while not self._over.is_set():
                step()
                self._over.wait(0.2)
        finally:
            connection.close()


def _until(check: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, list(Campaign.objects.values("id", "state", "reason"))
        time.sleep(0.05)
