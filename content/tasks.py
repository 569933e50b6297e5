"""Celery tasks of content. They only wake the work up: PostgreSQL decides what is due."""

from __future__ import annotations

import logging
from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from content.assurance.links import checker
from content.models import (
    CorrectionCount,
    Judgement,
    ReadingLink,
    Reply,
    ScheduledPublication,
    SetAsideText,
    TextImport,
    TipPresence,
    UnsavedText,
)
from content.publishing import scheduling, signing
from core.errors import DomainError
from core.sandbox import is_loopback

log = logging.getLogger(__name__)


@shared_task(name="content.tasks.sign_manifest")  # type: ignore[untyped-decorator]
def sign_manifest(**_unknown: Any) -> None:
    """Sign the manifest if it is due, and log an error where it has not been signed for too long."""
    now = timezone.now()
    try:
        signing.sign_if_due(at=now)
    except DomainError as error:
        log.warning("the manifest is not signed: %s", error)
    signing.alarm(at=now)


@shared_task(name="content.tasks.publish_due")  # type: ignore[untyped-decorator]
def publish_due(**_unknown: Any) -> None:
    """Publish every release whose time has come, and log an error for each that could not be published any more."""
    while scheduling.publish_due(at=timezone.now()):
        pass
    for refused in ScheduledPublication.objects.unresolved_refusals():
        log.error("release %s was not published at its time: %s", refused.release_id, refused.detail)


@shared_task(name="content.tasks.check_link")  # type: ignore[untyped-decorator]
def check_link(**_unknown: Any) -> None:
    """Check one due link, each minute; a sandbox never requests other people's servers."""
    if settings.SANDBOX or is_loopback(settings.FCM_ENDPOINT):
        return
    checker.check_next(at=timezone.now())


@shared_task(name="content.tasks.forget_corrections")  # type: ignore[untyped-decorator]
def forget_corrections(**_unknown: Any) -> None:
    """Delete, each hour, the counts of reports that are no longer recent."""
    CorrectionCount.objects.delete_old(at=timezone.now())


@shared_task(name="content.tasks.forget_old_rows")  # type: ignore[untyped-decorator]
def forget_old_rows(**_unknown: Any) -> None:
    """Delete, each hour, what people typed long ago and never saved, and what outsiders answered long ago."""
    now = timezone.now()
    UnsavedText.objects.forget_old(at=now)
    SetAsideText.objects.forget_old(at=now)
    Reply.objects.forget_old(at=now)
    Judgement.objects.forget_old(at=now)
    ReadingLink.objects.forget_readers(at=now)


@shared_task(name="content.tasks.forget_imports")  # type: ignore[untyped-decorator]
def forget_imports(**_unknown: Any) -> None:
    """Delete, each hour, the imports of translation files that nobody has confirmed in time, and who had a tip open."""
    TextImport.objects.forget_old(at=timezone.now())
    TipPresence.objects.forget_old(at=timezone.now())
