"""Translation files as PO (GNU gettext, https://www.gnu.org/software/gettext/manual/html_node/PO-Files.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from content.translation_files.file_text import (
    FileRefused,
    FileState,
    FileText,
    Reference,
    TranslationFile,
    lines_of,
    require_room,
    require_text_fits,
)

_KEYWORD = re.compile(r'(?P<keyword>msgctxt|msgid_plural|msgid|msgstr(?:\[\d{1,3}\])?)\s+(?P<text>".*)')
_STRING = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"\s*')
_ESCAPES = {"\\n": "\n", "\\t": "\t", "\\r": "\r", '\\"': '"'}
_UNKNOWN_ESCAPE = re.compile(r'\\[^ntr"]')
_WRITTEN = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"})
_HEADER_FIELD = re.compile(r"(?P<name>[A-Za-z-]+):\s*(?P<value>.*)")
_UNFINISHED = (FileState.OUTDATED, FileState.WITHDRAWN)


def write_po(file: TranslationFile) -> bytes:
    """Return the file as PO; outdated translations are marked as fuzzy."""
    return "\n".join(_lines(file)).encode()


def _lines(file: TranslationFile) -> Iterator[str]:
    for note in file.notes:
        yield from _comment("#", note)
    yield 'msgid ""'
    yield 'msgstr ""'
    for name, value in (
        ("Project-Id-Version", f"Fingerpost {file.revision}"),
        ("MIME-Version", "1.0"),
        ("Content-Type", "text/plain; charset=UTF-8"),
        ("Content-Transfer-Encoding", "8bit"),
        ("Language", file.locale),
        ("X-Source-Language", file.source_locale),
    ):
        yield _quoted(f"{name}: {value}\n")
    for text in file.texts:
        yield ""
        limit = f"At most {text.limit} characters." if text.limit else ""
        for note in (text.name, f"State: {text.state}", limit, *text.notes):
            if note:
                yield from _comment("#.", note)
        if text.reference is not None:
            yield f"#: {text.reference}"
        if text.state in _UNFINISHED:
            yield "#, fuzzy"
        yield f"msgctxt {_quoted(text.key)}"
        yield f"msgid {_quoted(text.source)}"
        yield f"msgstr {_quoted(text.target)}"
    yield ""


def _comment(mark: str, note: str) -> Iterator[str]:
    for line in note.splitlines():
        yield f"{mark} {line}"


def _quoted(text: str) -> str:
    return f'"{text.translate(_WRITTEN)}"'


def read_po(text: str) -> TranslationFile:
    """Return what the file holds; raise FileRefused, with the line, where it is not PO or goes beyond a limit."""
    header: dict[str, str] = {}
    texts: list[FileText] = []
    for entry in _entries(text):
        if not entry.part("msgid") and "msgctxt" not in entry.parts:
            header = _header(entry)
            continue
        require_room(len(texts), entry.line)
        reference = next((found for word in entry.references if (found := Reference.parse(word))), None)
        texts.append(
            FileText(
                key=reference.key if reference else entry.part("msgctxt"),
                source=entry.part("msgid"),
                target=entry.part("msgstr"),
                reference=reference,
                line=entry.line,
                unfinished=entry.fuzzy,
            )
        )
    return TranslationFile(header.get("language", ""), header.get("x-source-language", ""), tuple(texts))


@dataclass
class _Entry:
    """One entry while it is read; a string is a list of pieces until it is complete."""

    line: int = 0
    parts: dict[str, list[str]] = field(default_factory=dict)
    references: list[str] = field(default_factory=list)
    fuzzy: bool = False
    #: Characters of the string that is read.
    length: int = 0

    def part(self, name: str) -> str:
        """Return one string of the entry, "" where it has none."""
        return "".join(self.parts.get(name, ()))


def _entries(text: str) -> Iterator[_Entry]:
    """Yield the entries in order. An entry ends where comments or the next `msgctxt` or `msgid` begin."""
    entry, current = _Entry(), None
    for number, raw in enumerate(lines_of(text), start=1):
        line = raw.strip(" \t\r\n")
        if "msgstr" in entry.parts and line.startswith(("#", "msgctxt", "msgid")):
            yield entry
            entry, current = _Entry(), None
        if not line or line.startswith(("#~", "#|", "#.")):
            continue
        if line.startswith("#"):
            _take_comment(entry, line)
            continue
        require_text_fits(len(line), number)
        keyword = _KEYWORD.fullmatch(line)
        if keyword is None:
            if current is None or not line.startswith('"'):
                raise FileRefused("The line is not one of a PO file.", line=number)
            entry.parts[current].append(_unquoted(line, number))
        else:
            current, entry.length = _opened(entry, keyword["keyword"], number), 0
            entry.parts[current].append(_unquoted(keyword["text"], number))
        entry.length += len(line)
        require_text_fits(entry.length, entry.line)
    if "msgstr" in entry.parts:
        yield entry
    elif entry.parts:
        raise FileRefused("The last entry has no msgstr.", line=entry.line)


def _take_comment(entry: _Entry, line: str) -> None:
    if line.startswith("#:") and len(entry.references) < 10:
        entry.references += line[2:].split()[:10]
    elif line.startswith("#,"):
        entry.fuzzy = entry.fuzzy or "fuzzy" in (flag.strip() for flag in line[2:].split(","))


def _opened(entry: _Entry, keyword: str, number: int) -> str:
    """Begin a string of the entry, and return its name."""
    if keyword == "msgid_plural" or "[" in keyword:
        raise FileRefused("Plural forms are not used here.", line=number)
    if keyword in entry.parts or (keyword == "msgstr" and "msgid" not in entry.parts):
        raise FileRefused(f"A {keyword} is not expected here.", line=number)
    entry.line = entry.line or number
    entry.parts[keyword] = []
    return keyword


def _unquoted(line: str, number: int) -> str:
    found = _STRING.fullmatch(line)
    if found is None:
        raise FileRefused("The text in quotation marks does not end on its line.", line=number)
    parts = found["text"].split("\\\\")
    for place, part in enumerate(parts):
        if unknown := _UNKNOWN_ESCAPE.search(part):
            raise FileRefused(f"The escape {unknown[0]} is not known.", line=number)
        for escape, character in _ESCAPES.items():
            parts[place] = parts[place].replace(escape, character)
    return "\\".join(parts)


def _header(entry: _Entry) -> dict[str, str]:
    fields = (_HEADER_FIELD.fullmatch(line) for line in entry.part("msgstr").split("\n"))
    header = {found["name"].lower(): found["value"].strip() for found in fields if found}
    charset = header.get("content-type", "").lower().partition("charset=")[2].strip()
    if charset not in ("", "utf-8", "utf8", "us-ascii"):
        raise FileRefused("The file says that it is not UTF-8. Save it as UTF-8, then choose it again.", line=entry.line)
    return header
