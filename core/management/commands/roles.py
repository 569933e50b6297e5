"""Write docs/roles.md from the tables of roles and access, or check that it is up to date."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import roles_page


class Command(BaseCommand):
    """The `roles` command."""

    help = "Write docs/roles.md from the tables of roles and access."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the file is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        path = settings.BASE_DIR / "docs" / "roles.md"
        text = roles_page.text()
        if not options["check"]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            raise CommandError("docs/roles.md is out of date. Run ./run manage roles.")
