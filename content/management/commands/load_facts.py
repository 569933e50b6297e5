"""Load services and emergency numbers; numbers and addresses become proposals that a second person approves."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from content.importing.facts import EMERGENCY_FILE, SERVICES_FILE, FactsLoaded, load_facts
from core.cli import StaffCommand
from core.errors import NotFound
from core.models import User


class Command(StaffCommand):
    """Refuse the whole file where one entry breaks a rule."""

    help = "Load services from files of facts; numbers become proposals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--file", type=Path, help="a file of services (left out: those of the product, with all emergency numbers)"
        )
        parser.add_argument("--by", metavar="NAME", help="the member of staff who proposes (left out: the product itself)")

    def run_command(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options) if options["by"] else User.objects.system()
        try:
            data = (options["file"] or SERVICES_FILE).read_bytes()
            emergency_numbers = None if options["file"] else EMERGENCY_FILE.read_bytes()
        except OSError as error:
            raise NotFound(f"The file cannot be read: {error.strerror}.") from None
        loaded = load_facts(data, emergency_numbers, by=by, at=timezone.now())
        self.print_result(options, loaded.data(), _sentence(loaded))


def _sentence(loaded: FactsLoaded) -> str:
    if not loaded.changed:
        return "\n".join([f"Nothing has changed: all {loaded.entries} entries are as they were.", *_notes(loaded)])
    proposals = ", ".join(f"{count} to {act}" for act, count in sorted(loaded.proposed.items())) or "none"
    return "\n".join(
        [
            f"{loaded.entries} entries: {len(loaded.services_new)} services new, {len(loaded.services_changed)} changed; "
            f"{loaded.units_new} texts new, {loaded.units_changed} changed, as drafts.",
            f"Numbers and addresses proposed: {proposals}; a second person approves them.",
            *_notes(loaded),
        ]
    )


def _notes(loaded: FactsLoaded) -> list[str]:
    return [f"  {note}" for note in loaded.notes]
