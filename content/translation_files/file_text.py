"""What a translation file holds, whatever its format, and the limits within which a file is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.canonical import canonical_json, digest
from core.errors import Invalid

#: Bytes and lines of a file, texts in it, and characters of one text: a file beyond them is refused before more of it is parsed.
MAX_BYTES: Final = 16 * 1024 * 1024
MAX_LINES: Final = 500_000
MAX_TEXTS: Final = 20_000
MAX_CHARACTERS: Final = 20_000
#: Hexadecimal digits of a digest that a file holds.
_DIGEST_LENGTH = 16
_REFERENCE = re.compile(r"(?P<key>[^@\s]{1,160})@(?P<source>[0-9a-f]{16})\.(?P<target>[0-9a-f]{16})")


class FileRefused(Invalid):
    """The file cannot be read as a translation file."""

    code = "translation-file"

    def __init__(self, detail: str, *, line: int = 0) -> None:
        """Take a sentence, and the line (from 1) that it is about; 0 where it is about the whole file."""
        super().__init__(f"Line {line}: {detail[:1].lower()}{detail[1:]}" if line else detail, line=line)


class FileState(StrEnum):
    """How far a translation is; the states of `content.models.target.TargetStatus`."""

    EMPTY = "empty"
    NEEDS_REVIEW = "needs-review"
    APPROVED = "approved"
    OUTDATED = "outdated"
    WITHDRAWN = "withdrawn"
    REMOVAL = "removal"


@dataclass(frozen=True)
class Reference:
    """What a text of a file was made from: its key, and the digests of the source text and of the translation at that time.

    It stands in each file as one word, because that is what tools carry along when they convert a file into another format.
    """

    key: str
    source: str
    target: str

    @classmethod
    def of(cls, key: str, source: str, target: str) -> Reference:
        """Return the reference of a text with its source and its translation, "" where there is none."""
        return cls(key, text_digest(source), text_digest(target))

    @classmethod
    def parse(cls, word: str) -> Reference | None:
        """Return the reference that a word of a file is, or None."""
        found = _REFERENCE.fullmatch(word.strip())
        return cls(found["key"], found["source"], found["target"]) if found else None

    def __str__(self) -> str:
        return f"{self.key}@{self.source}.{self.target}"


@dataclass(frozen=True)
class FileText:
    """One text of a file, with its translation; "" where it is not translated."""

    key: str
    source: str
    target: str
    #: None where a tool has lost it.
    reference: Reference | None = None
    #: The line of the file on which the text begins, from 1.
    line: int = 0
    #: Whether the translator marked it as unfinished ("fuzzy" in PO).
    unfinished: bool = False
    # What only a file that we write holds.
    state: FileState = FileState.EMPTY
    #: The name and the notes that a translator reads, and the most characters that the translation may have.
    name: str = ""
    notes: tuple[str, ...] = ()
    limit: int | None = None


@dataclass(frozen=True)
class TranslationFile:
    """The texts of one locale; `locale` and `source_locale` are "" where the file does not name them."""

    locale: str
    source_locale: str
    texts: tuple[FileText, ...]
    #: What holds for the whole file: how the language addresses its readers.
    notes: tuple[str, ...] = ()

    @property
    def revision(self) -> str:
        """A digest of what the file was made from: two files of the same texts, sources and translations have the same one."""
        return digest(canonical_json([self.locale, [str(text.reference) for text in self.texts]]))[:_DIGEST_LENGTH]


def text_digest(text: str) -> str:
    """Return the digest of a text as files hold it."""
    return digest(text.encode())[:_DIGEST_LENGTH]


def decoded(data: bytes) -> str:
    """Return the text of a file; raise FileRefused where it is too large, not UTF-8, or not text."""
    if len(data) > MAX_BYTES:
        raise FileRefused(f"The file is larger than {MAX_BYTES // 2**20} MB. Export a smaller batch.")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise FileRefused("The file is UTF-16. Save it as UTF-8, then choose it again.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileRefused("The text is not UTF-8. Save the file as UTF-8, then choose it again.", line=line) from None
    if (nul := text.find("\0")) >= 0:
        raise FileRefused("There is a NUL character, so this is not a text file.", line=text.count("\n", 0, nul) + 1)
    if not text.strip():
        raise FileRefused("The file is empty.")
    if text.count("\n") > MAX_LINES:
        raise FileRefused(f"The file has more than {MAX_LINES} lines. Export a smaller batch.")
    return text


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines of a text with their ends; a lone carriage return ends none."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def require_text_fits(length: int, line: int) -> None:
    """Raise FileRefused for a text of more characters than any text may have."""
    if length > MAX_CHARACTERS:
        raise FileRefused(f"The text has more than {MAX_CHARACTERS} characters.", line=line)


def require_room(count: int, line: int) -> None:
    """Raise FileRefused where a file has more texts than one file may have."""
    if count >= MAX_TEXTS:
        raise FileRefused(f"The file has more than {MAX_TEXTS} texts. Export a smaller batch.", line=line)
