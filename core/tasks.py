"""Celery tasks of core: what Django keeps and nobody else removes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import shared_task
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.utils import timezone

#: How long Django's own log of changes to accounts is kept. The audit log, which the console shows, has them too.
ADMIN_LOG_KEPT = timedelta(days=365)


@shared_task(name="core.tasks.forget_sessions")  # type: ignore[untyped-decorator]
def forget_sessions(**_unknown: Any) -> None:
    """Delete, each hour, the sessions that have ended and old entries of Django's log."""
    now = timezone.now()
    Session.objects.filter(expire_date__lt=now).delete()
    LogEntry.objects.filter(action_time__lt=now - ADMIN_LOG_KEPT).delete()
