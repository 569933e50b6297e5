"""The fault runs count the devices of replaced claims and those without an answer: so many messages may be repeated."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from notifications.delivery import claims
from notifications.delivery.claims import Settlement
from notifications.models import batch
from tests import make
from tests.notifications.steps import end_leases, tick
from tools.faults.abandoned import LEASE, ReplacedEarly, abandoned_claims

PROJECT = "fingerpost-test"


@pytest.mark.django_db(transaction=True)
def test_replaced_claims_and_missing_answers_are_counted() -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tick()
    settlement = Settlement(
        accepted=20, rejected=0, unknown=0, skipped=0, tally={}, retry_tickets=[], uncertain_tickets=[*range(10)],
        gone=[], mark=[], wait=0,
    )  # fmt: skip

    with abandoned_claims() as devices:
        claims.claim_batch(PROJECT)
        end_leases()
        before = devices(campaign.pk)
        second = claims.claim_batch(PROJECT)
        assert second is not None
        after_another = devices(campaign.pk)
        claims.settle(second, settlement)
        third = claims.claim_batch(PROJECT)
        after_a_settlement = devices(campaign.pk)
        end_leases()
        claims.claim_batch(PROJECT)
        of_the_rest = devices(campaign.pk) - after_a_settlement

    assert third is not None
    assert (before, after_another, after_a_settlement, of_the_rest) == (0, 30, 40, 10)


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_is_replaced_before_its_lease_has_ended_fails_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert timedelta(seconds=LEASE) == batch.LEASE
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tick()
    monkeypatch.setattr(claims, "LEASE", timedelta(seconds=0.2))

    with abandoned_claims() as devices:
        first = claims.claim_batch(PROJECT)
        assert devices(campaign.pk) == 0
        time.sleep(0.3)
        second = claims.claim_batch(PROJECT)

        assert first is not None
        assert second is not None
        assert first.id == second.id
        with pytest.raises(ReplacedEarly, match="1 claims were replaced before their lease of 45 s"):
            devices(campaign.pk)
