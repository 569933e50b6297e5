"""Write a table of what the text gate refuses and warns of in the texts that ship, by language."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from content.importing.facts import FACTS_DIR
from content.importing.words_file import ImportedWords, read_words
from content.linting.fault import Fault
from content.linting.length import length_faults, surface_of
from content.linting.reading_age import MEASURED, reading_faults
from content.linting.term_list import is_checked
from content.linting.tokens import without_tokens
from content.linting.wording import wording_faults
from content.terms import SOURCE_LOCALE
from core.cli import StaffCommand

_CODES = ("exclamation", "avoided-term", "long", "reading-age")
#: People write above this heading and below the next one; the command writes what is between.
_HEADING = "## Terms, length and reading age"


class Command(StaffCommand):
    """Check the shipped texts and write the table as a section of a Markdown file; the other sections are kept."""

    help = "Write what the term lists, the lengths and the reading age find in the shipped texts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="where to write, such as docs/measurements/gate.md")

    def run_command(self, options: dict[str, Any]) -> None:
        counts = {locale: Counter(fault.code for fault in faults) for locale, faults in _faults(read_words(FACTS_DIR))}
        file: Path = options["file"]
        text = file.read_text(encoding="utf-8") if file.exists() else "# The text gate\n\n"
        above, heading, rest = text.partition(f"{_HEADING}\n")
        _, mark, below = rest.partition("\n## ") if heading else ("", "", "")
        file.write_text(f"{above}{table(counts)}{mark}{below}", encoding="utf-8")
        self.print_result(options, {"languages": len(counts)}, f"{len(counts)} languages written.")


def table(counts: Mapping[str, Counter[str]]) -> str:
    """Return the section with one row for each language: its texts are counted under "texts"."""
    lines = [
        _HEADING,
        "",
        "What the gate finds in the tips and labels that ship, written by `./run manage text_warnings`. A",
        "refusal would keep the files from loading, so that column is zero. A dash: the language has no",
        "formula for it.",
        "",
        f"| language | texts | refused | {' | '.join(_CODES)} |",
        "|" + " --- |" * (3 + len(_CODES)),
    ]
    for locale, found in sorted(counts.items()):
        cells = [str(found[code]) for code in _CODES]
        if locale.partition("-")[0] not in MEASURED:
            cells[-1] = "–"
        name = locale if is_checked(locale) else f"{locale} (unchecked)"
        lines.append(f"| {name} | {found['texts']} | {found['refused']} | {' | '.join(cells)} |")
    total = sum(found["texts"] for found in counts.values())
    return "\n".join([*lines, "", f"{total} texts in all."]) + "\n"


def _faults(words: ImportedWords) -> Iterator[tuple[str, list[Fault]]]:
    """Yield each locale with its faults, and a fault "texts" for each text and "refused" for each that refuses one."""
    sources = {draft.key: draft.text for draft in words.drafts}
    readers = {tip.slug: tip.fields["audiences"] for tip in words.tips}
    for locale, texts in {SOURCE_LOCALE: sources, **words.targets}.items():
        found = [fault for key, text in texts.items() for fault in _text_faults(text, key, locale)]
        for slug, audiences in readers.items():
            parts = [without_tokens(text) for key, text in texts.items() if key.startswith(f"tip.{slug}.")]
            found += reading_faults("\n".join(parts), locale, audiences)
        refused = [Fault("refused", fault.detail) for fault in found if fault.refuses]
        yield locale, [*found, *refused, *(Fault("texts", key) for key in texts)]


def _text_faults(text: str, key: str, locale: str) -> list[Fault]:
    surface = surface_of(key)
    return wording_faults(text, locale) + (length_faults(without_tokens(text), surface, locale) if surface else [])
