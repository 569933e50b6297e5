"""The rate of one Firebase project: permits, the ramp, slowing down and blocks."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from notifications.models import Quota
from notifications.models.quota import RAMP_SECONDS, Permit, configured_rate
from tests.examples import examples

pytestmark = pytest.mark.django_db

CAP = 1_000.0


@pytest.fixture(autouse=True)
def thousand_a_second(settings: Any) -> None:
    settings.FCM_MESSAGES_PER_MINUTE, settings.FCM_QUOTA_SHARE = 62_000, 1.0


def permit(messages: int = 500, *, ramp: bool = False) -> Permit:
    """Take a permit, moving the clock forward until there is one."""
    found = Quota.objects.permit("p", messages=messages, ramp=ramp)
    while found is None:
        later(0.4)
        found = Quota.objects.permit("p", messages=messages, ramp=ramp)
    return found


def later(seconds: float) -> None:
    """Let that many seconds pass for the quota, by moving its instants back."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE notifications_quota SET booked_until = booked_until - %(by)s::interval,
                ramp_from = ramp_from - %(by)s::interval,
                changed_at = changed_at - %(by)s::interval, blocked_until = blocked_until - %(by)s::interval
            """,
            {"by": f"{seconds} seconds"},
        )


def test_permits_follow_the_rate_at_most_half_a_second_ahead() -> None:
    taken = [Quota.objects.permit("p", messages=300) for _ in range(10)]

    given = [one for one in taken if one is not None]
    assert configured_rate() == CAP
    assert len(given) == 2
    assert given[0].ends - given[0].starts == pytest.approx(0.3)
    assert given[1].starts == pytest.approx(given[0].ends)
    assert given[0].pause == pytest.approx(0.001)


def test_the_unused_part_of_a_permit_is_free_for_others() -> None:
    first = permit()

    Quota.objects.give_back(first, unused=400)

    second = permit()
    assert second.starts == pytest.approx(first.starts + 0.1, abs=0.02)


@hypothesis_settings(max_examples=examples(30), deadline=None)
@given(st.lists(st.integers(1, 500), min_size=1, max_size=40))
def test_the_rate_rises_from_nothing_over_a_minute(sizes: list[int]) -> None:
    Quota.objects.all().delete()
    begin, sent = None, 0
    for size in sizes:
        one = permit(size, ramp=True)
        sent += size
        quota = Quota.objects.get()
        assert quota.ramp_from is not None
        begin = quota.ramp_from.timestamp()
        into = one.ends - begin
        # The permits so far are exactly the area under the ramp, or less when none was taken in time.
        area = CAP * into**2 / (2 * RAMP_SECONDS) if into < RAMP_SECONDS else CAP * (into - RAMP_SECONDS / 2)
        assert sent <= area + 1


def test_the_ramp_ends_at_the_full_rate() -> None:
    for _ in range(61):
        last = permit(ramp=True)

    # 30,000 are sent during the minute of the ramp, then 1,000 a second.
    assert last.ends - last.starts == pytest.approx(0.5, abs=0.01)
    quota = Quota.objects.get()
    assert quota.ramp_from is not None
    assert last.ends - quota.ramp_from.timestamp() == pytest.approx(60.5, abs=1.0)


def test_a_minute_without_permits_or_a_block_restarts_the_ramp() -> None:
    for _ in range(61):
        permit(ramp=True)
    later(59)
    still_warm = permit(ramp=True)
    later(62)
    cold = permit(ramp=True)
    for _ in range(61):
        permit(ramp=True)
    warm = permit(ramp=True)
    Quota.objects.block("p", reason="quota", seconds=5, initial=1, maximum=60)
    later(6)
    blocked = permit(ramp=True)

    lengths = [one.ends - one.starts for one in (still_warm, cold, warm, blocked)]
    assert lengths == pytest.approx([0.5, 7.75, 0.5, 7.75], abs=0.02)


def test_a_small_campaign_needs_no_ramp_and_a_large_one_still_does() -> None:
    small = permit()
    large = permit(ramp=True)
    end_of_the_large_one = permit()

    assert small.ends - small.starts == pytest.approx(0.5)
    assert large.ends - large.starts == pytest.approx(7.75, abs=0.02)
    assert end_of_the_large_one.ends - end_of_the_large_one.starts == pytest.approx(3.2, abs=0.05)


def test_trouble_lowers_the_rate_and_recovery_raises_it_one_step_a_second() -> None:
    permit()
    later(2)
    for _ in range(5):
        Quota.objects.slow_down("p")
    lowered = Quota.objects.get().rate
    slow = permit()
    for _ in range(3):
        Quota.objects.speed_up("p")
    too_soon = Quota.objects.get().rate
    later(2)
    Quota.objects.speed_up("p")
    raised = Quota.objects.get().rate
    for _ in range(40):
        later(2)
        Quota.objects.speed_up("p")

    assert lowered == too_soon == pytest.approx(670)
    assert slow.slowed is True
    assert slow.ends - slow.starts == pytest.approx(500 / 670)
    assert raised == pytest.approx(690)
    assert Quota.objects.get().rate == CAP
    assert not permit().slowed


def test_the_rate_never_falls_to_nothing() -> None:
    permit()
    for _ in range(60):
        later(2)
        Quota.objects.slow_down("p")

    assert Quota.objects.get().rate == pytest.approx(CAP / 40)


def test_a_smaller_quota_in_the_settings_holds_at_once(settings: Any) -> None:
    permit()
    settings.FCM_QUOTA_SHARE = 0.5

    one = permit()

    assert one.ends - one.starts == pytest.approx(1.0)
    assert not one.slowed


def test_there_are_no_permits_while_the_project_is_blocked() -> None:
    permit()
    Quota.objects.block("p", reason="quota", seconds=60, initial=1, maximum=60)

    assert Quota.objects.permit("p", messages=1) is None
    later(61)
    assert Quota.objects.permit("p", messages=1) is not None


@pytest.mark.django_db(transaction=True)
def test_concurrent_workers_share_one_rate(at_once: Callable[..., list[Any]]) -> None:
    Quota.objects.permit("p", messages=1)

    def take() -> list[Permit]:
        return [one for one in (Quota.objects.permit("p", messages=50) for _ in range(20)) if one is not None]

    began = timezone.now()
    given = sorted((one for some in at_once(*[take] * 4) for one in some), key=lambda one: one.starts)
    seconds = (timezone.now() - began).total_seconds()

    assert len(given) * 50 <= (seconds + 0.55) * CAP + 50
    # Permits do not overlap: each begins where the one before it ended, or later.
    assert all(later.starts >= earlier.ends - 0.001 for earlier, later in pairwise(given))
