"""Each row of the error table: the expected halt or wait, its sentence, and no registration deleted."""

from __future__ import annotations

import resource
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.campaigns.progress import progress_of
from notifications.console import campaign_display
from notifications.delivery import fcm, worker
from notifications.models import Batch, Campaign, Quota, Registration
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import end_waits, tick
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

DEVICES = 700


@pytest.fixture
def some(fcm_emulator: Emulator) -> Emulator:
    make.app()
    simulation.register_many(DEVICES, app="parent", country="GB", at=datetime.now(UTC))
    return fcm_emulator


def send(emulator: Emulator, *rules: dict[str, Any], seconds: float = 8) -> Campaign:
    """Send one campaign while the emulator follows these rules, and run the scheduler once."""
    emulator.plan([{"match": {"any": True}, **rule} if "match" not in rule else rule for rule in rules])
    campaign = make.campaign()
    tick()
    worker.run(seconds=seconds)
    tick()
    campaign.refresh_from_db()
    return campaign


def console(campaign: Campaign) -> str:
    """Return the sentences of the console: why the campaign halted, what it waits for, what needs attention."""
    shown = campaign_display.progress(campaign)
    return " ".join(shown[name] for name in ("halted", "waiting", "notice") if shown[name])


def nobody_is_deleted() -> bool:
    return Registration.objects.count() == Registration.objects.reachable().count() == DEVICES


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("UNREGISTERED", "more than half of the first phones gone"),
        ("INVALID_ADDRESS", "more than half of the first phones gone"),
        ("INVALID_PAYLOAD", "FCM refused the message itself (message.data[0].value)"),
        ("TOO_BIG", "FCM refused the message itself"),
        ("HTML_404", "404 without UNREGISTERED"),
        ("UNAUTHENTICATED", "does not accept our credentials (401)"),
        ("THIRD_PARTY_AUTH", "push service does not accept our key"),
        ("SENDER_ID_MISMATCH", "belong to another sending account"),
    ],
)
def test_a_response_that_concerns_all_halts_after_the_canary(some: Emulator, answer: str, words: str) -> None:
    campaign = send(some, {"answer": answer})

    assert campaign.state == "halted"
    assert words in console(campaign)
    # The canary, and the second group where the devices themselves may be the cause.
    of_devices = answer in ("UNREGISTERED", "INVALID_ADDRESS", "THIRD_PARTY_AUTH", "SENDER_ID_MISMATCH")
    assert some.counts()["messages"] <= (400 if of_devices else 200)
    assert nobody_is_deleted()


@pytest.mark.sampled
@pytest.mark.parametrize("answer", ["QUOTA", "QUOTA_PROJECT"])
@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        (30, 25, 31),
        ({"date_in": 30}, 24, 31),
        # Without Retry-After, or with an invalid one, Google recommends a minute; no wait is longer than 15 minutes.
        (None, 55, 70),
        ("soon", 55, 70),
        ("-5", 55, 70),
        (0, 55, 70),
        (10**9, 890, 901),
    ],
)
def test_a_429_blocks_the_project_for_as_long_as_retry_after_says(
    some: Emulator, answer: str, retry_after: Any, least: float, most: float
) -> None:
    rule = {"answer": answer} | ({} if retry_after is None else {"retry_after": retry_after})
    campaign = send(some, rule, seconds=3)

    quota = Quota.objects.get()
    assert campaign.state == "sending"
    assert "quota is used up (429). Trying again at" in console(campaign)
    assert quota.blocked_until is not None
    assert least < (quota.blocked_until - datetime.now(UTC)).total_seconds() <= most
    # Only the requests that were already in flight were made in vain.
    assert some.counts()["messages"] <= fcm.CONCURRENT_REQUESTS_PLAIN
    assert (progress_of(campaign)["pending"], nobody_is_deleted()) == (DEVICES, True)


