"""Two worker processes, killed at random, and several newer revisions: the last approved is the last on every phone."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from random import Random
from typing import Any

import psycopg
import pytest

from notifications.campaigns.progress import progress_of
from notifications.models import Campaign
from notifications.registrations import simulation
from tests import make
from tests.faults.workers import Workers, leases_run_out, until
from tests.processes import Emulator

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
DEVICES = 4_000
EVERYWHERE: dict[str, Any] = {"audience": {"countries": "all", "audiences": ["parent"]}}


@pytest.mark.parametrize("seed", [3, 8])
@pytest.mark.usefixtures("adds_up_at_every_commit")
def test_the_last_approved_of_many_revisions_is_the_last_word_on_every_phone(
    workers: Workers, faulty_fcm: Emulator, raw_sql: psycopg.Connection[Any], seed: int
) -> None:
    random = Random(seed)
    make.app(project=faulty_fcm.project)
    simulation.register_many(DEVICES, app="parent", country=None, at=datetime.now(UTC))
    workers.start_beat()
    running = [workers.start(), workers.start()]
    revisions: list[Campaign] = []
    for kind in ("alert", *random.choices(["update", "cancel", "all-clear"], k=3)):
        faulty_fcm.plan(_faults(random))
        earlier: dict[str, Any] = {"references": revisions[-1].pk} if revisions else {}
        revisions.append(make.campaign(kind=kind, **earlier, **EVERYWHERE))
        rev, some = str(revisions[-1].rev), random.randint(1, DEVICES // 3)
        until(lambda rev=rev, some=some: faulty_fcm.counts(rev=rev)["messages"] >= some, seconds=90)  # type: ignore[misc]
        if random.random() < 0.7:
            workers.kill(running.pop(random.randrange(2)))
            running.append(workers.start())
            # Otherwise the batches of the killed worker would be taken over 45 seconds later.
            leases_run_out(raw_sql)
    faulty_fcm.plan([])
    newest = revisions[-1]
    until(lambda: progress_of(newest)["state"] == "done" or _waits_ended(raw_sql), seconds=180)

    counts = [faulty_fcm.counts(rev=str(one.rev)) for one in revisions]
    assert all(older["last_at"] <= newer["first_at"] for older, newer in pairwise(counts))
    reached = {one["address"] for one in faulty_fcm.each(rev=str(newest.rev)) if one["accepted"]}
    assert len(reached) == DEVICES


def _faults(random: Random) -> list[dict[str, Any]]:
    """Return a fault plan that repeats some messages, answers some after others, and accepts some without an answer."""
    return [
        {"match": {"every": random.randint(10, 40)}, "answer": random.choice(["UNAVAILABLE", "INTERNAL", "QUOTA_DEVICE"])},
        {"match": {"every": random.randint(10, 40)}, "answer": "RESET_AFTER_ACCEPT"},
        {"match": {"any": True}, "answer": "ACCEPT", "latency_ms": {"p50": random.randint(20, 150), "p99": 600}},
    ]


def _waits_ended(raw_sql: psycopg.Connection[Any]) -> bool:
    """End the waits of what is tried again, which would only take longer; return False."""
    raw_sql.execute("UPDATE notifications_batch SET ready_at = now() WHERE state = 'open' AND ready_at > now()")
    return False
