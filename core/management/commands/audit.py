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
        parser.add_argument("--after", metavar="POSITION", type=int, help="with --export or --check: only the entries behind it")

    def run_command(self, options: dict[str, Any]) -> None:
        expected = audit_chain.parse_head(options["head"]) if options["head"] else None
        after = _after(options)
        if options["check"]:
            head = _check_file(Path(options["check"]), after, expected)
            text = f"{options['check']} holds positions {after + 1} to {head.position}, unchanged. Its end is {head}"
            self.print_result(options, {"first": after + 1, "entries": head.position - after, "head": str(head)}, text)
            return
        head = audit_chain.check(expected=expected)
        if after > head.position:
            raise Invalid(f"--after is past the end of the log, which is at position {head.position}.", code="after")
        lines = audit_export.lines(end=head, after=after)
        if options["export"] == "-":
            for line in lines:
                self.stdout.write(line)
            return
        if options["export"]:
            _write(Path(options["export"]), lines)
        text = f"The audit log is complete and unchanged: {head.position} entries. Its end is {head}"
        self.print_result(options, {"entries": head.position, "head": str(head)}, text)


def _after(options: dict[str, Any]) -> int:
    """Return the position of --after, or 0 without it. Raises Invalid where it has no meaning."""
    after: int | None = options["after"]
    if after is None:
        return 0
    if not (options["export"] or options["check"]):
        raise Invalid("--after goes with --export or --check.", code="after")
    if after < 0:
        raise Invalid("--after is a position: 0 or a larger whole number.", code="after")
    return after


def _check_file(path: Path, after: int, expected: audit_chain.ChainHead | None) -> audit_chain.ChainHead:
    try:
        with path.open(encoding="utf-8") as file:
            return audit_export.check(file, after=after, expected=expected)
    except (OSError, UnicodeDecodeError):
        raise Invalid(f"{path} cannot be read.", code="file") from None


def _write(path: Path, lines: Iterable[str]) -> None:
    """Write the file as a whole or not at all; it names people, so that only its owner may read it."""
    draft = path.with_name(f"{path.name}.new")
    try:
        # A new file: one that is there already keeps its own mode, and may be a link. O_EXCL follows none.
        draft.unlink(missing_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Invalid(f"{path} cannot be written ({error.strerror}).", code="file") from None
