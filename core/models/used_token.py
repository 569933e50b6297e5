"""Command line tokens that have been used, so that none works twice."""

from __future__ import annotations

from django.db import models


class UsedToken(models.Model):
    """The digest of a used token; it is deleted once the token would have expired."""

    #: SHA-256 of the token, in hexadecimal.
    digest = models.CharField(max_length=64, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:12]
