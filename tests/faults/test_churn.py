"""Installations arrive, move, are deleted and return while their campaign is sent and its workers are killed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from django.db import connection

from notifications.campaigns.progress import progress_of
from notifications.models import Campaign, Registration
from notifications.models.registration import NoSuchRegistration
from notifications.registrations import simulation
from tests import make
from tests.faults.workers import Auditor, Workers, leases_run_out, until
from tests.processes import Emulator

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]
#: Installations that stay, and installations with known secrets that keep changing.
STILL, RESTLESS = 8_000, 1_200


class Churn(threading.Thread):
    """Registers, moves, deletes and registers again, as fast as the database allows."""

    def __init__(self, seed: int) -> None:
        super().__init__(daemon=True)
        self._random = random.Random(seed)
        self._over = threading.Event()
        self._seed = seed
        self.acts = 0
        self.newcomers: set[str] = set()
        self.failure: BaseException | None = None

    def run(self) -> None:
        held: dict[int, Any] = {}
        try:
            while not self._over.is_set():
                self._act(held)
                self.acts += 1
        except BaseException as error:
            self.failure = error
        finally:
            connection.close()

    def _act(self, held: dict[int, Any]) -> None:
        chance, now = self._random.random(), datetime.now(UTC)
        number = self._random.randrange(RESTLESS)
        if chance < 0.2:
            newcomer = 1_000_000 * self._seed + self.acts
            self.newcomers.add(make.fid(newcomer))
            make.installation(newcomer, at=now)
            return
        if number not in held:
            held[number] = make.installation(number, at=now, locale=self._random.choice(["en", "cy", "fr"]))
            return
        try:
            row = Registration.objects.authenticated(held[number].id, held[number].secret)
            if chance < 0.5:
                row.amend(
                    at=now, platform=self._random.choice(["ios", "android", "web"]), country=self._random.choice(["GB", "NZ"])
                )
            elif chance < 0.8:
                row.delete()
                del held[number]
            else:
                row.amend(at=now, address_kind="token", address=make.token(1_000 * self._seed + number))
        except NoSuchRegistration:
            # The other thread has registered the same address since, and has its secret.
            del held[number]

    def end(self) -> None:
        """Stop the thread and wait for it."""
        self._over.set()
        self.join(timeout=20)


@pytest.mark.usefixtures("adds_up_at_every_commit")
def test_promise_5_the_counts_add_up_while_everything_moves(
    workers: Workers, faulty_fcm: Emulator, raw_sql: psycopg.Connection[Any], audited: Callable[[Campaign], Auditor]
) -> None:
    make.app(project=faulty_fcm.project)
    make.installations(RESTLESS)
    simulation.register_many(STILL, app="parent", country="GB", at=datetime.now(UTC))
    faulty_fcm.plan(
        [
            {"match": {"address_hash_share": 0.02}, "answer": "UNREGISTERED"},
            {"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 40},
        ]
    )
    campaign = make.campaign(audience={"countries": "all", "audiences": ["parent"]})
    auditor = audited(campaign)
    churning = [Churn(seed) for seed in (1, 2)]
    for thread in churning:
        thread.start()
    workers.start_beat()

    worker = workers.start()
    until(lambda: faulty_fcm.counts()["messages"] >= STILL // 3)
    workers.kill(worker)
    leases_run_out(raw_sql)
    workers.start()
    until(lambda: progress_of(campaign)["state"] == "done", seconds=90)
    for thread in churning:
        thread.end()
    auditor.end()

    counts = progress_of(campaign)
    tried = {one["address"]: one for one in faulty_fcm.each()}
    frozen_at = Campaign.objects.get().frozen_at
    assert auditor.faults == []
    assert [thread.failure for thread in churning] == [None, None]
    assert frozen_at is not None
    assert counts["devices"] >= STILL
    assert counts["pending"] == 0
    # One that moves or is deleted between an uncertain try and the next one ends up as unknown; those that stay never do.
    assert counts["unknown"] <= RESTLESS + sum(len(thread.newcomers) for thread in churning)
    assert counts["accepted"] + sum(counts["rejected"].values()) >= STILL
    assert set(counts["rejected"]) == {"unregistered"}
    assert 50 < counts["rejected"]["unregistered"] < 500
    # Every installation that stayed was tried, and every one that is counted as accepted was reached.
    assert len([one for address, one in tried.items() if not address.startswith(("fid", "token:"))]) == STILL
    assert sum(one["accepted"] > 0 for one in tried.values()) >= counts["accepted"]
    assert sum(thread.acts for thread in churning) > 500