@pytest.mark.parametrize("answer", ["UNAVAILABLE", "INTERNAL"])
def test_an_unavailable_fcm_is_blocked_and_tried_again(some: Emulator, answer: str) -> None:
    campaign = send(some, {"answer": answer}, seconds=2)

    assert campaign.state == "sending"
    assert "FCM responds that it is unavailable. Trying again at" in console(campaign)
    assert Quota.objects.get().rate < 8_000
    assert (progress_of(campaign)["pending"], nobody_is_deleted()) == (DEVICES, True)

    some.plan([])
    end_waits()
    worker.run(seconds=10)
    tick()
    assert progress_of(campaign)["accepted"] == DEVICES
    assert some.counts()["doubled"] == 0


def test_an_occasional_503_slows_nothing_down_and_loses_nobody(some: Emulator) -> None:
    campaign = send(some, {"match": {"every": 150}, "answer": "UNAVAILABLE"})
    rate = Quota.objects.get().rate
    some.plan([])
    Batch.objects.filter(state="open").update(ready_at=datetime(2026, 1, 1, tzinfo=UTC))
    worker.run(seconds=10)
    tick()

    assert rate == pytest.approx(600_000 * 0.8 / 62)
    assert (progress_of(campaign)["accepted"], some.counts()["doubled"]) == (DEVICES, 0)


@pytest.mark.slow
@pytest.mark.parametrize("answer", ["DRIP", "HANG_AFTER_ACCEPT", "RESET_AFTER_ACCEPT"])
def test_a_response_that_never_ends_is_retried_once_and_then_unknown(
    some: Emulator, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr(fcm, "REQUEST_TIMEOUT", 1.5)
    fcm._sender_of.cache_clear()
    campaign = send(some, {"answer": answer, "times": 6}, {"answer": answer, "match": {"address_hash_share": 0.01}}, seconds=6)
    for _ in range(3):
        Batch.objects.filter(state="open").update(ready_at=datetime(2026, 1, 1, tzinfo=UTC))
        worker.run(seconds=6)
    tick()

    counts = progress_of(campaign)
    assert counts["state"] == "done"
    assert counts["accepted"] + counts["unknown"] == DEVICES
    assert counts["unknown"] >= 1
    assert {one["tag"] for one in some.each()} == {str(campaign.pk)}
    assert max(one["received"] for one in some.each()) == 2
    assert nobody_is_deleted()


@pytest.mark.slow
def test_a_response_of_a_gigabyte_is_cut_off_and_halts_the_campaign(some: Emulator) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    campaign = send(some, {"answer": "HUGE"})

    assert campaign.state == "halted"
    assert "Something other than FCM responded 200" in console(campaign)
    # In kilobytes: each response was read to 64 KiB and no further.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000
    assert nobody_is_deleted()


def test_an_account_that_is_missing_midway_waits_until_it_is_there(some: Emulator, settings: Any) -> None:
    good = settings.FIREBASE_PROJECTS
    campaign = make.campaign()
    tick()
    settings.FIREBASE_PROJECTS = {}
    worker.run(seconds=3)
    tick()
    waiting = console(campaign)

    settings.FIREBASE_PROJECTS = good
    worker.run(seconds=10)
    tick()

    assert "names no service-account file" in waiting
    assert (progress_of(campaign)["accepted"], nobody_is_deleted()) == (DEVICES, True)


@pytest.mark.slow
def test_a_campaign_begins_at_its_second_although_the_tick_comes_later(some: Emulator) -> None:
    due = datetime.now(UTC).replace(microsecond=0).timestamp() + 4
    make.campaign(schedule={"at": datetime.fromtimestamp(due, UTC).isoformat()})
    while datetime.now(UTC).timestamp() < due - 2:
        tick()
        time.sleep(0.2)
    early = worker.run(seconds=0)
    awake = tick()

    worker.run(seconds=8)

    counts = some.counts()
    assert (early, awake) == (0, True)
    assert due <= counts["first_at"] < due + 1
    assert counts["accepted_total"] == DEVICES
