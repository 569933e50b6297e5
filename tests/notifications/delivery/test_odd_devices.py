"""One odd device never holds the others: it is tried by itself, with an end, and says nothing about FCM."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from notifications.campaigns.progress import progress_of
from notifications.delivery import fcm, planner, settlements, worker
from notifications.models import Batch, Campaign, Quota, Registration, Wave
from notifications.models.quota import configured_rate
from notifications.registrations import sealed, simulation
from tests import make
from tests.faults.workers import until
from tests.notifications.steps import end_waits, tick
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = 1_200


@pytest.fixture
def many(fcm_emulator: Emulator) -> Emulator:
    make.app()
    simulation.register_many(DEVICES, app="parent", country="GB", at=datetime.now(UTC))
    return fcm_emulator


def _prepare() -> Campaign:
    campaign = make.campaign()
    tick()
    return campaign


def _one_of_the_canary(emulator: Emulator, answer: str, **rule: Any) -> str:
    """Let one address of the canary get this answer each time; return the address."""
    address = _address(sorted(Wave.objects.get().canary)[0])
    emulator.plan([{"match": {"address_prefix": address}, "answer": answer, **rule}])
    return address


def _address(ticket: int) -> str:
    row = Registration.objects.get(ticket=ticket)
    (address,) = sealed.unseal_all([(row.address_sealed, row.address_digest)])
    assert address is not None
    return address


@pytest.mark.sampled
@pytest.mark.parametrize("answer", ["INTERNAL", "UNAVAILABLE", "UNAUTHENTICATED", "THIRD_PARTY_AUTH", "QUOTA_DEVICE"])
def test_one_device_of_the_canary_does_not_hold_the_others(many: Emulator, answer: str) -> None:
    campaign = _prepare()
    _one_of_the_canary(many, answer)

    worker.run(seconds=20)
    tick()

    counts = progress_of(campaign)
    assert counts["accepted"] == DEVICES - 1, counts
    assert counts["halted"] is None
    assert many.counts()["doubled"] == 0
    assert Quota.objects.get().rate == pytest.approx(configured_rate())


def test_a_device_that_always_fails_is_counted_as_unknown_after_the_last_try(
    many: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settlements, "MAX_DEVICE_TRIES", 3)
    campaign = _prepare()
    _one_of_the_canary(many, "INTERNAL")

    for _ in range(4):
        worker.run(seconds=10)
        end_waits()
    tick()

    counts = progress_of(campaign)
    assert (counts["state"], counts["accepted"], counts["unknown"], counts["pending"]) == ("done", DEVICES - 1, 1, 0)
    assert many.counts()["messages"] == DEVICES + 2


def test_waits_of_single_devices_add_up_to_about_an_hour() -> None:
    tries = range(settlements.MAX_DEVICE_TRIES - 1)
    waits = [min(settlements.INITIAL_BACKOFF * 2**number, settlements.MAX_DEVICE_BACKOFF) for number in tries]

    assert 2_500 < sum(waits) < 3_700


def test_a_quota_of_one_device_blocks_no_other_and_is_tried_again_after_a_minute(many: Emulator) -> None:
    campaign = _prepare()
    _one_of_the_canary(many, "QUOTA_DEVICE", times=1)

    worker.run(seconds=20)

    quota = Quota.objects.get()
    (waiting,) = Batch.objects.filter(state="open")
    assert (quota.blocked_until, quota.consecutive_blocks, len(waiting.retry_tickets)) == (None, 0, 1)
    assert 45 < (waiting.ready_at - datetime.now(UTC)).total_seconds() <= 60
    end_waits()
    worker.run(seconds=10)
    tick()
    assert progress_of(campaign)["accepted"] == DEVICES


@pytest.mark.slow
@pytest.mark.parametrize("every", [250, 64, 25])
def test_some_slow_or_failing_devices_do_not_lower_the_rate(many: Emulator, every: int) -> None:
    _prepare()
    many.plan([{"match": {"every": every}, "answer": "INTERNAL"}])

    worker.run(seconds=20)

    assert Quota.objects.get().rate == pytest.approx(configured_rate())
    assert Batch.objects.filter(device_tries__gt=0).exists()


def test_a_lowered_rate_rises_while_some_devices_fail(many: Emulator) -> None:
    _prepare()
    many.plan([{"match": {"every": 64}, "answer": "INTERNAL"}])
    Quota.objects.permit("fingerpost-test", messages=1)
    low = configured_rate() / 2
    Quota.objects.update(rate=low, changed_at=datetime(2026, 1, 1, tzinfo=UTC))

    worker.run(seconds=20)

    assert Quota.objects.get().rate > low


def test_fcm_in_trouble_still_lowers_the_rate(many: Emulator) -> None:
    _prepare()
    many.plan([{"match": {"every": 6}, "answer": "UNAVAILABLE"}])
    Quota.objects.permit("fingerpost-test", messages=1)
    # A rate changes at most once a second.
    Quota.objects.update(changed_at=datetime(2026, 1, 1, tzinfo=UTC))

    worker.run(seconds=20)
    # The canary is decided by its second try.
    end_waits()
    worker.run(seconds=20)

    assert Quota.objects.get().rate < configured_rate()


def test_an_outage_of_fcm_uses_up_no_devices_tries(many: Emulator) -> None:
    campaign = _prepare()
    many.plan([{"match": {"any": True}, "answer": "UNAVAILABLE"}])

    for _ in range(5):
        worker.run(seconds=3)
        end_waits()
        Quota.objects.update(blocked_until=None)

    assert max(Batch.objects.values_list("device_tries", flat=True)) <= 1
    many.plan([])
    for _ in range(4):
        worker.run(seconds=20)
        end_waits()
    tick()
    assert progress_of(campaign)["accepted"] == DEVICES


def test_a_token_that_fcm_rejects_is_renewed_and_sending_goes_on(many: Emulator) -> None:
    campaign = _prepare()
    # A token that Google has withdrawn. To let FCM refuse a number of requests would not do: how many of them bear the first
    # token depends on the machine.
    sender = fcm.sender()
    sender.authorize(many.project)
    sender._accounts[many.project]._credentials.token = "withdrawn"

    for _ in range(3):
        worker.run(seconds=20)
        end_waits()
    tick()

    assert (progress_of(campaign)["accepted"], progress_of(campaign)["halted"]) == (DEVICES, None)
    # FCM has seen the withdrawn token.
    assert many.counts()["by_answer"]["UNAUTHENTICATED"] > 0


def test_a_second_rejected_token_halts_for_everybody(many: Emulator) -> None:
    campaign = _prepare()
    many.plan([{"match": {"any": True}, "answer": "UNAUTHENTICATED"}])

    for _ in range(3):
        worker.run(seconds=5)
        end_waits()
    tick()

    counts = progress_of(campaign)
    assert counts["state"] == "halted"
    assert "credentials (401)" in counts["halted"]
    assert Registration.objects.reachable().count() == DEVICES


def test_one_platform_whose_key_fails_halts_and_marks_nobody(fcm_emulator: Emulator) -> None:
    make.app()
    for number in range(60):
        make.installation(number, platform="ios" if number < 20 else "android")
    fcm_emulator.plan([{"match": {"address_prefix": make.fid(n)}, "answer": "THIRD_PARTY_AUTH"} for n in range(20)])
    campaign = _prepare()

    worker.run(seconds=10)
    tick()

    counts = progress_of(campaign)
    assert (counts["state"], counts["skipped"], sum(counts["rejected"].values())) == ("halted", 0, 0)
    # The batches of both platforms are sent at the same time, and the campaign halts before or after the other one has begun.
    assert (counts["accepted"], counts["pending"]) in {(0, 60), (40, 20)}
    assert "push service" in counts["halted"]
    assert Registration.objects.reachable().count() == 60


@pytest.mark.slow
def test_batches_that_wait_for_one_response_take_the_place_of_no_others(many: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "BATCH_SIZE", 20)
    _prepare()
    Batch.objects.filter(canary=True).update(canary=False)
    many.plan([{"match": {"every": 20}, "answer": "HANG"}])
    enough = 20 * (worker.MAX_UNFINISHED_BATCHES + 8)

    def send() -> None:
        try:
            worker.run(seconds=10)
        finally:
            connection.close()

    thread = threading.Thread(target=send)
    thread.start()
    until(lambda: many.counts()["messages"] >= enough)
    counts = many.counts()
    thread.join()

    # None of the first batches can have been settled by then.
    assert counts["last_at"] - counts["first_at"] < fcm.REQUEST_TIMEOUT
