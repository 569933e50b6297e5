"""A batch is claimed by one worker at a time: a claim that ends is void, and another worker sends the batch."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.campaigns import lifecycle
from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, worker
from notifications.delivery.claims import Settlement
from tests import make
from tests.notifications.steps import end_leases, tick, tick_and_send
from tests.processes import Emulator

pytestmark = pytest.mark.django_db(transaction=True)


def thirty_accepted() -> Settlement:
    return Settlement(
        accepted=30, rejected=0, unknown=0, skipped=0, tally={}, retry_tickets=[], uncertain_tickets=[], gone=[], mark=[], wait=0
    )


def test_a_batch_of_a_dead_worker_is_sent_by_another(thirty: Emulator) -> None:
    campaign = make.campaign()
    tick()
    claim = claims.claim_batch("fingerpost-test")
    assert claim is not None
    assert claims.claim_batch("fingerpost-test") is None

    end_leases()
    tick_and_send()

    assert progress_of(campaign)["accepted"] == 30
    settlement = thirty_accepted()
    assert not claims.settle(claim, settlement)


def test_a_settlement_after_its_lease_or_by_an_older_claim_is_void(thirty: Emulator) -> None:
    campaign = make.campaign()
    tick()
    settlement = thirty_accepted()
    old = claims.claim_batch("fingerpost-test")
    assert old is not None
    end_leases()

    late = claims.settle(old, settlement)
    new = claims.claim_batch("fingerpost-test")
    overtaken = claims.settle(old, settlement)

    assert new is not None
    assert (late, overtaken) == (False, False)
    assert new.fence == old.fence + 1
    assert claims.settle(new, settlement)
    assert not claims.settle(new, settlement)
    assert progress_of(campaign)["accepted"] == 30


def test_a_batch_that_is_never_settled_halts_the_campaign(thirty: Emulator) -> None:
    campaign = make.campaign()
    tick()
    for _ in range(3):
        assert claims.claim_batch("fingerpost-test") is not None
        end_leases()

    assert claims.claim_batch("fingerpost-test") is None
    tick()

    campaign.refresh_from_db()
    assert campaign.state == "halted"
    assert "never finished" in campaign.reason
    lifecycle.resume(campaign, by=make.campaign_staff()[0], at=datetime.now(UTC))
    tick_and_send()
    assert progress_of(campaign)["accepted"] == 30


def test_concurrent_workers_double_nothing(fcm_emulator: Emulator, at_once: Callable[..., list[Any]]) -> None:
    make.app()
    make.installations(1_200)
    campaign = make.campaign()
    tick()

    answers = at_once(*[lambda: worker.run(seconds=10)] * 3)
    tick()

    # The canary, the second group, and two batches.
    assert sum(answers) == 4
    assert (progress_of(campaign)["accepted"], fcm_emulator.counts()["doubled"]) == (1_200, 0)
