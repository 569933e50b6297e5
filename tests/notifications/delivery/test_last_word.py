"""After a cancel, an update or an all-clear is approved, nothing older of its thread reaches a phone."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from core.errors import Conflict
from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, scheduler, worker
from notifications.delivery.brake_monitor import MAX_AGE, MAX_DELAY, BrakeMonitor
from notifications.delivery.fcm import REQUEST_TIMEOUT
from notifications.models import Batch, Campaign
from notifications.models.batch import ORDER_WAIT
from notifications.registrations import simulation
from tests import make
from tests.notifications.steps import end_leases, end_waits, tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = "fingerpost-test"


def _cancel(campaign: Campaign, **changes: Any) -> Campaign:
    defaults: dict[str, Any] = {"kind": "cancel", "references": campaign.pk}
    return make.campaign(**(defaults | changes))


def _of(emulator: Emulator, campaign: Campaign) -> dict[str, Any]:
    """Return the emulator's counts of one revision."""
    counts: dict[str, Any] = emulator.counts(rev=str(campaign.rev))
    return counts


def test_what_was_to_be_tried_again_is_skipped_once_a_cancel_is_approved(thirty: Emulator) -> None:
    alert = make.campaign()
    thirty.plan([{"match": {"any": True}, "answer": "UNAVAILABLE"}])
    tick_and_send(seconds=2)
    tried = _of(thirty, alert)["messages"]
    assert tried

    thirty.plan([])
    cancel = _cancel(alert)
    end_waits()
    tick_and_send()

    counts = progress_of(alert)
    assert (counts["state"], counts["skipped"], counts["accepted"], counts["pending"]) == ("done", 30, 0, 0)
    assert f"Campaign {cancel.pk} (recall) replaced this one" in counts["notice"]
    assert _of(thirty, alert)["messages"] == tried
    assert progress_of(cancel)["accepted"] == 30
    assert progress_of(cancel)["notice"] is None


def test_a_wave_that_is_due_later_is_skipped_once_an_update_is_approved(thirty: Emulator) -> None:
    make.installation(100, country="NZ", time_zone="Pacific/Auckland")
    both = {"countries": ["GB", "NZ"], "audiences": ["parent"]}
    alert = make.campaign(audience=both)
    tick()
    Batch.objects.filter(wave__campaign=alert).update(ready_at=timezone.now() + timedelta(hours=9))

    _cancel(alert, kind="update", audience=both)
    tick()
    end_waits()
    tick_and_send()

    counts = progress_of(alert)
    assert (counts["state"], counts["skipped"]) == ("done", 31)
    assert _of(thirty, alert)["messages"] == 0


def test_a_cancel_that_respects_quiet_hours_ends_its_alert_before_it_begins(thirty: Emulator) -> None:
    alert = make.campaign()
    tick()

    later = (timezone.now() + timedelta(hours=2)).isoformat()
    _cancel(alert, schedule={"at": later})
    tick()

    counts = progress_of(alert)
    assert (counts["state"], counts["skipped"], counts["pending"]) == ("done", 30, 0)


def test_a_revision_approved_before_its_alert_begins_lets_it_expire(thirty: Emulator) -> None:
    alert = make.campaign(schedule={"at": (timezone.now() + timedelta(hours=2)).isoformat()})

    _cancel(alert)
    tick_and_send()

    alert.refresh_from_db()
    assert alert.state == "expired"
    assert _of(thirty, alert)["messages"] == 0


def test_a_paused_alert_ends_and_cannot_be_resumed_once_a_cancel_is_approved(thirty: Emulator) -> None:
    alert = make.campaign()
    tick()
    author, approver = make.campaign_staff()
    alert.refresh_from_db()
    lifecycle.pause(alert, by=author, at=timezone.now())

    cancel = _cancel(alert)

    with pytest.raises(Conflict, match=f"Campaign {cancel.pk}, a newer revision"):
        lifecycle.resume(alert, by=approver, at=timezone.now())
    tick()
    alert.refresh_from_db()
    assert (alert.state, alert.skipped) == ("done", 30)


def test_an_older_revision_cannot_be_approved_after_a_newer_one(thirty: Emulator) -> None:
    alert = make.campaign()
    second = make.campaign(state="submitted", kind="update", references=alert.pk)
    third = _cancel(alert)
    _, approver = make.campaign_staff()

    with pytest.raises(Conflict, match=f"Campaign {third.pk}, a newer revision") as refused:
        lifecycle.approve(second, fingerprint=second.fingerprint, by=approver, at=timezone.now())

    assert refused.value.code_name == "superseded"
    second.refresh_from_db()
    assert second.state == "submitted"


