"""What ./run bench push --part compare sets up before it measures our path."""

from __future__ import annotations

from typing import Any

import pytest

from notifications.models import Quota
from tools.bench.push import compare, records
from tools.bench.push.testbed import NO_LIMIT


@pytest.mark.django_db
def test_the_rate_does_not_ramp_up_beside_ways_that_have_no_ramp(settings: Any) -> None:
    settings.FCM_MESSAGES_PER_MINUTE, settings.FCM_QUOTA_SHARE = NO_LIMIT, 1.0
    from_nothing = Quota.objects.permit(records.PROJECT, messages=500, ramp=True)
    assert from_nothing is not None

    compare._end_ramp()
    permit = Quota.objects.permit(records.PROJECT, messages=500, ramp=True)

    assert permit is not None
    assert permit.slowed is False
    assert (permit.ends - permit.starts) * 100 < from_nothing.ends - from_nothing.starts
