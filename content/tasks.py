"""Celery's part: wake up. Whether a manifest is due is decided by what stands in PostgreSQL."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.utils import timezone

from content import signing
from core.errors import DomainError

log = logging.getLogger(__name__)


@shared_task(name="content.tasks.sign_manifest")  # type: ignore[untyped-decorator]
def sign_manifest(**_unknown: Any) -> None:
    """Sign the manifest where it is due, each minute; say aloud when that has failed for too long."""
    now = timezone.now()
    try:
        signing.sign_if_due(at=now)
    except DomainError as error:
        log.warning("the manifest is not signed: %s", error)
    signing.alarm(at=now)
