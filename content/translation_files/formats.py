"""The formats of translation files, and which of them a file is in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from content.translation_files.file_text import TranslationFile, decoded
from content.translation_files.po import read_po, write_po
from content.translation_files.spreadsheet import read_spreadsheet, write_spreadsheet
from content.translation_files.xliff_reader import read_xliff
from content.translation_files.xliff_writer import write_xliff


@dataclass(frozen=True)
class FileFormat:
    """One format: its name for people, the end of its files' names, its media type, and how it is written and read."""

    name: str
    suffix: str
    media_type: str
    write: Callable[[TranslationFile], bytes]
    read: Callable[[str], TranslationFile]


#: Value on the command line and in forms → format.
FORMATS: Final = {
    "xliff": FileFormat("XLIFF 1.2", ".xlf", "application/x-xliff+xml", write_xliff, read_xliff),
    "po": FileFormat("PO (gettext)", ".po", "text/x-gettext-translation; charset=utf-8", write_po, read_po),
    "csv": FileFormat("CSV for spreadsheets", ".csv", "text/csv; charset=utf-8", write_spreadsheet, read_spreadsheet),
}
_LINE_OF_PO = re.compile(r"\s*(?:#|msg(?:id|ctxt)\s)")


def read_file(data: bytes) -> TranslationFile:
    """Return what a file holds, in whichever format; raise FileRefused, with the line, where it cannot be read."""
    text = decoded(data)
    if text.lstrip().startswith("<"):
        return read_xliff(text.lstrip())
    return FORMATS["po" if _LINE_OF_PO.match(text) else "csv"].read(text)
