"""What is done once a day, and the day on which it was last done."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models


class UpkeepQuerySet(models.QuerySet["Upkeep"]):
    """Ask and note."""

    def is_due(self, name: str, *, on: date) -> bool:
        """Tell whether the chore has not been finished on this day."""
        return not self.filter(name=name, done_on__gte=on).exists()

    def done(self, name: str, *, on: date) -> None:
        """Note that the chore is finished for this day."""
        self.update_or_create(name=name, defaults={"done_on": on})


class Upkeep(models.Model):
    """One daily chore."""

    name = models.CharField(max_length=40, primary_key=True)
    done_on = models.DateField()

    objects: ClassVar[UpkeepQuerySet] = UpkeepQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.name
