"""Celery wakes workers and keeps the timetable; the work itself is in PostgreSQL."""

from __future__ import annotations

import gc
import os
import sys
import time
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from celery import Celery, Task
from celery.signals import beat_embedded_init, beat_init, celeryd_after_setup, celeryd_init
from kombu.entity import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from config.broker_connection import transport_options
from config.start import BAD_SETTING, require_settings

require_settings()


class QueueName:
    """Names of the queues; every worker consumes all of them."""

    DELIVERY = "delivery"
    UPKEEP = "upkeep"


def _transport(url: str) -> dict[str, Any]:
    """Return Celery's broker settings; filesystem:///folder uses kombu's transport for a single machine."""
    if not url.startswith("filesystem://"):
        return {"broker_url": url, "broker_transport_options": transport_options(url)}
    folder = Path(urlsplit(url).path)
    folders = {name: folder / name for name in ("queue", "control", "processed")}
    for path in folders.values():
        path.mkdir(parents=True, exist_ok=True)
    return {
        "broker_url": "filesystem://localhost",
        "broker_transport": "config.folder_broker:Transport",
        "broker_transport_options": {
            "data_folder_in": str(folders["queue"]),
            "data_folder_out": str(folders["queue"]),
            "control_folder": str(folders["control"]),
            "store_processed": True,
            "processed_folder": str(folders["processed"]),
            "polling_interval": 0.1,
        },
    }


def queues(url: str) -> list[Queue]:
    """Return the queues on a broker; on RabbitMQ they are quorum queues.

    Quorum queues survive the loss of a machine of a cluster; RabbitMQ 4 no longer mirrors classic ones. The type is declared even
    where it is the default of the virtual host: Celery has to know it, because a quorum queue refuses the prefetch limit of a
    whole channel, which Celery would set otherwise.
    """
    arguments = {"x-queue-type": "quorum"} if urlsplit(url).scheme in {"amqp", "amqps", "pyamqp"} else None
    return [Queue(name, routing_key=name, queue_arguments=arguments) for name in (QueueName.DELIVERY, QueueName.UPKEEP)]


class WakeUp(Task):  # type: ignore[misc]
    """A task; one of the timetable that this process ran a moment ago is dropped, as after an outage of all workers.

    It goes by this process's monotonic clock. Celery's `expires` compares the clocks of two machines: a worker that is ahead of
    the beat would drop everything.
    """

    #: By task name, on the clock of time.monotonic.
    _ran_at: ClassVar[dict[str, float]] = {}

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Run the task, or drop it."""
        period = _PERIODS.get(self.name)
        if period is not None and not self.request.called_directly:
            if time.monotonic() - self._ran_at.get(self.name, float("-inf")) < period / 2:
                return None
            self._ran_at[self.name] = time.monotonic()
        return super().__call__(*arguments, **named)


@celeryd_init.connect  # type: ignore[untyped-decorator]
@beat_embedded_init.connect  # type: ignore[untyped-decorator]
@beat_init.connect  # type: ignore[untyped-decorator]
def require_broker(**_unknown: Any) -> None:
    """End a worker or a beat without a broker: it would look as if it worked, and no wake-up would ever arrive."""
    if settings.BROKER_URL.startswith("memory://") and not settings.SANDBOX:
        print("BROKER_URL is not set. A worker and a beat need a Valkey, Redis or RabbitMQ.", file=sys.stderr)  # noqa: T201
        raise SystemExit(BAD_SETTING)


@celeryd_after_setup.connect  # type: ignore[untyped-decorator]
def freeze_what_was_loaded(**_unknown: Any) -> None:
    """Keep Python's collector away from what a worker loads before its processes begin, so that they go on sharing that memory.

    The collector writes into each object that it looks at: the first full collection in a process, after a minute, copied about
    60 MiB (https://docs.python.org/3.11/library/gc.html#gc.freeze). The signal is sent once, before the processes begin, with
    any broker; `worker_before_create_process` is not sent where the transport has no event loop.
    """
    gc.collect()
    gc.freeze()


app = Celery("fingerpost", task_cls=WakeUp, amqp="config.broker_connection:BrokerAMQP")
app.conf.update(
    **_transport(settings.BROKER_URL),
    # Nothing reads results, and a stored result would be a second record.
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_queues=queues(settings.BROKER_URL),
    task_default_queue=QueueName.UPKEEP,
    task_routes={"notifications.tasks.*": {"queue": QueueName.DELIVERY}},
    task_create_missing_queues=False,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    worker_consumer="config.consumer:WakeUpConsumer",
    # Anyone who can write to the broker could stop the workers from taking work, or shut them down.
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    # For ever: a worker that ended because the broker is away would end its polling, and with it all sending.
    broker_connection_max_retries=None,
    broker_connection_timeout=5,
    timezone="UTC",
    beat_scheduler="config.beat:MonotonicScheduler",
    beat_schedule={
        "tick": {
            "task": "notifications.tasks.tick",
            "schedule": 1.0,
            "options": {"queue": QueueName.DELIVERY},
        },
        "prove-registrations": {
            "task": "notifications.tasks.prove_registrations",
            "schedule": 60.0,
            "options": {"queue": QueueName.DELIVERY},
        },
        # Bounds how long a withdrawn service stays in the manifest, as long as a worker process is free.
        "sign-manifest": {
            "task": "content.tasks.sign_manifest",
            "schedule": 10.0,
            "options": {"queue": QueueName.UPKEEP},
        },
        "publish-due": {
            "task": "content.tasks.publish_due",
            "schedule": 10.0,
            "options": {"queue": QueueName.UPKEEP},
        },
        # One link per run: a worker that waits ten seconds for a slow host keeps its other processes for alerts.
        "check-link": {
            "task": "content.tasks.check_link",
            "schedule": 60.0,
            "options": {"queue": QueueName.UPKEEP},
        },
        "forget-sessions": {
            "task": "core.tasks.forget_sessions",
            "schedule": 3600.0,
            "options": {"queue": QueueName.UPKEEP},
        },
        "tell-staff": {
            "task": "notifications.tasks.tell_staff",
            "schedule": 30.0,
            "options": {"queue": QueueName.UPKEEP},
        },
        "forget-corrections": {
            "task": "content.tasks.forget_corrections",
            "schedule": 3600.0,
            "options": {"queue": QueueName.UPKEEP},
        },
        "forget-old-rows": {
            "task": "content.tasks.forget_old_rows",
            "schedule": 3600.0,
            "options": {"queue": QueueName.UPKEEP},
        },
        "forget-imports": {
            "task": "content.tasks.forget_imports",
            "schedule": 3600.0,
            "options": {"queue": QueueName.UPKEEP},
        },
    },
)
#: Seconds between two wake-ups, by task name.
_PERIODS: dict[str, float] = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}
app.autodiscover_tasks(["core", "content", "notifications"])
# For every thread: otherwise those of the pollers would use Celery's built-in app, with another broker and without WakeUp.
app.set_default()
