"""Write the examples of push messages that apps are tested with into kit/push/fixtures, or check that they are current."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from core.cli import StaffCommand
from core.errors import Invalid
from notifications.campaigns.push_examples import file_text, push_examples

FOLDER: Final = Path(__file__).resolve().parents[3] / "kit" / "push" / "fixtures"


class Command(StaffCommand):
    """Write one file for each example, and remove the files of examples that no longer exist."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")

    def run_command(self, options: dict[str, Any]) -> None:
        wanted = {f"{example.name}.json": file_text(example) for example in push_examples()}
        stored = {file.name: file.read_text("utf-8") for file in FOLDER.glob("*.json")}
        changed = sorted(name for name in wanted.keys() | stored.keys() if wanted.get(name) != stored.get(name))
        if changed and options["check"]:
            raise Invalid(f"Not current: {', '.join(changed)}. Run ./run manage push_fixtures.", code="fixtures")
        for name in changed:
            if name in wanted:
                (FOLDER / name).write_text(wanted[name], encoding="utf-8")
            else:
                (FOLDER / name).unlink()
        self.print_result(options, {"fixtures": len(wanted), "changed": changed}, f"{len(wanted)} files, {len(changed)} changed.")
