"""The counters of segments: they always say what counting the registrations would."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from notifications.campaigns import audience
from notifications.models import Registration, SegmentCount
from notifications.registrations import simulation
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def counted() -> Counter[int]:
    """Return the number of each segment's registrations from the counters."""
    total: Counter[int] = Counter()
    for segment, devices in SegmentCount.objects.values_list("segment_id", "devices"):
        total[segment] += devices
    return Counter({segment: devices for segment, devices in total.items() if devices})


def present() -> Counter[int]:
    """Return the same from the registrations."""
    return Counter(Registration.objects.reachable().values_list("segment_id", flat=True))


def test_counters_follow_every_change_of_a_registration() -> None:
    make.app()
    one, two, three = make.installations(3)
    Registration.objects.authenticated(one.id, one.secret).amend(at=make.NOON, locale="cy")
    Registration.objects.authenticated(two.id, two.secret).amend(at=make.NOON, app_version="1.3.0")
    Registration.objects.filter(pk=three.id).update(gone_at=make.NOON)
    assert counted() == present()
    assert counted().total() == 2

    make.installation(2, at=make.NOON + timedelta(days=1))
    Registration.objects.filter(pk=one.id).delete()

    assert counted() == present()
    assert counted().total() == 2


def test_a_refresh_that_moves_nobody_writes_no_row() -> None:
    make.app()
    make.installations(3)
    before = SegmentCount.objects.count()

    make.installations(3)

    assert SegmentCount.objects.count() == before


def test_registrations_in_bulk_are_counted_by_segment() -> None:
    make.app()

    simulation.register_many(2_000, app="parent", country=None, at=make.NOON)

    assert counted() == present()
    assert SegmentCount.objects.count() <= 30


def test_folding_keeps_the_sums_and_drops_what_was_added_up() -> None:
    make.app()
    make.installations(20)
    make.installations(5, locale="cy")
    expected = counted()

    assert not SegmentCount.objects.fold()
    assert SegmentCount.objects.fold(at_least=10)

    assert counted() == expected == present()
    assert SegmentCount.objects.count() == 2
    assert not SegmentCount.objects.fold(at_least=1)


def test_folding_and_registering_at_once_lose_nothing() -> None:
    make.app()
    make.installations(5)

    def register(start: int) -> None:
        try:
            for number in range(start, start + 15):
                make.installation(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=register, args=(start,)) for start in (100, 200)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        SegmentCount.objects.fold(at_least=1)
    SegmentCount.objects.fold(at_least=1)

    assert counted() == present()
    assert counted().total() == 35


def test_a_recount_corrects_what_is_wrong() -> None:
    make.app()
    make.installations(25)
    SegmentCount.objects.all().delete()

    assert SegmentCount.objects.recount() == 1
    assert SegmentCount.objects.recount() == 0

    assert counted() == present()


def test_the_reach_reads_no_registration() -> None:
    make.app()
    make.installations(25)
    draft = make.campaign(state="draft")

    with connection.execute_wrapper(_refuse_registrations):
        assert audience.reach(draft)["devices"] == 20


def _refuse_registrations(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    assert "notifications_registration" not in sql
    return execute(sql, *rest)
