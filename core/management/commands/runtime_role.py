"""Refuse to run the product with a database role against which no rule holds."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection

from core import database_roles


class Command(BaseCommand):
    """The `runtime_role` command, which the roles of the image and the sandbox run before they start."""

    help = "Fail where DATABASE_URL names a superuser or the owner of the tables. A database that is away is no failure."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with connection.cursor() as cursor:
                fault = database_roles.fault(cursor)
        except OperationalError:
            # Readers are served without the database; whatever needs it fails by itself.
            self.stderr.write("The database cannot be reached, so its role was not checked.")
            return
        if fault is not None:
            raise CommandError(fault)
