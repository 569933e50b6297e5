"""Put a dump of `backup` back, hold all campaigns, and stop all sending until `restore_check` has passed."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from core.backups.restore import restore
from core.cli import StaffCommand
from core.errors import Invalid
from core.migration_state import missing_migrations
from notifications.delivery import unchecked_restores
from notifications.models import Unregistered
from notifications.registrations import unregistered_file, unregistering


class Command(StaffCommand):
    """The `restore` command, which runs as the owner of the database."""

    help = "Restore a dump. Stop every process of the product first; run restore_check afterwards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("dump", type=Path, help="a file that `backup` wrote, with its manifest beside it")
        parser.add_argument("--replace", action="store_true", help="replace everything that is in the database")
        parser.add_argument(
            "--unregistered",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="a further list of unregistered phones, beside those in the dump's folder and in DATABASE_STATE_DIR",
        )

    def run_command(self, options: dict[str, Any]) -> None:
        """Restore, migrate what the dump lacks, remove phones that have unregistered since, and hold what was in flight."""
        before = unchecked_restores.restores_so_far()
        unregistered = _unregistered(options["dump"], options["unregistered"])
        manifest = restore(options["dump"], replace=options["replace"])
        lacking = missing_migrations()
        if lacking:
            call_command("migrate", interactive=False, verbosity=0)
        held = unchecked_restores.hold(before=before, at=timezone.now())
        removed = unregistering.purge(unregistered)
        lines = [f"Restored the backup of {manifest.taken_at}."]
        if lacking:
            lines.append(f"Applied {len(lacking)} migration{'' if len(lacking) == 1 else 's'} that the backup lacked.")
        lines.append(f"Removed: {removed} phones that have unregistered since.")
        lines.append(f"Held: {', '.join(map(str, held)) or 'no campaign was in flight'}.")
        lines.append("All sending is stopped until manage.py restore_check has passed. Then start the processes.")
        data = {"taken_at": manifest.taken_at, "migrated": lacking, "removed": removed, "held": held}
        self.print_result(options, data, "\n".join(lines))


def _unregistered(dump: Path, more: list[Path]) -> dict[str, date]:
    """Return who has unregistered, by every list there is. Raises Invalid for one that cannot be read, or without a key."""
    found = _in_the_database() | unregistered_file.read_folder(dump.parent)
    if settings.DATABASE_STATE_DIR:
        found |= unregistered_file.read_folder(Path(settings.DATABASE_STATE_DIR))
    for path in more:
        if not path.is_file():
            raise Invalid(f"There is no file {path}.", code="list")
        found |= unregistered_file.read(path)
    if found and not settings.ADDRESS_KEYS:
        raise Invalid(
            f"{len(found)} phones have unregistered. Give ADDRESS_KEYS, as workers have it: without it they cannot be found in "
            "the dump, and would get alerts again.",
            code="keys",
        )
    return found


def _in_the_database() -> dict[str, date]:
    """Return what the database that is to be replaced knows; nothing where it has no tables."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.notifications_unregistered') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return {}
    return Unregistered.objects.days(on=timezone.now().date())
