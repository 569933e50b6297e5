"""Celery wakes workers and keeps the timetable; the work itself is in PostgreSQL."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from kombu.entity import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings


class QueueName:
    """Names of the queues; every worker consumes all of them."""

    DELIVERY = "delivery"
    UPKEEP = "upkeep"


def _transport(url: str) -> dict[str, Any]:
    """Return Celery's broker settings; filesystem:///folder uses kombu's transport for a single machine."""
    if not url.startswith("filesystem://"):
        return {"broker_url": url}
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


app = Celery("fingerpost")
app.conf.update(
    **_transport(settings.BROKER_URL),
    # Nothing reads results, and a stored result would be a second record.
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_queues=[
        Queue(QueueName.DELIVERY, routing_key=QueueName.DELIVERY),
        Queue(QueueName.UPKEEP, routing_key=QueueName.UPKEEP),
    ],
    task_default_queue=QueueName.UPKEEP,
    task_routes={"notifications.tasks.*": {"queue": QueueName.DELIVERY}},
    task_create_missing_queues=False,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    # Anyone who can write to the broker could stop the workers from taking work, or shut them down.
    worker_enable_remote_control=False,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=5,
    timezone="UTC",
    beat_schedule_filename=os.environ.get("BEAT_SCHEDULE_FILE", "celerybeat-schedule"),
    beat_schedule={
        "tick": {
            "task": "notifications.tasks.tick",
            "schedule": 1.0,
            "options": {"queue": QueueName.DELIVERY, "expires": 5},
        },
        "prove-registrations": {
            "task": "notifications.tasks.prove_registrations",
            "schedule": 60.0,
            "options": {"queue": QueueName.DELIVERY, "expires": 50},
        },
        # Bounds how long a withdrawn service stays in the manifest, as long as a worker process is free.
        "sign-manifest": {
            "task": "content.tasks.sign_manifest",
            "schedule": 10.0,
            "options": {"queue": QueueName.UPKEEP, "expires": 50},
        },
        "publish-due": {
            "task": "content.tasks.publish_due",
            "schedule": 10.0,
            "options": {"queue": QueueName.UPKEEP, "expires": 50},
        },
        # One link per run: a worker that waits ten seconds for a slow host keeps its other processes for alerts.
        "check-link": {
            "task": "content.tasks.check_link",
            "schedule": 60.0,
            "options": {"queue": QueueName.UPKEEP, "expires": 50},
        },
        "forget-sessions": {
            "task": "core.tasks.forget_sessions",
            "schedule": 3600.0,
            "options": {"queue": QueueName.UPKEEP, "expires": 3000},
        },
        "tell-staff": {
            "task": "notifications.tasks.tell_staff",
            "schedule": 30.0,
            "options": {"queue": QueueName.UPKEEP, "expires": 25},
        },
        "forget-corrections": {
            "task": "content.tasks.forget_corrections",
            "schedule": 3600.0,
            "options": {"queue": QueueName.UPKEEP, "expires": 3000},
        },
    },
)
app.autodiscover_tasks(["core", "content", "notifications"])
