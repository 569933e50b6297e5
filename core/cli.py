"""The common front of commands that staff run: who acts, plain or JSON answers, one sentence on refusal."""

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
    """A command of the domain; subclasses write `act(options)` and raise DomainError to refuse."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer with one JSON object")

    def add_person(self, parser: ArgumentParser) -> None:
        """Add the options that say who acts; call it on the (sub)parser of an act that a person answers for."""
        parser.add_argument("--by", required=True, metavar="NAME", help="the member of staff who acts")
        parser.add_argument("--token", help="that person's short-lived token from the console (not in the sandbox)")

    def add_json(self, parser: ArgumentParser) -> None:
        """Add --json to a subparser without unsetting the one of the command itself."""
        parser.add_argument("--json", action="store_true", default=False, help="answer with one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.act(options)
        except DomainError as error:
            if options.get("json"):
                self.stdout.write(json.dumps({"error": error.code_name, "detail": error.detail}, ensure_ascii=False))
            raise CommandError(error.detail) from error

    def act(self, options: dict[str, Any]) -> None:
        """Do the work; refuse by raising DomainError."""
        raise NotImplementedError

    def person(self, options: dict[str, Any], *, sensitive: bool = False) -> User:
        """Return who acts; outside the sandbox a sensitive act takes the person's own token."""
        user = User.objects.filter(username=options["by"]).first()
        if user is None:
            raise NotFound(f"There is no member of staff called {options['by']}.")
        if sensitive and not settings.SANDBOX:
            tokens.check(options.get("token") or "", user)
        return user

    def answer(self, options: dict[str, Any], data: dict[str, Any], text: str) -> None:
        """Print the data as one JSON line, or the text."""
        self.stdout.write(json.dumps(data, ensure_ascii=False) if options.get("json") else text)
