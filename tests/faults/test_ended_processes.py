"""What a worker's process held that has ended is taken up within ten seconds; what one holds that stands still is not."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from typing import Any, NamedTuple
from uuid import UUID

import psutil
import psycopg
import pytest

from notifications.campaigns.progress import progress_of
from notifications.delivery.polling import INTERVAL
from notifications.models import Campaign
from notifications.registrations import simulation
from tests import make
from tests.faults.workers import Workers, until
from tests.processes import Emulator

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

#: Devices for the processes of one worker, and of three.
FEW, MANY = 600, 30_000
#: What a worker writes when it takes wake-ups.
READY = " ready."
#: As the issue of the faults asks.
WITHIN = 10.0


class Held(NamedTuple):
    """One claim."""

    batch: int
    fence: int
    holder: UUID


@pytest.fixture
def held(raw_sql: psycopg.Connection[Any]) -> Callable[[], set[Held]]:
    """Return a function that returns the claims whose leases go on."""
    going_on = "state = 'claimed' AND lease_until > now() AND fence = holder_fence"
    sql = f"SELECT id, fence, holder FROM notifications_batch WHERE {going_on}".encode()
    return lambda: {Held(*row) for row in raw_sql.execute(sql).fetchall()}


@pytest.fixture
def slow_campaign(faulty_fcm: Emulator) -> Callable[[int], Campaign]:
    """Return a function that approves a campaign whose messages FCM answers after eight seconds, while batches are held."""

    def approve(devices: int) -> Campaign:
        make.app(project=faulty_fcm.project)
        simulation.register_many(devices, app="parent", country=None, at=datetime.now(UTC))
        faulty_fcm.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 8_000}])
        return make.campaign(audience={"countries": "all", "audiences": ["parent"]})

    return approve


def processes(worker: Popen[bytes]) -> dict[UUID, psutil.Process]:
    """Return the processes of a worker by the file that each has locked, as the system says what it has open."""
    found = {}
    for process in psutil.Process(worker.pid).children():
        with suppress(psutil.Error):
            for file in map(Path, (file.path for file in process.open_files())):
                if file.parent.name == "holders":
                    found[UUID(file.stem)] = process
    return found


def of(worker: Popen[bytes], claims: set[Held]) -> set[Held]:
    """Return the claims that processes of a worker hold."""
    known = processes(worker)
    return {claim for claim in claims if claim.holder in known}


def seconds_until_free(claims: set[Held], held: Callable[[], set[Held]]) -> float:
    """Wait until each of the claims is settled or released; return the seconds."""
    began = time.monotonic()
    until(lambda: not claims & held(), seconds=40)
    return time.monotonic() - began


def is_sent_to_all(campaign: Campaign, emulator: Emulator) -> None:
    """Let FCM answer at once, and wait until everybody has the campaign, under one tag."""
    emulator.plan([])
    until(lambda: progress_of(campaign)["state"] == "done", seconds=120)
    each = emulator.each()
    assert len(each) == progress_of(campaign)["accepted"] == campaign_devices(campaign)
    assert all(one["accepted"] >= 1 for one in each)
    assert {one["tag"] for one in each} == {str(campaign.pk)}


def campaign_devices(campaign: Campaign) -> int:
    campaign.refresh_from_db()
    return campaign.devices


def test_the_other_process_of_a_worker_takes_up_what_a_killed_one_held(
    workers: Workers, slow_campaign: Callable[[int], Campaign], faulty_fcm: Emulator, held: Callable[[], set[Held]]
) -> None:
    campaign, worker = slow_campaign(FEW), workers.start()
    until(lambda: of(worker, held()) != set(), seconds=60)
    holder = of(worker, held()).pop().holder
    killed = processes(worker)[holder]
    killed.kill()
    of_killed = {claim for claim in held() if claim.holder == holder}

    seconds = seconds_until_free(of_killed, held)

    assert of_killed
    assert seconds < WITHIN
    is_sent_to_all(campaign, faulty_fcm)


def test_a_worker_that_starts_takes_up_what_one_held_that_was_killed_as_a_whole(
    workers: Workers, slow_campaign: Callable[[int], Campaign], faulty_fcm: Emulator, held: Callable[[], set[Held]]
) -> None:
    campaign, worker = slow_campaign(FEW), workers.start()
    until(lambda: of(worker, held()) != set(), seconds=60)
    workers.kill(worker)
    of_killed, ready = held(), workers.log().count(READY)
    workers.start()
    until(lambda: workers.log().count(READY) > ready or not of_killed & held(), seconds=40)

    seconds = seconds_until_free(of_killed, held)

    assert of_killed
    assert seconds < WITHIN
    is_sent_to_all(campaign, faulty_fcm)


def test_another_worker_of_the_machine_takes_up_what_has_ended_and_not_what_stands_still(
    workers: Workers, slow_campaign: Callable[[int], Campaign], faulty_fcm: Emulator, held: Callable[[], set[Held]]
) -> None:
    frozen, killed, lives = [workers.start() for _ in range(3)]
    until(lambda: workers.log().count(READY) == 3, seconds=60)
    campaign = slow_campaign(MANY)
    until(lambda: all(of(worker, held()) for worker in (frozen, killed, lives)), seconds=60)
    os.killpg(frozen.pid, signal.SIGSTOP)
    of_frozen, of_killed = of(frozen, held()), of(killed, held())
    workers.kill(killed)

    seconds = seconds_until_free(of_killed, held)
    # The others have looked at both; now they look twice more.
    time.sleep(2 * INTERVAL + 0.5)
    still = of_frozen & held()
    os.killpg(frozen.pid, signal.SIGCONT)

    assert of_frozen
    assert of_killed
    assert seconds < WITHIN
    assert still == of_frozen
    is_sent_to_all(campaign, faulty_fcm)
