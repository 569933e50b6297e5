"""Check that the audit log is complete and unchanged, and export it."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core import audit_chain, audit_export
from core.cli import StaffCommand
from core.errors import Invalid


class Command(StaffCommand):
    """The `audit` command."""

    help = (
        "Check the chain of the audit log and print its end; note the end elsewhere and give it with --head next time. "
        "--export writes the log to a file, and --check checks such a file without the database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--head", metavar="POSITION:DIGEST", help="the end that an earlier check printed")
        file = parser.add_mutually_exclusive_group()
        file.add_argument("--export", metavar="FILE", help="write the entries as lines of JSON; - for standard output")
        file.add_argument("--check", metavar="FILE", help="check an exported file, and not the database")
        parser.add_argument("--after", metavar="POSITION", type=int, default=0, help="with --export: only the entries behind it")

    def run_command(self, options: dict[str, Any]) -> None:
        expected = audit_chain.parse_head(options["head"]) if options["head"] else None
        if options["check"]:
            head = _check_file(Path(options["check"]), expected)
            text = f"{options['check']} is unchanged. Its end is {head}"
        else:
            head = audit_chain.check(expected=expected)
            text = f"The audit log is complete and unchanged: {head.position} entries. Its end is {head}"
        if options["export"] == "-":
            for line in audit_export.lines(after=options["after"]):
                self.stdout.write(line)
            return
        if options["export"]:
            _write(Path(options["export"]), audit_export.lines(after=options["after"]))
        self.print_result(options, {"entries": head.position, "head": str(head)}, text)


def _check_file(path: Path, expected: audit_chain.ChainHead | None) -> audit_chain.ChainHead:
    try:
        with path.open(encoding="utf-8") as file:
            return audit_export.check(file, expected=expected)
    except (OSError, UnicodeDecodeError):
        raise Invalid(f"{path} cannot be read.", code="file") from None


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write the file as a whole or not at all; it names people, so that only its owner may read it."""
    draft = path.with_name(f"{path.name}.new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Invalid(f"{path} cannot be written ({error.strerror}).", code="file") from None
