"""Write what readers get as a tree of files that any web server serves."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from api.export import export_release
from core.cli import StaffCommand


class Command(StaffCommand):
    """Static export from the command line; run it after each release, and each day for the manifest's date."""

    help = "Write the signed manifest and its packs into a folder: incremental, atomic, read back after writing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("folder", type=Path)

    def act(self, options: dict[str, Any]) -> None:
        done = export_release(options["folder"])
        text = (
            f"Release {done.release} is in {options['folder']}: {done.packs} packs; "
            f"{done.written} files written, {done.kept} right already, {done.removed} removed."
        )
        self.answer(options, asdict(done), text)
