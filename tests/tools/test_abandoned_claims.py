"""The fault runs count the devices of replaced claims and those without an answer: so many messages may be repeated."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection

from notifications.delivery import claims
from notifications.delivery.claims import Claim, Settlement
from notifications.models import Campaign, batch
from tests import make
from tests.notifications.steps import end_leases, tick
from tools.faults import abandoned
from tools.faults.abandoned import LEASE, ReplacedEarly, Resumption, abandoned_claims

pytestmark = pytest.mark.django_db(transaction=True)

PROJECT = "fingerpost-test"


@pytest.fixture
def campaign() -> Campaign:
    make.app()
    make.installations(30)
    made = make.campaign()
    tick()
    return made


def _end_session() -> None:
    connection.close()


@contextmanager
def another_process() -> Iterator[Callable[[], Claim | None]]:
    """Yield a function that claims a batch in a session of its own, which ends with the context."""
    with ThreadPoolExecutor(1) as thread:
        try:
            yield lambda: thread.submit(claims.claim_batch, PROJECT).result()
        finally:
            thread.submit(_end_session).result()


def claim_and_end() -> Claim | None:
    """Claim a batch as a process does that ends then."""
    with another_process() as claim:
        return claim()


def test_replaced_claims_and_missing_answers_are_counted(campaign: Campaign) -> None:
    settlement = Settlement(
        accepted=20, rejected=0, unknown=0, skipped=0, tally={}, retry_tickets=[], uncertain_tickets=[*range(10)],
        gone=[], mark=[], wait=0,
    )  # fmt: skip

    with abandoned_claims() as counted:
        claim_and_end()
        end_leases()
        before = counted.devices(campaign.pk)
        second = claims.claim_batch(PROJECT)
        assert second is not None
        after_another = counted.devices(campaign.pk)
        claims.settle(second, settlement)
        third = claim_and_end()
        after_a_settlement = counted.devices(campaign.pk)
        end_leases()
        claims.claim_batch(PROJECT)
        of_the_rest = counted.devices(campaign.pk) - after_a_settlement

    assert third is not None
    assert (before, after_another, after_a_settlement, of_the_rest) == (0, 30, 40, 10)


def test_a_claim_that_is_replaced_before_its_lease_has_ended_fails_the_run(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert timedelta(seconds=LEASE) == batch.LEASE
    monkeypatch.setattr(claims, "LEASE", timedelta(seconds=0.2))

    with abandoned_claims() as counted, another_process() as claim:
        first = claim()
        assert counted.devices(campaign.pk) == 0
        time.sleep(0.3)
        second = claims.claim_batch(PROJECT)

        assert first is not None
        assert second is not None
        assert first.id == second.id
        with pytest.raises(ReplacedEarly, match="1 claims were replaced before their lease of 45 s"):
            counted.devices(campaign.pk)


def test_a_lease_that_is_cut_short_while_its_process_lives_fails_the_run(campaign: Campaign) -> None:
    with abandoned_claims() as counted, another_process() as claim:
        assert claim() is not None

        end_leases()

        with pytest.raises(ReplacedEarly):
            counted.devices(campaign.pk)


def test_a_claim_may_be_replaced_before_its_lease_has_ended_when_its_process_has(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "LEASE", timedelta(seconds=0.2))

    with abandoned_claims() as counted:
        assert claim_and_end() is not None
        time.sleep(0.3)
        assert claims.claim_batch(PROJECT) is not None

        assert counted.devices(campaign.pk) == 30


@pytest.mark.slow
def test_the_time_is_taken_for_which_a_claim_outlasts_its_process(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abandoned, "RESUMED_WITHIN", 0.5)

    with abandoned_claims() as counted, Resumption(counted) as resumption, another_process() as claim:
        assert claim() is not None
        time.sleep(1)
        while_it_lives = resumption.seen, counted.orphans()
    with abandoned_claims() as counted, Resumption(counted) as late:
        end_leases()
        assert claim_and_end() is not None
        time.sleep(1)
        found = counted.orphans()
        end_leases()
        afterwards = counted.orphans()

    assert while_it_lives == (0, set())
    assert (len(found), afterwards) == (1, set())
    assert late.seen == 1
    assert 0.5 < late.longest < 5
    assert resumption.faults() == []
    assert "a claim was kept for" in late.faults()[0]
