"""Write docs/states.md from the one table of edges, or tell whether it has drifted."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.states import diagrams


class Command(BaseCommand):
    """Generate the state diagrams."""

    help = "write docs/states.md from the table of edges; --check only compares"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "states.md"
        text = diagrams()
        if not options["check"]:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            raise CommandError("docs/states.md has drifted from the table of edges; run ./run manage states.")
