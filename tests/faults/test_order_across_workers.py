"""Two worker processes, one of them killed, and newer revisions in the middle: the newest is the last on every phone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from notifications.campaigns.progress import progress_of
from notifications.models import Campaign
from notifications.registrations import simulation
from tests import make
from tests.faults.workers import Auditor, Workers, until
from tests.processes import Emulator

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
DEVICES = 4_000
EVERYWHERE: dict[str, Any] = {"audience": {"countries": "all", "audiences": ["parent"]}}


@pytest.mark.parametrize("kind", ["cancel", "update"])
@pytest.mark.usefixtures("adds_up_at_every_commit")
def test_a_newer_revision_is_the_last_on_every_phone(
    workers: Workers, faulty_fcm: Emulator, raw_sql: psycopg.Connection[Any], audited: Callable[[Campaign], Auditor], kind: str
) -> None:
    make.app(project=faulty_fcm.project)
    simulation.register_many(DEVICES, app="parent", country=None, at=datetime.now(UTC))
    faulty_fcm.plan(
        [
            {"match": {"every": 20}, "answer": "UNAVAILABLE"},
            {"match": {"every": 31}, "answer": "RESET_AFTER_ACCEPT"},
            {"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 200},
        ]
    )
    alert = make.campaign(**EVERYWHERE)
    auditor = audited(alert)
    # Four seconds for the alert, so that it is under way when the next revision comes.
    workers.environment |= {"FCM_MESSAGES_PER_MINUTE": "60000", "FCM_QUOTA_SHARE": "1.0"}
    workers.start_beat()
    first, _ = workers.start(), workers.start()
    until(lambda: faulty_fcm.counts()["messages"] >= DEVICES // 4, seconds=60)

    follower = make.campaign(kind=kind, references=alert.pk, **EVERYWHERE)
    workers.kill(first)
    until(lambda: faulty_fcm.counts(rev="2")["messages"] > 0, seconds=60)
    faulty_fcm.plan([])
    until(lambda: progress_of(follower)["state"] == "done", seconds=120)
    # The lease of the killed worker ends later than that.
    raw_sql.execute("UPDATE notifications_batch SET lease_until = now() - interval '1 ms' WHERE state = 'claimed'")
    until(lambda: progress_of(alert)["state"] == "done")
    auditor.end()

    older, newer = faulty_fcm.counts(rev="1"), faulty_fcm.counts(rev="2")
    reached = {one["address"] for one in faulty_fcm.each(rev="2") if one["accepted"]}
    counts = progress_of(alert)
    assert older["last_at"] <= newer["first_at"]
    assert len(reached) == DEVICES
    assert counts["skipped"] > 0
    word = "recall" if kind == "cancel" else kind
    assert f"Campaign {follower.pk} ({word}) replaced this one" in counts["notice"]
    assert auditor.faults == []
