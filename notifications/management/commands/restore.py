"""Put a dump of `backup` back, hold all campaigns, and stop all sending until `restore_check` has passed."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from core.backups.restore import restore
from core.cli import StaffCommand
from core.migration_state import missing_migrations
from notifications.delivery import unchecked_restores


class Command(StaffCommand):
    """The `restore` command, which runs as the owner of the database."""

    help = "Restore a dump. Stop every process of the product first; run restore_check afterwards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("dump", type=Path, help="a file that `backup` wrote, with its manifest beside it")
        parser.add_argument("--replace", action="store_true", help="replace everything that is in the database")

    def run_command(self, options: dict[str, Any]) -> None:
        """Restore, migrate what the dump lacks, and hold what was in flight."""
        before = unchecked_restores.restores_so_far()
        manifest = restore(options["dump"], replace=options["replace"])
        lacking = missing_migrations()
        if lacking:
            call_command("migrate", interactive=False, verbosity=0)
        held = unchecked_restores.hold(before=before, at=timezone.now())
        lines = [f"Restored the backup of {manifest.taken_at}."]
        if lacking:
            lines.append(f"Applied {len(lacking)} migrations that the backup lacked.")
        lines.append(f"Held: {', '.join(map(str, held)) or 'no campaign was in flight'}.")
        lines.append("All sending is stopped until manage.py restore_check has passed. Then start the processes.")
        data = {"taken_at": manifest.taken_at, "migrated": lacking, "held": held}
        self.print_result(options, data, "\n".join(lines))
