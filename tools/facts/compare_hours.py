"""Compare the opening hours of the facts, as the resolver reads them, with the JavaScript library `opening_hours`.

That library is what OpenStreetMap's own tools use, and shares no code with ours. It is a tool for this check alone (LGPL), so it
is not a dependency: `npm install opening_hours` in a folder outside the repository, then
`.venv/bin/python -m tools.facts.compare_hours FOLDER`, with Node 20 or newer. Each string of hours is asked for each hour of two
weeks; the exit status is 1 if the libraries differ.
"""

from __future__ import annotations

import json
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from content.resolver.opening_hours import hours_availability

FACTS = Path(__file__).resolve().parents[2] / "content" / "facts" / "reporting_tools.json"
SCRIPT = Path(__file__).with_suffix(".js")
#: The first hour by the clock of the service, a Monday; and how many days are asked for.
FIRST, DAYS = datetime(2026, 11, 2), 14  # noqa: DTZ001  the zone is that of each service
#: Hours with a zone are read by the local clock, so any zone without a change of clocks in these weeks gives the same answers.
ZONE = ZoneInfo("Etc/UTC")


def strings_of_hours() -> list[tuple[str, str]]:
    """Return each string of hours of the facts with the country whose public holidays count, each pair once."""
    entries = json.loads(FACTS.read_bytes())["entries"]
    return sorted({(c["hours"], entry["country"]) for entry in entries for c in entry["channels"] if c["hours"]})


def local_hours(first: datetime) -> Iterator[datetime]:
    """Yield each full hour of the two weeks from the first one on."""
    for number in range(DAYS * 24):
        yield first + timedelta(hours=number)


def ours(hours: str, country: str, local: datetime) -> bool | None:
    """Return whether the resolver says open, closed or unknown (None)."""
    return hours_availability(hours, zone=ZONE.key, country=country, at=local.replace(tzinfo=ZONE)).open


def theirs(folder: Path, questions: list[tuple[str, str]], first: datetime) -> list[list[bool | None]]:
    """Return for each question and hour what the JavaScript library in `folder`/node_modules says."""
    query = {"questions": questions, "instants": [f"{local:%Y-%m-%dT%H:%M:%S}" for local in local_hours(first)]}
    command = ["node", str(SCRIPT), str(folder.resolve())]
    ran = subprocess.run(command, input=json.dumps(query), capture_output=True, text=True, check=True)
    answers: list[list[bool | None]] = json.loads(ran.stdout)
    return answers


def compare(folder: Path, first: datetime = FIRST) -> dict[str, Any]:
    """Return the counts, and each difference as a sentence."""
    questions = strings_of_hours()
    queried = unknown = 0
    differences = []
    for (hours, country), others in zip(questions, theirs(folder, questions, first), strict=True):
        for local, other in zip(local_hours(first), others, strict=True):
            own = ours(hours, country, local)
            queried += 1
            if own is None:
                unknown += 1
            elif own is not other:
                differences.append(f"{country} {hours!r} at {local:%a %Y-%m-%d %H:%M}: {own} here, {other} there")
    return {"strings": len(questions), "queried": queried, "unknown": unknown, "differences": differences}


def main() -> int:
    """Print the counts and the differences; return the exit status."""
    parser = ArgumentParser(description="Compare opening hours with the JavaScript library opening_hours.")
    parser.add_argument("folder", type=Path, help="where `npm install opening_hours` was run, outside the repository")
    parser.add_argument("--first", type=datetime.fromisoformat, default=FIRST, help="the first day, such as 2026-12-21")
    options = parser.parse_args()
    folder: Path = options.folder
    if not (folder / "node_modules" / "opening_hours").is_dir():
        print(f"{folder} has no node_modules/opening_hours: run `npm install opening_hours` there.", file=sys.stderr)
        return 2
    found = compare(folder, options.first)
    print(
        f"{found['strings']} strings of hours, {found['queried']} answers, {found['unknown']} unknown here and left out, "
        f"{len(found['differences'])} differences."
    )
    print("\n".join(found["differences"][:50]))
    return 1 if found["differences"] else 0


if __name__ == "__main__":
    sys.exit(main())
