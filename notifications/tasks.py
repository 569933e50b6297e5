"""Celery tasks: wake the scheduler and the workers. The work is rows in PostgreSQL: lost and doubled wake-ups are harmless.

Each worker process also polls the database, so that nothing but the speed of the start depends on the broker and the beat.
config/celery.py routes these tasks to the queue `delivery`.
"""

from __future__ import annotations

import fcntl
import gc
import logging
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from celery import shared_task
from celery.signals import worker_process_init, worker_process_shutdown
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from core import database_limits, heartbeats
from notifications.delivery import (
    claims,
    clock_steps,
    holders,
    maintenance,
    polling,
    restores,
    scheduler,
    second_groups,
    state_file,
    synthetic_alerts,
    test_sends,
    topic_list,
    unwritten,
    worker,
)
from notifications.delivery.polling import Poller
from notifications.models.campaign import Campaign
from notifications.models.heartbeat import Heartbeat, HeartbeatPart
from notifications.models.registration import Registration
from notifications.models.scheduler_run import LATE_AFTER, SchedulerRun
from notifications.registrations import unregistering
from notifications.staff_messages import sending, waiting

#: Seconds for which one wake-up sends; then the next one takes over, so that a worker process can be stopped in between.
DELIVER_SECONDS = 20.0
#: Age in seconds at which a wake-up is dropped, so that few are left over after an outage. Far longer than the queue of a loaded
#: machine: a shorter limit would drop every wake-up there, and nothing would be sent.
MAX_WAKE_UP_AGE = 60.0
#: For how many seconds a process looks for something to send five times a second, after it last saw an approved campaign that
#: begins at once and is not frozen yet: by then its canary has outcomes.
AWAKE_AFTER_APPROVAL = 3.0
#: For how many seconds that goes on at the most for one campaign: one that cannot begin is then left to the usual looks.
AWAKE_FOR_ONE = 60.0
#: Seconds between two looks at what the list of topics follows from.
TOPICS_INTERVAL = 10.0
#: New objects after which a process of a worker looks for unreachable ones; Python's default is 700. With 100,000 the processes
#: of a worker took 70 MB more in all.
OBJECTS_BEFORE_COLLECTION = 30_000
#: The lock of the first sender among a worker's processes, which inherit this unnamed file: a POSIX lock belongs to one process,
#: and is released however that process ends. The second lock does the same among the threads of one process.
_AMONG_PROCESSES, _name = tempfile.mkstemp(prefix="fingerpost-")
os.unlink(_name)
_AMONG_THREADS = threading.Lock()

_logger = logging.getLogger(__name__)


@shared_task(name="notifications.tasks.tick")  # type: ignore[untyped-decorator]
def tick(**_unknown: Any) -> None:
    """Run the scheduler, each second; wake the workers when there is something to send."""
    _give_heartbeat(HeartbeatPart.BEAT)
    if _run_scheduler(late_after=0.0):
        _wake_workers()
    if test_sends.waiting(at=scheduler.database_now()):
        send_tests.delay()


@shared_task(name="notifications.tasks.send_tests")  # type: ignore[untyped-decorator]
def send_tests(**_unknown: Any) -> None:
    """Send the tests that staff have asked for to their own phones."""
    test_sends.send_waiting(at=scheduler.database_now())


@shared_task(name="notifications.tasks.prove_registrations")  # type: ignore[untyped-decorator]
def prove_registrations(**_unknown: Any) -> None:
    """Count, each minute, the registrations that are old enough."""
    while Registration.objects.prove(at=scheduler.database_now()):
        pass


def _run_scheduler(*, late_after: float) -> bool:
    """Run the scheduler unless another process ran it lately; return whether there is something to send."""
    # Before this run is counted, which would hide that there were more.
    restores.hold_after_restore(at=scheduler.database_now())
    with transaction.atomic():
        silent = SchedulerRun.objects.seconds_since_last()
        step = SchedulerRun.objects.take_turn(late_after=late_after)
        if step is None:
            return False
        clock_steps.follow(step)
        second_groups.allow_for_outage(silent, at=scheduler.database_now())
    return scheduler.tick(at=scheduler.database_now())


def _wake_own_pollers() -> None:
    for poller in _pollers:
        poller.wake()


def _wake_workers() -> None:
    # This process begins at once; others hear of it through the broker.
    _wake_own_pollers()
    # The broker keeps what this process has seen of the database while all workers are stopped for a restore.
    deliver.delay(woken_at=scheduler.database_now().timestamp(), seen=restores.seen().as_message())


@shared_task(name="notifications.tasks.deliver")  # type: ignore[untyped-decorator]
def deliver(*, woken_at: float, seen: list[str | int] | None = None, **_unknown: Any) -> None:
    """Send what is due; one process of each Celery worker does, however many wake-ups there are."""
    restores.seen().learn(seen)
    if scheduler.database_now().timestamp() - woken_at > MAX_WAKE_UP_AGE:
        return
    with _sender() as may_send:
        settled = worker.run(seconds=DELIVER_SECONDS) if may_send else 0
    if settled:
        # So that the counts of what has ended are folded now, and not with the next tick.
        _run_scheduler(late_after=0.0)
        _wake_workers()


def _tick_if_late(stopping: threading.Event) -> None:
    """Run the scheduler when no process has run it lately."""
    _run_scheduler(late_after=LATE_AFTER)


