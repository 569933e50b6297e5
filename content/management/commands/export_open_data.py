"""Write the open-data file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from content.exporting.open_data import SCHEMA, export_open_data
from core.cli import StaffCommand


class Command(StaffCommand):
    """The `export_open_data` command, to be run after each release."""

    help = "Write the tips, services and labels of the published release, in all languages, to one JSON file and its schema."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)

    def run_command(self, options: dict[str, Any]) -> None:
        release = export_open_data(options["file"])
        size = options["file"].stat().st_size
        text = f"Release {release.number} is in {options['file']}: {size} bytes, with {SCHEMA.name} beside it."
        self.print_result(options, {"release": release.number, "bytes": size, "schema": SCHEMA.name}, text)