def test_an_exercise_replaces_no_real_alert(thirty: Emulator) -> None:
    make.app("test-devices", test=True)
    alert = make.campaign()
    tick()

    make.campaign(
        kind="update", references=alert.pk, apps=["test-devices"],
        alert={"severity": "Moderate", "urgency": "Expected", "certainty": "Likely", "status": "Test"},
    )  # fmt: skip
    tick_and_send()

    assert progress_of(alert)["accepted"] == 30


def test_a_newer_revision_waits_until_no_request_of_an_older_one_can_be_under_way(thirty: Emulator) -> None:
    alert = make.campaign()
    tick()
    held = claims.claim_batch(PROJECT)
    assert held is not None
    cancel = _cancel(alert)
    tick()

    assert claims.claim_batch(PROJECT) is None
    claims.release(held)
    first = claims.claim_batch(PROJECT)
    assert first is not None
    assert first.campaign_id == cancel.pk


def test_a_worker_that_died_with_an_older_revision_delays_a_newer_one_by_seconds_only(thirty: Emulator) -> None:
    alert = make.campaign()
    tick()
    assert claims.claim_batch(PROJECT) is not None
    cancel = _cancel(alert, kind="all-clear")
    tick()
    assert claims.claim_batch(PROJECT) is None

    with connection.cursor() as cursor:
        # The rule that an approval is given once is not what is tested here.
        cursor.execute("ALTER TABLE notifications_campaign DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE notifications_campaign SET approved_at = approved_at - make_interval(secs => %s) WHERE id = %s",
            [ORDER_WAIT, cancel.pk],
        )
        cursor.execute("ALTER TABLE notifications_campaign ENABLE TRIGGER USER")

    following = claims.claim_batch(PROJECT)
    assert following is not None
    assert following.campaign_id == cancel.pk
    assert MAX_AGE + MAX_DELAY + REQUEST_TIMEOUT <= ORDER_WAIT < 20


def test_an_abandoned_batch_of_an_older_revision_is_not_claimed_again(thirty: Emulator) -> None:
    alert = make.campaign()
    tick()
    assert claims.claim_batch(PROJECT) is not None
    _cancel(alert)

    end_leases()

    assert claims.claim_batch(PROJECT) is None
    tick()
    counts = progress_of(alert)
    # Its worker may have sent some of them.
    assert (counts["state"], counts["unknown"], counts["skipped"]) == ("done", 30, 0)


def test_senders_notice_an_approved_successor_with_the_next_look_at_the_brakes(thirty: Emulator) -> None:
    alert = make.campaign()
    tick()
    brakes = BrakeMonitor()
    brakes.read()
    assert brakes.allows(alert.pk, PROJECT)

    _cancel(alert)
    brakes.read()

    assert not brakes.allows(alert.pk, PROJECT)


@pytest.mark.slow
def test_a_cancel_approved_at_full_rate_comes_after_the_last_message_of_its_alert(fcm_emulator: Emulator) -> None:
    make.app()
    simulation.register_many(6_000, app="parent", country="GB", at=datetime.now(UTC))
    fcm_emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 300}])
    alert = make.campaign()
    tick()
    cancelled = threading.Event()

    def send() -> None:
        try:
            while worker.run(seconds=30) or not cancelled.is_set():
                time.sleep(0.05)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    _until(lambda: fcm_emulator.counts()["messages"] > 700)
    cancel = _cancel(alert)
    fcm_emulator.plan([])
    _until(lambda: (tick(), progress_of(cancel)["state"] == "done")[1])
    cancelled.set()
    for thread in threads:
        thread.join()
    tick()

    older, newer = _of(fcm_emulator, alert), _of(fcm_emulator, cancel)
    counts = progress_of(alert)
    assert newer["accepted_total"] == 6_000
    assert older["last_at"] <= newer["first_at"]
    assert (counts["state"], counts["pending"]) == ("done", 0)
    assert counts["accepted"] + counts["skipped"] == 6_000
    assert counts["skipped"] > 0


def test_a_message_to_a_topic_is_not_sent_after_its_cancel(fcm_emulator: Emulator) -> None:
    make.app("teen", push_mode="topics")
    make.topic()
    teens: dict[str, Any] = {"apps": ["teen"], "audience": {"countries": ["GB"], "audiences": ["teen"]}}
    alert = make.campaign(**teens)
    fcm_emulator.plan([{"match": {"any": True}, "answer": "UNAVAILABLE"}])
    tick_and_send(seconds=2)
    tried = _of(fcm_emulator, alert)["messages"]

    fcm_emulator.plan([])
    cancel = _cancel(alert, **teens)
    end_waits()
    tick_and_send()

    assert (tried, _of(fcm_emulator, alert)["messages"]) == (1, 1)
    assert _of(fcm_emulator, cancel)["accepted_total"] == 1
    assert progress_of(alert)["topics"]["skipped"] == 1


def _until(check: Any, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, scheduler.database_now()
        time.sleep(0.05)