class _TickWhenNeeded:
    """Run the scheduler as soon as a campaign is approved that begins at once, and else when no process has run it lately.

    For some seconds it also wakes the senders of this process: while another one freezes the audience and sends the canary,
    nothing else tells this one that a second sender is worthwhile.
    """

    def __init__(self) -> None:
        #: By campaign: when this process first saw it (monotonic clock) and ran the scheduler for it. One that cannot begin is
        #: left to the usual runs.
        self._approved: dict[int, float] = {}
        self._late_look_at = 0.0
        self._awake_until = 0.0

    def __call__(self, stopping: threading.Event) -> None:
        """Take the step."""
        now, before = time.monotonic(), self._approved
        self._approved = {campaign: before.get(campaign, now) for campaign in Campaign.objects.ids_to_begin_now()}
        if self._approved.keys() - before.keys():
            _run_scheduler(late_after=0.0)
        elif time.monotonic() >= self._late_look_at:
            self._late_look_at = time.monotonic() + polling.INTERVAL
            _tick_if_late(stopping)
        if any(now - first_seen < AWAKE_FOR_ONE for first_seen in self._approved.values()):
            self._awake_until = time.monotonic() + AWAKE_AFTER_APPROVAL
        if time.monotonic() < self._awake_until:
            _wake_own_pollers()


def _send_if_due(stopping: threading.Event) -> None:
    """Send what is due; write what the database did not take before.

    While another process of this worker is sending, only a large campaign is worth a second sender: one fills one core.
    """
    restores.hold_after_restore(at=scheduler.database_now())
    unwritten.of_this_process().write_again()
    _give_heartbeat(HeartbeatPart.DELIVERY)
    waiting = claims.waiting_projects(ahead=claims.WAKE_AHEAD)
    if not waiting:
        return
    # In a thread: the process stays free for the rest of the timetable, which it would not in `deliver`.
    with _sender(beside_another=max(waiting.values()) > claims.ramp_above_batches()) as may_send:
        settled = worker.run(seconds=DELIVER_SECONDS, stopping=stopping) if may_send else 0
    if settled:
        _run_scheduler(late_after=0.0)


def _release_ended(stopping: threading.Event) -> None:
    """Release the claims of processes of this machine that have ended, and take them up at once."""
    if holders.release_ended():
        _wake_own_pollers()


def _give_heartbeat(part: HeartbeatPart) -> None:
    """Record that this machine works. A database that takes no writes keeps nobody from what comes next."""
    try:
        Heartbeat.objects.give(part, host=socket.gethostname())
    except DatabaseError as error:
        _logger.warning("A heartbeat could not be recorded (%s).", type(error).__name__)
        connection.close_if_unusable_or_obsolete()


def _send_tests_if_waiting(stopping: threading.Event) -> None:
    """Send the tests that wait; each is claimed once, however many workers look for them."""
    now = scheduler.database_now()
    if test_sends.waiting(at=now):
        test_sends.send_waiting(at=now)


def _send_synthetic_alert_if_due(stopping: threading.Event) -> None:
    """Send the synthetic alert, if it is switched on; one process of all workers does."""
    if settings.SYNTHETIC_APP:
        synthetic_alerts.send_if_due(at=scheduler.database_now())


def _run_daily_jobs(stopping: threading.Event) -> None:
    """Run what is due of the daily maintenance."""
    maintenance.run_due_jobs(at=scheduler.database_now())


class _ListTopics:
    """Write the list of topics once a day, and soon after a publication or a change of an app."""

    def __init__(self) -> None:
        self._written: tuple[object, ...] | None = None
        self._next_look_at = 0.0

    def __call__(self, stopping: threading.Event) -> None:
        """Take the step."""
        if time.monotonic() < self._next_look_at:
            return
        self._next_look_at = time.monotonic() + TOPICS_INTERVAL
        now = scheduler.database_now()
        basis = topic_list.basis(at=now)
        if basis != self._written:
            topic_list.write(at=now)
            self._written = basis


def _remember_state(stopping: threading.Event) -> None:
    """Note outside of the database how far it has come, and who has unregistered."""
    state_file.remember()
    unregistering.keep_outside(at=timezone.now())


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _collect_seldom(**_unknown: Any) -> None:
    """Look for unreachable objects seldom, which took 7 % of a sender's processor time, and never at what was imported.

    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.freeze()
    gc.set_threshold(OBJECTS_BEFORE_COLLECTION, *gc.get_threshold()[1:])


_pollers: list[Poller] = []


@worker_process_init.connect  # type: ignore[untyped-decorator]
def _start_polling(**_unknown: Any) -> None:
    database_limits.apply()
    # Before anything is sent.
    state_file.recall()
    steps = (
        *(_send_if_due, _release_ended, _send_tests_if_waiting, _send_synthetic_alert_if_due, _run_daily_jobs),
        *(_ListTopics(), _remember_state),
    )
    poller = Poller(*steps, often=_TickWhenNeeded(), alive=lambda: heartbeats.give("worker"))
    _pollers.append(poller)
    poller.start()


@worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _stop_polling(**_unknown: Any) -> None:
    for poller in _pollers:
        poller.stop()
    heartbeats.end("worker")


@contextmanager
def _sender(*, beside_another: bool = False) -> Iterator[bool]:
    """Yield whether this thread may send: as the first sender of its worker or, with `beside_another`, of its process."""
    if not _AMONG_THREADS.acquire(blocking=False):
        yield False
        return
    first = _locked()
    try:
        yield first or beside_another
    finally:
        if first:
            fcntl.lockf(_AMONG_PROCESSES, fcntl.LOCK_UN)
        _AMONG_THREADS.release()


def _locked() -> bool:
    try:
        fcntl.lockf(_AMONG_PROCESSES, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@shared_task(name="notifications.tasks.tell_staff")  # type: ignore[untyped-decorator]
def tell_staff(**_unknown: Any) -> None:
    """Send messages to staff about what waits for them, each half minute; once for each person and thing."""
    now = scheduler.database_now()
    waiting.note_waiting(at=now)
    sending.send_waiting(at=now)
