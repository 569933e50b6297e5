"""./run bench localisation: the localisation desk at the size that is promised.

Each part has a database of its own: the page of a tip with 40 texts, the translation memory, the compilation of a release, the
import of an agency's file, and the refusal of one that is too large.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping

from tools.bench.localisation import files, pages, release
from tools.bench.localisation.figures import Figure, report
from tools.bench.push.testbed import database
from tools.sandbox.terminal import say

_Part = Callable[[argparse.Namespace], Iterator[Figure]]
PARTS: Mapping[str, _Part] = {
    "editor": lambda chosen: pages.measure_editor(tips=chosen.tips, locales=chosen.locales),
    "memory": lambda chosen: pages.measure_memory(units=chosen.units),
    "compile": lambda chosen: release.measure_compile(tips=chosen.tips, locales=chosen.locales, countries=chosen.countries),
    "import": lambda chosen: files.measure_import(chosen.texts),
    "refusal": lambda chosen: files.measure_refusal(),
}


def main() -> int:
    """Measure and print; return 1 where a promise is broken."""
    parser = argparse.ArgumentParser(prog="./run bench localisation", description=__doc__)
    parser.add_argument("--part", choices=PARTS, help="measure only this part")
    for name, count, what in (
        ("tips", 300, "tips in the database"),
        ("locales", 40, "locales, English among them"),
        ("countries", 20, "countries with services of their own, the worldwide one among them"),
        ("units", 100_000, "texts in the translation memory"),
        ("texts", 10_000, "texts in the file"),
    ):
        parser.add_argument(f"--{name}", type=int, default=count, help=f"{what} (%(default)s)")
    options = parser.parse_args()
    found: list[Figure] = []
    for name in [options.part] if options.part else PARTS:
        with database():
            for figure in PARTS[name](options):
                found.append(figure)
                say(f"  {name}: {figure.what}: {figure.measured}")
    say(report(found))
    return 0 if all(figure.is_kept for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
