"""Check that the audit log is complete and unchanged."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from core import audit_chain
from core.cli import StaffCommand


class Command(StaffCommand):
    """The `audit` command."""

    help = "Check the chain of the audit log and print its end; note the end elsewhere and give it with --head next time."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--head", metavar="POSITION:DIGEST", help="the end that an earlier check printed")

    def run_command(self, options: dict[str, Any]) -> None:
        expected = audit_chain.parse_head(options["head"]) if options["head"] else None
        head = audit_chain.check(expected=expected)
        text = f"The audit log is complete and unchanged: {head.position} entries. Its end is {head}"
        self.print_result(options, {"entries": head.position, "head": str(head)}, text)
