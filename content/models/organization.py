"""The organizations that run services."""

from __future__ import annotations

from django.db import models


class Organization(models.Model):
    """An HSDS organization, under its official name."""

    id = models.SlugField(max_length=120, primary_key=True)
    name = models.CharField(max_length=200, unique=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
