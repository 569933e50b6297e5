"""Check that the database has every constraint, trigger and index of this version, and let sending go on after a restore."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError

from core.backups import catalogue
from core.cli import StaffCommand
from core.migration_state import missing_migrations
from notifications.delivery import unchecked_restores


class Command(StaffCommand):
    """The `restore_check` command; it may be run at any time."""

    help = "Compare constraints, triggers and indexes with the models. After a restore, nothing is sent until this has passed."

    def run_command(self, options: dict[str, Any]) -> None:
        """Print each fault; without any, end the stop of `restore`."""
        faults = [f"The migration {name} is missing." for name in missing_migrations()] or catalogue.faults()
        released = not faults and unchecked_restores.release()
        text = "\n".join(faults) or "Every constraint, trigger and index is there."
        if released:
            text += " Workers may send again; each campaign that was in flight waits for campaign resume."
        self.print_result(options, {"faults": faults, "released": released}, text)
        if faults:
            raise CommandError(f"{len(faults)} faults: restore again, from this dump or an older one.")
