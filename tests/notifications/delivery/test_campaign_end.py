"""What a worker never starts or sends: after a lease, a permit or the end, and not what differs from its approval."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, fcm, worker
from notifications.models import Batch, Registration, Wave
from notifications.models.quota import Permit
from tests import make
from tests.notifications.delivery.test_worker import adds_up
from tests.notifications.steps import end_leases, tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)


class Brakes:
    """Brakes that allow everything, with a clock that a test sets."""

    at = 0.0

    def allows(self, campaign_id: int, project: str) -> bool:
        return True

    def now(self) -> float:
        return self.at


def may_start(at: float, *, lease_until: float, ends: float) -> bool:
    brakes: Any = Brakes()
    brakes.at = at
    claim: Any = SimpleNamespace(campaign_id=1, lease_until=lease_until, not_after=2_000.0)
    return (
        worker.ClaimGate(brakes, claim, Permit("p", 500, ends - 1, ends, slowed=False, consecutive_blocks=0)).remaining_ttl() > 0
    )


def test_no_request_starts_in_the_last_fifteen_seconds_of_a_lease() -> None:
    started = [may_start(at, lease_until=1_045.0, ends=1_100.0) for at in (1_000.0, 1_027.9, 1_028.1, 1_030.0, 1_044.0, 1_046.0)]

    assert started == [True, True, False, False, False, False]


def test_a_permit_is_void_a_second_after_its_end() -> None:
    started = [may_start(at, lease_until=1_100.0, ends=1_001.0) for at in (1_000.0, 1_001.9, 1_002.1, 1_040.0)]

    assert started == [True, True, False, False]


@pytest.mark.slow
def test_nothing_is_sent_after_the_campaigns_end(thirty: Emulator) -> None:
    # So slow that the end comes in the middle.
    thirty.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 400}])
    make.installations(300)
    fcm.sender().authorize("fingerpost-test")
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=3)
    campaign = make.campaign(not_after=end.isoformat())
    tick()

    worker.run(seconds=10)
    time.sleep(max(0, (end - datetime.now(UTC)).total_seconds()) + 0.1)
    reached = thirty.counts()["messages"]
    tick_and_send()

    counts = progress_of(campaign)
    assert thirty.counts()["messages"] == reached
    assert counts["state"] == "done"
    assert counts["pending"] == 0
    assert adds_up(counts)


def test_at_the_end_the_unsettled_are_unknown_and_the_unclaimed_skipped(fcm_emulator: Emulator) -> None:
    make.app()
    make.installations(520)
    campaign = make.campaign()
    tick()
    claim = claims.claim_batch("fingerpost-test")
    assert claim is not None

    campaign.refresh_from_db()
    lifecycle.stop(campaign, by=make.campaign_staff()[0], at=datetime.now(UTC))
    tick()
    alive = progress_of(campaign)
    end_leases()
    tick()

    assert (alive["state"], alive["pending"], alive["skipped"]) == ("stopped", claim.size, 520 - claim.size)
    counts = progress_of(campaign)
    assert (counts["state"], counts["unknown"], counts["skipped"], counts["pending"]) == (
        "stopped",
        claim.size,
        520 - claim.size,
        0,
    )
    assert counts["finished_at"] is not None
    assert not Batch.objects.exists()


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE notifications_message SET body = replace(body, 'two minutes', 'a day') WHERE platform = 'android'",
        "DELETE FROM notifications_message WHERE platform = 'web'",
        "UPDATE notifications_campaign SET services = '{gb-other-line}'",
        "UPDATE notifications_campaign SET countries = '{all}'",
        "UPDATE notifications_app SET project = 'elsewhere'",
    ],
)
def test_a_campaign_that_differs_from_its_approval_is_never_sent(thirty: Emulator, tamper: str) -> None:
    campaign = make.campaign()
    tick()
    with connection.cursor() as cursor:
        # As an owner of the database could: without the triggers.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(tamper)
        cursor.execute("SET session_replication_role = origin")

    worker.run(seconds=5)

    assert thirty.counts()["messages"] == 0
    campaign.refresh_from_db()
    assert campaign.state == "halted"
    assert "not what was approved" in campaign.reason


def test_a_batch_for_fewer_than_twenty_is_not_sent_even_if_it_exists(thirty: Emulator) -> None:
    campaign = make.campaign()
    tick()
    wave = Wave.objects.get()
    one = Registration.objects.order_by("ticket")[0]
    Batch.objects.all().delete()
    Batch.objects.create(
        wave=wave, from_segment=one.segment_id, from_ticket=make.ticket(one), to_segment=one.segment_id,
        to_ticket=make.ticket(one), size=1,
        ready_at=make.NOON - timedelta(days=300),
    )  # fmt: skip

    worker.run(seconds=5)

    assert thirty.counts()["messages"] == 0
    campaign.refresh_from_db()
    assert campaign.state == "halted"
    assert "Fewer than 20 phones" in campaign.reason
