"""Why a worker cannot send what it finds, or sends it slowly, as it says itself: the page of a campaign shows it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar

from django.db import connection, models
from django.db.models.functions import Now

from core.querysets import manager_of

#: How long a note holds; a worker repeats it more often.
HOLDS_FOR = timedelta(seconds=30)
_WRITE = """
    INSERT INTO notifications_workernote (worker, project, reason, noted_at) VALUES (%s, %s, %s, now())
    ON CONFLICT (worker, project) DO UPDATE SET reason = EXCLUDED.reason, noted_at = EXCLUDED.noted_at
"""


class WorkerNoteQuerySet(models.QuerySet["WorkerNote"]):
    """Write notes and find those that hold."""

    def write(self, *, worker: str, project: str, reason: str) -> None:
        """Write or renew the note of a worker about a Firebase project."""
        with connection.cursor() as cursor:
            cursor.execute(_WRITE, [worker[:100], project, reason[:300]])

    def holding(self, projects: Iterable[str]) -> WorkerNote | None:
        """Return the newest note about one of the projects that still holds; None if there is none."""
        return self.filter(project__in=projects, noted_at__gt=Now() - HOLDS_FOR).order_by("-noted_at").first()


class WorkerNote(models.Model):
    """The last note of one worker about one Firebase project."""

    worker = models.CharField(max_length=100, help_text="Name of its host.")
    project = models.CharField(max_length=60)
    reason = models.CharField(max_length=300, help_text="As one sentence.")
    noted_at = models.DateTimeField()

    objects: ClassVar[WorkerNoteQuerySet] = manager_of(WorkerNoteQuerySet)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["worker", "project"], name="worker_note_once"),)

    def __str__(self) -> str:
        return f"{self.worker}: {self.reason}"
