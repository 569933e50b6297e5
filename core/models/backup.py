"""When the database was backed up, so that its age can be seen; written after the dump, which does not hold it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db import models

#: Age from which a daily backup has probably failed.
BACKUP_AGE: Final = timedelta(hours=48)


class Backup(models.Model):
    """One backup by `manage.py backup`."""

    taken_at = models.DateTimeField()
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ("-taken_at",)

    def __str__(self) -> str:
        return f"{self.taken_at}"
