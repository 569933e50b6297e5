"""The countries that readers can be in."""

from __future__ import annotations

from django.db import models


class Country(models.Model):
    """An assigned ISO 3166-1 country, or ZZ for services that belong to none."""

    code = models.CharField(max_length=2, primary_key=True)
    name = models.CharField(max_length=80)

    class Meta:
        verbose_name_plural = "countries"
        ordering = ("code",)
        constraints = (models.CheckConstraint(condition=models.Q(code__regex="^[A-Z]{2}$"), name="country_code"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
