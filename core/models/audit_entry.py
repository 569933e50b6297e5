"""The audit log: rows are added and never changed, and `AuditLink` chains them."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models

from core.models.append_only import append_only


class AuditEntry(models.Model):
    """What one person did to one row. Never holds anything about a reader or a device."""

    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    #: One of core.audit_verbs.Verb; not `choices`, so that a new verb needs no migration.
    verb = models.CharField(max_length=60)
    model = models.CharField(max_length=60, blank=True)
    row = models.CharField(max_length=120, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["model", "row"], name="auditentry_model_row"),)
        triggers = (
            *append_only(),
            # Deferred to the commit: an earlier lock would be held for as long as the transaction lasts (see `AuditLink`).
            pgtrigger.Trigger(
                name="chained",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="INSERT INTO core_auditlink (entry_id) VALUES (NEW.id); RETURN NULL;",
            ),
        )

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.by} {self.verb} {self.model} {self.row}"
