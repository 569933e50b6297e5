"""Write tables of the first service of each step, by country and situation, for people to read through for sense."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from content.models import Release, ReleasePack
from content.resolver.resolve import resolve
from content.resolver.types import PackContent, Plan, PlanStep, Query
from content.terms import SOURCE_LOCALE, Situation, Step
from core.cli import StaffCommand

_READERS = (("teen", 15), ("parent", 15), ("teen", 19))
_STEPS = ("danger-now", "talk", "report", "take-down")
#: People write about the plans above this heading; the command writes what follows.
_HEADING = "## First entries"


class Command(StaffCommand):
    """Read the latest release, published or not, and write the tables as Markdown; the text above them is kept."""

    help = "Write the first service of each step of a plan, by country, situation and reader."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="where to write, such as docs/measurements/plans.md")
        parser.add_argument("--at", type=datetime.fromisoformat, default=datetime(2026, 12, 1, 12, tzinfo=UTC))

    def run_command(self, options: dict[str, Any]) -> None:
        newest = Release.objects.latest("number")
        rows = ReleasePack.objects.filter(release=newest, locale_id=SOURCE_LOCALE).values_list("country_id", "pack__body")
        packs = {country: orjson.loads(body) for country, body in rows}
        file: Path = options["file"]
        above = file.read_text(encoding="utf-8").partition(_HEADING)[0] if file.exists() else "# First entries of plans\n\n"
        file.write_text(above + plans_table(packs, options["at"]), encoding="utf-8")
        self.print_result(options, {"countries": len(packs)}, f"{len(packs)} countries written.")


def plans_table(packs: Mapping[str, PackContent], at: datetime) -> str:
    """Return the Markdown tables of these packs, by country, at the instant `at` (aware)."""
    lines = [
        _HEADING,
        "",
        f"The first service of each step at {at:%Y-%m-%d %H:%M} UTC, written by `./run manage plans_table`; with an",
        "emergency service, its first number. A step without a service shows its reason in italics; a dash",
        "means that the plan does not have the step.",
    ]
    for country, pack in sorted(packs.items()):
        lines += ["", f"### {country}", "", f"| situation | reader | {' | '.join(_STEPS)} |", "|" + " --- |" * (2 + len(_STEPS))]
        lines += _rows(country, pack, at)
    return "\n".join(lines) + "\n"


def _rows(country: str, pack: PackContent, at: datetime) -> Iterator[str]:
    for situation in Situation.values:
        for audience, age in _READERS:
            plan = resolve(pack, Query(country, situation, audience=audience, age=age), at)
            steps = {step.step: step for step in plan.steps}
            entries = [_entry(steps.get(name), plan) for name in _STEPS]
            yield f"| {situation} | {audience}, {age} | {' | '.join(entries)} |"


def _entry(step: PlanStep | None, plan: Plan) -> str:
    if step is None:
        return "–"
    if step.service is None:
        return f"*{step.why[0]}*"
    number = plan.services[step.service]["channels"][0]["dial"] if step.step == Step.DANGER_NOW else None
    return f"{step.service} ({number})" if number else step.service
