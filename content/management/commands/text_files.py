"""Export the texts of a language for a translation agency, and import their translations."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from content.console.unit_names import UnitNames
from content.exporting.text_batch import TextBatch, export_texts
from content.importing.translation_texts import FileOutcome, ImportEffect, import_texts, read_effect
from content.translation_files.file_text import MAX_BYTES, FileRefused
from content.translation_files.formats import FORMATS, read_file
from core.cli import StaffCommand
from core.errors import Invalid


class Command(StaffCommand):
    """The `text_files` command."""

    help = "Export texts as XLIFF, PO or CSV, and import the translations as drafts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        verbs = parser.add_subparsers(dest="verb", required=True)
        export = verbs.add_parser("export", help="write the texts of a language to a file")
        export.add_argument("locale", help="the language, for example cy")
        export.add_argument("file", type=Path, help="the file to write; - for standard output")
        export.add_argument("--format", choices=list(FORMATS), help="by default as the file's name ends; else xliff")
        export.add_argument("--batch", choices=TextBatch.values, default=TextBatch.TO_DO.value, help="which texts")
        export.add_argument("--tip", default="", metavar="SLUG", help="only those of one tip")
        self.add_json(export)
        load = verbs.add_parser("import", help="write the translations of a file as drafts")
        load.add_argument("locale", help="the language, for example cy")
        load.add_argument("file", type=Path)
        load.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
        self.add_acting_user(load)
        self.add_json(load)

    def run_command(self, options: dict[str, Any]) -> None:
        if options["verb"] == "export":
            self._export(options)
        else:
            self._import(options)

    def _export(self, options: dict[str, Any]) -> None:
        path: Path = options["file"]
        by_name = next((name for name, one in FORMATS.items() if path.suffix == one.suffix), "xliff")
        chosen = FORMATS[options["format"] or by_name]
        file = export_texts(
            options["locale"], batch=options["batch"], tip=options["tip"], name_texts=lambda keys: UnitNames(keys).name
        )
        data = chosen.write(file)
        if str(path) == "-":
            sys.stdout.write(data.decode())
            return
        try:
            path.write_bytes(data)
        except OSError as error:
            raise Invalid(f"The file {path} cannot be written: {error.strerror}.", code="file") from None
        summary = {"file": str(path), "texts": len(file.texts), "revision": file.revision}
        self.print_result(options, summary, f"Wrote {len(file.texts)} texts to {path} (revision {file.revision}).")

    def _import(self, options: dict[str, Any]) -> None:
        by, locale = self.acting_user(options), options["locale"]
        file = read_file(_bytes_of(options["file"]))
        if options["dry_run"]:
            effect = read_effect(file, locale=locale, by=by)
        else:
            effect = import_texts(file, locale=locale, by=by, at=timezone.now())
        refused = [{"line": text.line, "key": text.key, "reason": text.reason} for text in effect.refused]
        counts = {str(outcome): n for outcome, n in effect.counts.items()}
        data = {"locale": locale, "dry_run": options["dry_run"], **counts, "texts_refused": refused}
        self.print_result(options, data, _sentences(effect, dry_run=options["dry_run"]))


def _sentences(effect: ImportEffect, *, dry_run: bool) -> str:
    counts = effect.counts
    lines = [
        f"{'Dry run: nothing is written. ' if dry_run else ''}{counts[FileOutcome.NEW]} new translations and "
        f"{counts[FileOutcome.CHANGED]} changed ones, as drafts that need review; {counts[FileOutcome.SAME]} the same, "
        f"{counts[FileOutcome.EMPTY]} not translated, {counts[FileOutcome.REFUSED]} refused."
    ]
    lines += [f"  line {text.line}, {text.key}: {text.reason}" for text in effect.refused]
    return "\n".join(lines)


def _bytes_of(path: Path) -> bytes:
    """Return the content of a file, which is not read at all where it is too large."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise FileRefused(f"The file is larger than {MAX_BYTES // 2**20} MB. Export a smaller batch.")
        return path.read_bytes()
    except OSError as error:
        raise Invalid(f"The file {path} cannot be read: {error.strerror}.", code="file") from None
