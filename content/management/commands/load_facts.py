"""Load services and emergency numbers as proposals that a second person approves."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from content.importing.facts import EMERGENCY_FILE, FIGURES_FILE, SERVICES_FILE, FactsLoaded, load_facts
from core.cli import StaffCommand
from core.errors import NotFound


class Command(StaffCommand):
    """The `load_facts` command. One invalid entry refuses the whole file."""

    help = "Load services from files of facts; every fact and every channel becomes a proposal."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--file", type=Path, help="a file of services (default: the product's own, with all emergency numbers)"
        )
        self.add_acting_user(parser, default="needed with --file outside the sandbox; without it the product itself proposes")

    def run_command(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options) if options["file"] is None else self.author_of_file(options)
        try:
            data = (options["file"] or SERVICES_FILE).read_bytes()
            emergency_numbers = None if options["file"] else EMERGENCY_FILE.read_bytes()
            figures = None if options["file"] else FIGURES_FILE.read_bytes()
        except OSError as error:
            raise NotFound(f"The file cannot be read: {error.strerror}.") from None
        loaded = load_facts(data, emergency_numbers, figures, by=by, at=timezone.now())
        self.print_result(options, loaded.data(), _sentence(loaded))


def _sentence(loaded: FactsLoaded) -> str:
    if not loaded.changed:
        return "\n".join([f"No changes: {loaded.entries} entries.", *_notes(loaded)])
    proposals = ", ".join(f"{count} to {act}" for act, count in sorted(loaded.proposed.items())) or "none"
    return "\n".join(
        [
            f"{loaded.entries} entries: {len(loaded.services_new)} new services, {len(loaded.services_proposed)} to change; "
            f"{loaded.units_new} new texts, {loaded.units_changed} changed, as drafts.",
            f"Proposed changes of channels: {proposals}; figures: {loaded.figures}. A second person approves all proposals.",
            *_notes(loaded),
        ]
    )


def _notes(loaded: FactsLoaded) -> list[str]:
    return [f"  {note}" for note in loaded.notes]
