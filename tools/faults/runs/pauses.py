"""A campaign is paused while something else fails: two seconds later nothing is sent any more."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from subprocess import Popen
from typing import TYPE_CHECKING

from tools.bench.push import records
from tools.bench.push.celery_processes import end_connections
from tools.faults.abandoned import LEASE, abandoned_claims
from tools.faults.rig import Rig, resume
from tools.faults.verdict import Verdict

if TYPE_CHECKING:
    from notifications.models import Campaign

#: Seconds after which a pause must have reached every worker, and for which nothing may arrive then.
WORKS_WITHIN, LOOKS_FOR = 2.0, 3.0
#: Seconds within which messages arrive again after the end of one of two workers.
GOES_ON_WITHIN = 10.0
#: Seconds that all messages take at the rate of these workers: there must be some left for the last pause.
_SENDING = 90


class _Failing:
    """What fails before a pause, with what it needs."""

    def __init__(self, rig: Rig, campaign: Campaign) -> None:
        self._rig, self._campaign = rig, campaign
        rate = str(rig.devices * 60 // _SENDING)
        self._workers = [rig.worker(FCM_MESSAGES_PER_MINUTE=rate) for _ in range(2)]
        self._beat = rig.beat()
        self._rate = rate
        #: Seconds from the end of a worker until another one has sent some more.
        self.went_on_after = 0.0

    def nothing(self) -> None:
        """Let nothing fail."""

    def broker(self) -> None:
        """Kill the broker; it comes back before the next one."""
        self._rig.broker.kill()

    def broker_again(self) -> None:
        """Start the broker again."""
        self._rig.broker.start_again()

    def connections(self) -> None:
        """End all connections of the workers to PostgreSQL."""
        end_connections()

    def database(self) -> None:
        """Kill PostgreSQL, and start it again: nobody can pause a campaign without it."""
        self._rig.kill_database()
        self._rig.postgres.start_again()

    def fcm(self) -> None:
        """Let FCM answer each second message with 500."""
        self._rig.emulator.plan([{"match": {"every": 2}, "answer": "INTERNAL"}])

    def fcm_again(self) -> None:
        """Let FCM accept all messages again."""
        self._rig.emulator.plan([])

    def beat(self) -> None:
        """Kill the beat."""
        self._rig.processes.kill(self._beat)

    def worker(self) -> None:
        """Kill one of the two workers; the other one goes on. A third is started after the pause."""
        self._rig.processes.kill(self._workers.pop(0))
        began = time.monotonic()
        self._rig.goes_on(self._campaign, 20, 60)
        self.went_on_after = time.monotonic() - began

    def worker_again(self) -> None:
        """Start a worker in place of the one that was killed."""
        self._workers.append(self._rig.worker(FCM_MESSAGES_PER_MINUTE=self._rate))

    def frozen(self) -> None:
        """Let one of the workers stand still with requests under way."""
        self._signal(self._workers[0], signal.SIGSTOP)

    def thawed(self) -> None:
        """Let it go on, while the campaign is paused."""
        self._signal(self._workers[0], signal.SIGCONT)

    def _signal(self, worker: Popen[bytes], number: signal.Signals) -> None:
        os.killpg(worker.pid, number)


def paused(rig: Rig) -> Verdict:
    """Pause and resume one campaign, each time after something else has begun to fail."""
    with abandoned_claims() as abandoned:
        campaign = rig.campaign()
        failing = _Failing(rig, campaign)
        # What fails before the pause, and what happens when the pause works; nothing may be sent after that either.
        cases: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
            "nothing": (failing.nothing, failing.nothing),
            "the broker is killed": (failing.broker, failing.broker_again),
            "all connections to PostgreSQL end": (failing.connections, failing.nothing),
            "FCM answers half of all messages with 500": (failing.fcm, failing.fcm_again),
            "PostgreSQL is killed": (failing.database, failing.nothing),
            "the beat is killed": (failing.beat, failing.nothing),
            "a worker is killed": (failing.worker, failing.worker_again),
            "a worker is stopped for a while by the system": (failing.frozen, failing.thawed),
        }
        rig.under_way(campaign, 0.03)
        sent_late = {name: _pause(rig, campaign, *case) for name, case in cases.items()}
        halted = rig.finish(campaign, 400)
        verdict = rig.judge(
            campaign, halted, may_double=abandoned.devices(campaign.pk), within=_SENDING + 40 * len(cases) + LEASE
        )
    verdict.counted = f"{len(cases)} pauses; after a worker's end sending went on within {failing.went_on_after:.1f} s"
    verdict.faults += [
        f"{late} messages were sent later than {WORKS_WITHIN:.0f} s after a pause while this had happened: {name}"
        for name, late in sent_late.items()
        if late
    ]
    if failing.went_on_after > GOES_ON_WITHIN:
        verdict.faults.append(f"after a worker's end nothing was sent for {failing.went_on_after:.0f} s")
    return verdict


def _pause(rig: Rig, campaign: Campaign, fails: Callable[[], None], afterwards: Callable[[], None]) -> int:
    """Pause a campaign after something has failed, resume it, and return how many messages arrived too late."""
    from notifications.campaigns import lifecycle

    rig.goes_on(campaign, 50)
    fails()
    campaign.refresh_from_db()
    lifecycle.pause(campaign, by=records.staff()[1], at=datetime.now(UTC))
    time.sleep(WORKS_WITHIN)
    sent = rig.messages(campaign)
    afterwards()
    time.sleep(LOOKS_FOR)
    late = rig.messages(campaign) - sent
    resume(campaign)
    return late
