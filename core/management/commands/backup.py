"""Write the database to a file in a folder, with a manifest beside it."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from core.backups.backup import back_up, keep_newest
from core.cli import StaffCommand
from core.errors import Invalid


class Command(StaffCommand):
    """The `backup` command."""

    help = "Back the database up with pg_dump of the server's version. The file holds accounts and sealed addresses: guard it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path, help="where to write the dump and its manifest")
        parser.add_argument("--keep", type=int, metavar="NUMBER", help="delete the older dumps of this command but so many")

    def run_command(self, options: dict[str, Any]) -> None:
        """Write the dump and print its path."""
        if options["keep"] is not None and options["keep"] < 1:
            raise Invalid("Keep at least one dump.", code="keep")
        dump = back_up(options["folder"], at=timezone.now())
        deleted = keep_newest(options["folder"], options["keep"]) if options["keep"] else []
        size = dump.stat().st_size
        text = f"Backed up to {dump} ({size:,} bytes), with its manifest beside it."
        if deleted:
            text += f" Deleted {len(deleted)} older."
        self.print_result(options, {"dump": str(dump), "size": size, "deleted": len(deleted)}, text)
