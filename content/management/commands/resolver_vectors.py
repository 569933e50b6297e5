"""Write into docs/resolver-vectors.json what the resolver answers to each of its cases, or check that it still does."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from content.resolver.vectors import VECTORS, fill_in, read_cases, read_packs, to_json
from core.cli import StaffCommand
from core.errors import Invalid


class Command(StaffCommand):
    """A new case is its name, pack, query and instant; the command adds the answer, and a person reads it."""

    help = "Fill in the expected answers of the resolver's test vectors."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--check", action="store_true", help="write nothing; fail where an answer differs")

    def run_command(self, options: dict[str, Any]) -> None:
        packs, cases = read_packs(), read_cases()
        changed = [case["name"] for case in cases if fill_in(case, packs)]
        if changed and options["check"]:
            raise Invalid(f"{len(changed)} of {len(cases)} answers differ: {'; '.join(changed)}.", code="vectors")
        if changed:
            VECTORS.write_text(to_json(cases), encoding="utf-8")
        self.print_result(options, {"cases": len(cases), "changed": changed}, f"{len(cases)} cases, {len(changed)} changed.")
