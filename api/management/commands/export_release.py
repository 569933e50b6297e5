"""Write the published packs and the manifest as files that any web server can serve."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.export import export_release
from core.cli import StaffCommand


class Command(StaffCommand):
    """Static export from the command line, to be run after each release and daily for the renewed manifest."""

    help = "Write the signed manifest and its packs to a folder. Only changed files are written, each is read back."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path)

    def run_command(self, options: dict[str, Any]) -> None:
        result = export_release(options["folder"])
        text = (
            f"Release {result.release} is in {options['folder']}: {result.packs} packs; "
            f"{result.written} files written, {result.kept} unchanged, {result.removed} removed."
        )
        self.print_result(options, asdict(result), text)
