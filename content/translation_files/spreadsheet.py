"""Translation files for spreadsheets: CSV (RFC 4180) in which no text can run as a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Final

from content.translation_files.file_text import (
    MAX_CHARACTERS,
    FileRefused,
    FileText,
    Reference,
    TranslationFile,
    lines_of,
    require_room,
)
from core.formula_cells import cell, without_apostrophe

#: The columns of a file. A file that is read needs those of REQUIRED; their order does not matter.
COLUMNS: Final = (
    "Text",
    "Source",
    "Translation",
    "Status",
    "Most characters",
    "Notes",
    "Language",
    "Source language",
    "Reference",
)
REQUIRED: Final = ("Source", "Translation", "Reference")
#: Characters of one row, over all its lines: beyond them the file is no list of texts.
_MAX_ROW = 10 * MAX_CHARACTERS
_MAX_CELLS = 100
_DELIMITERS = ",;\t"
BYTE_ORDER_MARK: Final = "\ufeff"


def write_spreadsheet(file: TranslationFile) -> bytes:
    """Return the file as CSV with a byte order mark, by which Excel knows that it is UTF-8."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in file.texts:
        limit = str(one.limit) if one.limit else ""
        row = (
            one.name, one.source, one.target, one.state, limit, "\n".join((*one.notes, *file.notes)), file.locale,
            file.source_locale, str(one.reference or one.key),
        )  # fmt: skip
        writer.writerow([cell(value) for value in row])
    return f"{BYTE_ORDER_MARK}{text.getvalue()}".encode()


def read_spreadsheet(text: str) -> TranslationFile:
    """Return what the file holds; raise FileRefused, with the line, where it is not such a table or goes beyond a limit."""
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    rows = _rows(text, delimiter)
    columns = _columns(next(rows)[1])
    texts: list[FileText] = []
    languages: set[tuple[str, str]] = set()
    for line, row in rows:
        if not any(value.strip() for value in row):
            continue
        require_room(len(texts), line)
        values = {name: row[place] if place < len(row) else "" for name, place in columns.items()}
        reference = Reference.parse(values["Reference"])
        languages.add((values.get("Source language", "").strip(), values.get("Language", "").strip()))
        if len(languages) > 1:
            raise FileRefused("The file is for more than one language. Keep the rows of one.", line=line)
        texts.append(
            FileText(
                key=reference.key if reference else values["Reference"].strip(),
                source=without_apostrophe(values["Source"]),
                target=without_apostrophe(values["Translation"]),
                reference=reference,
                line=line,
            )
        )
    source, locale = languages.pop() if languages else ("", "")
    return TranslationFile(locale, source, tuple(texts))


def _columns(row: Sequence[str]) -> dict[str, int]:
    """Return the place of each known column."""
    found = {name.strip().lower(): place for place, name in reversed(list(enumerate(row)))}
    if missing := [name for name in REQUIRED if name.lower() not in found]:
        raise FileRefused(f"The first row has no column {' and no column '.join(missing)}. Export the file again.", line=1)
    return {name: found[name.lower()] for name in COLUMNS if name.lower() in found}


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each row begins, and its cells."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    line = 1
    try:
        for row in reader:
            if len(row) > _MAX_CELLS:
                raise FileRefused(f"The row has more than {_MAX_CELLS} cells.", line=line)
            yield line, row
            line = reader.line_num + 1
            lines.begin_row()
    except csv.Error:
        raise FileRefused("The quotation marks do not match.", line=line) from None


class _Lines:
    """The lines of a file with their ends, as long as no row is longer than _MAX_ROW."""

    def __init__(self, text: str) -> None:
        self._lines = lines_of(text)
        self._length = 0
        self._number = 0

    def begin_row(self) -> None:
        """Count the characters of a row from here."""
        self._length = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._number += 1
        self._length += len(line)
        if self._length > _MAX_ROW:
            raise FileRefused(f"The row has more than {_MAX_ROW} characters.", line=self._number)
        return line
