"""Write the database to a file in a folder, with a manifest and the list of unregistered phones beside it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from core.backups.backup import back_up, keep_newest
from core.cli import StaffCommand
from core.errors import Invalid
from notifications.models import Unregistered
from notifications.registrations import unregistered_file


class Command(StaffCommand):
    """The `backup` command."""

    help = "Back the database up with pg_dump of the server's version. The file holds accounts and sealed addresses: guard it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, help="where to write the dump, its manifest and the list of unregistered phones")
        parser.add_argument("--keep", type=int, metavar="NUMBER", help="delete the older dumps of this command but so many")
        parser.add_argument(
            "--unregistered-only", action="store_true", help=f"write only {unregistered_file.NAME}, in a moment; run it each hour"
        )

    def run_command(self, options: dict[str, Any]) -> None:
        """Write the files and print the path of the dump."""
        if options["keep"] is not None and options["keep"] < 1:
            raise Invalid("Keep at least one dump.", code="keep")
        folder: Path = options["folder"]
        if options["unregistered_only"]:
            number = _write_list(folder / unregistered_file.NAME)
            self.print_result(options, {"unregistered": number}, f"Wrote the list of {number} unregistered phones to {folder}.")
            return
        dump = back_up(folder, at=timezone.now())
        unregistered = _write_list(unregistered_file.beside(dump))
        deleted = keep_newest(folder, options["keep"]) if options["keep"] else []
        size = dump.stat().st_size
        text = f"Backed up to {dump} ({size:,} bytes), with its manifest and the list of unregistered phones beside it."
        if deleted:
            text += f" Deleted {len(deleted)} older."
        data = {"dump": str(dump), "size": size, "deleted": len(deleted), "unregistered": unregistered}
        self.print_result(options, data, text)


def _write_list(path: Path) -> int:
    days = Unregistered.objects.days(on=timezone.now().date())
    try:
        unregistered_file.write(path, days)
    except OSError as error:
        raise Invalid(f"{path} cannot be written ({error.strerror}).", code="folder") from error
    return len(days)
