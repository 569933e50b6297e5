"""The pace of a campaign, when it will end, and for how long nothing has moved."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from notifications.campaigns.progress import progress_of
from notifications.campaigns.progress_history import pace_of, record_samples
from notifications.delivery import scheduler
from notifications.models import Batch, Campaign, ProgressSample
from tests import make
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def sending() -> Campaign:
    make.app()
    make.installations(60)
    campaign = make.campaign()
    tick()
    campaign.refresh_from_db()
    assert campaign.state == "sending"
    return campaign


def test_the_scheduler_takes_samples_and_none_that_says_nothing_new(sending: Campaign) -> None:
    at = scheduler.database_now()
    taken = ProgressSample.objects.count()

    record_samples(at=at + timedelta(seconds=6))
    record_samples(at=at + timedelta(seconds=7))
    record_samples(at=at + timedelta(seconds=20))

    assert taken == 1
    assert ProgressSample.objects.count() <= 3
    assert {sample.processed for sample in ProgressSample.objects.all()} == {0}


def test_a_campaign_that_stands_still_says_for_how_long(sending: Campaign) -> None:
    at = scheduler.database_now()

    soon = pace_of(sending, progress_of(sending), at=at + timedelta(seconds=10))
    later = pace_of(sending, progress_of(sending), at=at + timedelta(seconds=45))

    assert soon is not None
    assert soon.still_for is None
    assert later is not None
    assert later.still_for is not None
    assert 40 <= later.still_for.total_seconds() <= 50


def test_the_pace_and_the_end_follow_from_what_has_moved(sending: Campaign) -> None:
    at = scheduler.database_now()
    Batch.objects.update(accepted=20, retry_tickets=list(range(1, 41)))
    ProgressSample.objects.update(at=at - timedelta(seconds=20), moved_at=at - timedelta(seconds=20))

    pace = pace_of(sending, progress_of(sending), at=at)

    assert pace is not None
    assert pace.per_second == pytest.approx(1.0)
    assert pace.ends_at is not None
    assert (pace.ends_at - at).total_seconds() == pytest.approx(40, abs=1)
    assert pace.still_for is None


def test_the_samples_of_the_pace_are_read_in_one_query(
    sending: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    at = scheduler.database_now()
    for seconds in (60, 40, 20):
        instant = at - timedelta(seconds=seconds)
        ProgressSample.objects.add(sending, at=instant, moved_at=instant, processed=60 - seconds, pending=seconds)
    ProgressSample.objects.filter(at__gte=at - timedelta(seconds=5)).delete()

    with django_assert_num_queries(1):
        last, earlier = ProgressSample.objects.latest_and_before(sending, at - timedelta(seconds=30))

    assert (last and last.processed, earlier and earlier.processed) == (40, 20)
