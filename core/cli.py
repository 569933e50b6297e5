"""The base of commands that staff run: who acts, text or JSON output, and one sentence for every refusal."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import tokens
from core.errors import DomainError, Invalid, NotFound
from core.models.user import User

_WHERE_FROM = "that person's token from the console (not needed in the sandbox)"
#: Characters of a token, with room to spare.
_MAX_TOKEN = 1000


class StaffCommand(BaseCommand):
    """A command that staff run. A subclass implements `run_command` and raises DomainError to refuse."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --json."""
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def add_acting_user(self, parser: ArgumentParser, *, default: str = "") -> None:
        """Add the options that identify the person who acts to the (sub)parser of an action that takes one.

        `default` says, as help, when --by may be left out; the product itself acts then.
        """
        explanation = f"the member of staff who does this{f' ({default})' if default else ''}"
        parser.add_argument("--by", required=not default, metavar="NAME", help=explanation)
        parser.add_argument("--token-file", metavar="FILE", help=f"{_WHERE_FROM}: a file, or - for standard input")

    def add_second_person(self, parser: ArgumentParser, *, required: bool, explanation: str) -> None:
        """Add the options that identify a second person."""
        parser.add_argument("--second", required=required, metavar="NAME", help=explanation)
        parser.add_argument(
            "--second-token-file",
            metavar="FILE",
            help=f"{_WHERE_FROM}: a file, or - for the next line of standard input",
        )

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

    def acting_user(self, options: dict[str, Any]) -> User:
        """Return the person named by --by, or the product's own user without --by.

        Outside the sandbox this uses up that person's token. It comes from a file or standard input, because every user of the
        server can read the arguments of a command.
        """
        if options["by"] is None:
            return User.objects.system()
        return self._named_person(options["by"], options["token_file"])

    def author_of_file(self, options: dict[str, Any]) -> User:
        """Return the person named by --by, who is needed outside the sandbox.

        Were a file proposed by the product itself, one person could write it and approve it.
        """
        if options["by"] is None and not settings.SANDBOX:
            raise Invalid("Give --by: a file that is not part of the product is proposed by a person.", code="by")
        return self.acting_user(options)

    def second_person(self, options: dict[str, Any]) -> User | None:
        """Return the person named by --second, with a token of their own outside the sandbox; None without --second."""
        if options["second"] is None:
            return None
        return self._named_person(options["second"], options["second_token_file"])

    def _named_person(self, name: str, token_file: str | None) -> User:
        user = User.objects.filter(username=name).first()
        if user is None or user.is_system:
            raise NotFound(f"There is no member of staff called {name}.")
        if not settings.SANDBOX:
            tokens.use(_read_token(token_file), user)
        return user

    def print_result(self, options: dict[str, Any], data: dict[str, Any], text: str) -> None:
        """Print the data as one line of JSON with --json, else the text."""
        self.stdout.write(json.dumps(data, ensure_ascii=False) if options.get("json") else text)


def _read_token(name: str | None) -> str:
    if name is None:
        raise tokens.BadToken("The person's token from the console is missing. Give it with --token-file (- for standard input).")
    try:
        if name == "-":
            return sys.stdin.readline(_MAX_TOKEN).strip()
        with Path(name).open(encoding="utf-8") as file:
            return file.readline(_MAX_TOKEN).strip()
    except (OSError, UnicodeDecodeError):
        raise Invalid(f"The token's file {name} cannot be read.", code="token-file") from None
