"""Segments without installations are deleted: anybody can make them, and each costs time with every campaign."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.campaigns import schedule
from notifications.delivery import maintenance
from notifications.models import Campaign, Registration, Segment
from notifications.models.segment import SegmentQuerySet
from tests import make
from tests.examples import examples
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def left() -> Registration:
    """Return a registration that has left one segment for another."""
    make.app()
    identity = make.installation(0).id
    make.installation(0, locale="cy")
    return Registration.objects.get(pk=identity)


def test_an_empty_segment_is_deleted_and_made_again_when_needed(left: Registration) -> None:
    assert maintenance.purge_empty_segments(at=make.NOON) == 1
    assert [segment.locale for segment in Segment.objects.all()] == ["cy"]
    # Once a day.
    assert maintenance.purge_empty_segments(at=make.NOON) == 0

    make.installation(0)

    assert Registration.objects.get().segment.locale == "en"


def test_topics_and_segments_of_a_campaign_in_flight_stay() -> None:
    make.app()
    make.app("teen", push_mode="topics")
    make.topic()
    make.installations(30)
    make.campaign()
    tick()
    Registration.objects.all().delete()

    assert maintenance.purge_empty_segments(at=make.NOON + timedelta(days=1)) == 0
    assert Segment.objects.count() == 2


@pytest.mark.parametrize("verb", ["register", "amend"])
def test_a_segment_that_is_deleted_under_a_registration_is_made_again(
    left: Registration, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = SegmentQuerySet.of
    found: list[int] = []

    def of(self: SegmentQuerySet, **values: str) -> Segment:
        segment = whole(self, **values)
        found.append(segment.pk)
        if len(found) == 1:
            # Another process deletes it as soon as it was read; it is empty.
            Segment.objects.filter(pk=segment.pk).delete()
        return segment

    monkeypatch.setattr(SegmentQuerySet, "of", of)

    if verb == "register":
        make.installation(0)
    else:
        left.amend(at=make.NOON, locale="en")

    assert len(found) == 2
    assert Registration.objects.get().segment.locale == "en"


@settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    kind=st.sampled_from(["at", "local"]),
    at=st.datetimes(min_value=make.NOON.replace(tzinfo=None), max_value=(make.NOON + timedelta(days=200)).replace(tzinfo=None)),
    zone=st.sampled_from(
        ["Pacific/Kiritimati", "Pacific/Auckland", "Europe/London", "America/Los_Angeles", "Pacific/Pago_Pago", ""]
    ),
    override=st.sampled_from(["", "x"]),
)
def test_no_zone_is_due_before_the_earliest_instant(kind: str, at: Any, zone: str, override: str) -> None:
    text = at.isoformat(timespec="seconds") + ("Z" if kind == "at" else "")
    campaign = Campaign(
        schedule_kind=kind, schedule_at=text, quiet_override=override, home_zone="Europe/London",
        not_after=make.NOON + timedelta(days=400),
    )  # fmt: skip

    due = schedule.due(campaign, zone, at=make.NOON - timedelta(days=30)).due_at

    assert due is not None
    assert schedule.earliest(campaign) <= due
