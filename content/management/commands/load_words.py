"""Load tips, labels and translations as drafts that need review."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from content.importing.facts import FACTS_DIR
from content.importing.words import WordsLoaded, load_words
from core.cli import StaffCommand


class Command(StaffCommand):
    """The `load_words` command. One invalid text refuses all files."""

    help = "Load tips, labels and translations from YAML files as drafts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--folder", type=Path, default=FACTS_DIR, help="the folder with tips.yaml and targets/")
        self.add_acting_user(parser, default="needed with --folder outside the sandbox; without it the product itself writes")
        parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")

    def run_command(self, options: dict[str, Any]) -> None:
        by = self.acting_user(options) if options["folder"] == FACTS_DIR else self.author_of_file(options)
        loaded = load_words(options["folder"], by=by, at=timezone.now(), dry_run=options["dry_run"])
        data = {**loaded.data(), "dry_run": options["dry_run"]}
        self.print_result(options, data, f"{'Dry run: nothing is written. ' if options['dry_run'] else ''}{_sentence(loaded)}")


def _sentence(loaded: WordsLoaded) -> str:
    lines = [f"No changes: {loaded.tips} tips."]
    if loaded.changed:
        targets = ", ".join(f"{locale} {count}" for locale, count in sorted(loaded.targets_new.items())) or "none"
        lines = [
            f"{loaded.tips} tips: {loaded.tips_new} proposed as new, {len(loaded.tips_changed)} proposed changes; "
            f"{loaded.units_new} new texts, {loaded.units_changed} changed; {loaded.targets_changed} changed translations.",
            f"New translations: {targets}. All of them are drafts that need review.",
        ]
    lines += [f"  not changed: {item}." for item in loaded.kept]
    lines += [f"  refused: {name}: {reason}." for name, reason in loaded.refused.items()]
    return "\n".join(lines)
