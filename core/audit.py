"""Record who did what to which row; nothing else writes the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from core.audit_verbs import Verb
from core.models.audit_entry import AuditEntry
from core.models.user import User


def record(*, by: User, verb: Verb, at: datetime, row: models.Model | None = None, **details: Any) -> AuditEntry:
    """Add one entry in the caller's transaction. `details` must be JSON, and must not describe a reader or a device."""
    return AuditEntry.objects.create(
        by=by,
        verb=verb,
        at=at,
        model=row._meta.label if row is not None else "",
        row=str(row.pk) if row is not None else "",
        details=details,
    )
