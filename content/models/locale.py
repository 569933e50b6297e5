"""The locales that packs are compiled in."""

from __future__ import annotations

from django.db import models


class Direction(models.TextChoices):
    """The direction of a locale's script."""

    LTR = "ltr"
    RTL = "rtl"


class Locale(models.Model):
    """A locale under its BCP 47 tag, with the script where it is needed."""

    code = models.CharField(max_length=35, primary_key=True)
    name = models.CharField(max_length=80, help_text="English name.")
    endonym = models.CharField(max_length=80, help_text="The name in the language itself.")
    dir = models.CharField(max_length=3, choices=Direction.choices, default=Direction.LTR)

    class Meta:
        ordering = ("code",)
        constraints = (models.CheckConstraint(condition=models.Q(dir__in=Direction.values), name="locale_dir"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
