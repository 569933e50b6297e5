"""The base of commands that staff run: who acts, text or JSON output, and one sentence for every refusal."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import tokens
from core.errors import DomainError, NotFound
from core.models.user import User


class StaffCommand(BaseCommand):
    """A command that staff run. A subclass implements `run_command` and raises DomainError to refuse."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def add_acting_user(self, parser: ArgumentParser) -> None:
        """Add the options that identify the person who acts to the (sub)parser of an action that takes one."""
        parser.add_argument("--by", required=True, metavar="NAME", help="the member of staff who does this")
        parser.add_argument("--token", help="that person's token from the console (not needed in the sandbox)")

    def add_json(self, parser: ArgumentParser) -> None:
        """Add --json to a subparser, so that it can stand after the name of the action too."""
        parser.add_argument("--json", action="store_true", default=False, help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command; raise CommandError for a refusal, as JSON too where that was requested."""
        try:
            self.run_command(options)
        except DomainError as error:
            if options.get("json"):
                self.stdout.write(json.dumps({"error": error.code_name, "detail": error.detail}, ensure_ascii=False))
            raise CommandError(error.detail) from error

    def run_command(self, options: dict[str, Any]) -> None:
        """Run the command; raise DomainError to refuse."""
        raise NotImplementedError

    def acting_user(self, options: dict[str, Any], *, sensitive: bool = False) -> User:
        """Return the person named by --by; outside the sandbox a sensitive action takes that person's own token."""
        user = User.objects.filter(username=options["by"]).first()
        if user is None:
            raise NotFound(f"There is no member of staff called {options['by']}.")
        if sensitive and not settings.SANDBOX:
            tokens.check(options.get("token") or "", user)
        return user

    def print_result(self, options: dict[str, Any], data: dict[str, Any], text: str) -> None:
        """Print the data as one line of JSON with --json, else the text."""
        self.stdout.write(json.dumps(data, ensure_ascii=False) if options.get("json") else text)
