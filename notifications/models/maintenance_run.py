"""The daily maintenance jobs, and the day on which each was last finished."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models

from core.querysets import manager_of


class MaintenanceRunQuerySet(models.QuerySet["MaintenanceRun"]):
    """Look up and record runs."""

    def is_due(self, job: str, *, on: date) -> bool:
        """Return whether the job has not been finished on this day.

        A later day is one of a clock that was wrong: it must not keep the job from running until then.
        """
        return not self.filter(job=job, finished_on=on).exists()

    def finish(self, job: str, *, on: date) -> None:
        """Record that the job is finished for this day."""
        self.update_or_create(job=job, defaults={"finished_on": on})


class MaintenanceRun(models.Model):
    """The last run of one daily job."""

    job = models.CharField(max_length=40, primary_key=True)
    finished_on = models.DateField()

    objects: ClassVar[MaintenanceRunQuerySet] = manager_of(MaintenanceRunQuerySet)

    def __str__(self) -> str:
        return self.job
