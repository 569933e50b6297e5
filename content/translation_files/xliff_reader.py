"""Read XLIFF 1.x as a stream, without document types, entities, or anything outside the file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from content.translation_files.file_text import (
    FileRefused,
    FileText,
    Reference,
    TranslationFile,
    require_room,
    require_text_fits,
)

#: Elements of a file, and how deep they may be nested: about twelve elements for each text, with room to spare.
MAX_ELEMENTS: Final = 250_000
MAX_DEPTH: Final = 40
#: The type of a unit that converters from PO make of the header.
_HEADER = "x-gettext-domain-header"
#: Characters that are given to the parser at a time, so that a limit stops it soon.
_PIECE = 64 * 1024
_NAMESPACE = re.compile(r"urn:oasis:names:tc:xliff:document:(?P<version>[0-9]+)\.[0-9]+")
_ENCODING = re.compile(r"""^<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([^"']{0,40})["']""")
#: A tag of so many characters holds nothing that a tool writes; the parser would keep all its attributes at once.
_LONG_TAG = re.compile(r"<[^<>]{20000}")


def read_xliff(text: str) -> TranslationFile:
    """Return what the file holds; raise FileRefused, with the line, where it is not XLIFF 1.x or goes beyond a limit."""
    declared = _ENCODING.match(text)
    if declared and declared[1].lower() not in ("utf-8", "utf8", "us-ascii"):
        raise FileRefused("The file says that it is not UTF-8. Save it as UTF-8, then choose it again.", line=1)
    if long := _LONG_TAG.search(text):
        raise FileRefused("A tag is too long.", line=text.count("\n", 0, long.start()) + 1)
    parser = create_parser(forbid_dtd=True, forbid_entities=True, forbid_external=True)
    parser.setFeature(feature_namespaces, True)
    handler = _Handler(parser.getLineNumber)
    parser.setContentHandler(handler)
    try:
        for start in range(0, len(text), _PIECE):
            parser.feed(text[start : start + _PIECE])
        parser.close()
    except DefusedXmlException:
        raise FileRefused(
            "The file has a document type declaration, which a translation file does not need. Remove it.",
            line=parser.getLineNumber() or 1,
        ) from None
    except SAXParseException as error:
        raise FileRefused("The file is not well-formed XML.", line=error.getLineNumber() or 1) from None
    return handler.file()


class _Handler(ContentHandler):
    """Collects the units of a file while it is read."""

    def __init__(self, line_number: Callable[[], int | None]) -> None:
        super().__init__()
        self._line_number = line_number
        self._path: list[str] = []
        self._elements = 0
        self._languages: set[tuple[str, str]] = set()
        self._texts: list[FileText] = []
        #: The unit that is being read: its line, and its parts by name.
        self._line = 0
        self._unit: dict[str, str] = {}
        self._is_header = False
        #: What the characters belong to: a name in `_unit`; None where they are not read.
        self._part: str | None = None
        #: The depth at which that part began.
        self._depth = 0
        self._characters: list[str] = []
        self._length = 0

    def file(self) -> TranslationFile:
        """Return the file that was read."""
        if len(self._languages) != 1:
            detail = "has no file element" if not self._languages else "is for more than one language"
            raise FileRefused(f"The file {detail}, so its texts cannot be read. Export it again.")
        ((source, target),) = self._languages
        return TranslationFile(target, source, tuple(self._texts))

    def startElementNS(self, name: tuple[str | None, str], qname: str | None, attrs: Any) -> None:  # noqa: N802  of ContentHandler
        """Note an element; the parser calls this."""
        space, local = name
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._path) >= MAX_DEPTH:
            raise FileRefused("The file has too many elements, or they are nested too deeply.", line=self._at())
        if not self._path:
            self._require_xliff(space or "", local)
        elif space and not _NAMESPACE.fullmatch(space):
            # An extension of a tool.
            local = f"other:{local}"
        self._path.append(local)
        values = {key: value for (_, key), value in attrs.items()}
        if local == "file":
            self._languages.add((values.get("source-language", ""), values.get("target-language", "")))
        elif local == "trans-unit":
            require_room(len(self._texts), self._at())
            self._line, self._unit = self._at(), {"id": values.get("resname") or values.get("id", "")}
            self._is_header = values.get("restype") == _HEADER
        elif self._part is not None:
            # An inline element without content, which a tool has made of a token.
            self._add(values.get("equiv-text", "") if local in ("x", "bx", "ex", "ph", "it") else "")
        elif (part := self._part_of(values)) is not None:
            self._part, self._depth, self._characters, self._length = part, len(self._path), [], 0

    def endElementNS(self, name: tuple[str | None, str], qname: str | None) -> None:  # noqa: N802  of ContentHandler
        """Finish an element; the parser calls this."""
        if self._part is not None and len(self._path) == self._depth:
            self._unit[self._part] = "".join(self._characters)
            self._part = None
        if self._path.pop() == "trans-unit" and not self._is_header:
            self._texts.append(self._finished())

    def characters(self, content: str) -> None:
        """Take characters; the parser calls this."""
        if self._part is not None:
            self._add(content)

    def _part_of(self, values: Mapping[str, str]) -> str | None:
        """Return the part that the newest element is, None where it is none: an `alt-trans` has sources and targets too."""
        match self._path[-3:]:
            case [*_, "trans-unit", "source" | "target" as part]:
                return part
            case ["trans-unit", "context-group", "context"] if values.get("context-type") == "sourcefile":
                return "reference"
            case _:
                return None

    def _finished(self) -> FileText:
        reference = Reference.parse(self._unit.get("reference", ""))
        return FileText(
            key=reference.key if reference else self._unit["id"],
            source=self._unit.get("source", ""),
            target=self._unit.get("target", ""),
            reference=reference,
            line=self._line,
        )

    def _add(self, content: str) -> None:
        self._characters.append(content)
        self._length += len(content)
        require_text_fits(self._length, self._line)

    def _require_xliff(self, space: str, local: str) -> None:
        found = _NAMESPACE.fullmatch(space)
        if local != "xliff" or (space and found is None):
            raise FileRefused("The file is XML, but not XLIFF.", line=self._at())
        if found and found["version"] != "1":
            raise FileRefused("The file is XLIFF 2. Save it as XLIFF 1.2, then choose it again.", line=self._at())

    def _at(self) -> int:
        return self._line_number() or 1
