"""Write translation files as XLIFF 1.2 (OASIS standard, https://docs.oasis-open.org/xliff/v1.2/os/xliff-core.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from content.translation_files.file_text import FileState, FileText, TranslationFile

NAMESPACE = "urn:oasis:names:tc:xliff:document:1.2"
#: Our states → the values of the attribute `state` of a target.
_STATES = {
    FileState.NEEDS_REVIEW: "needs-review-translation",
    FileState.APPROVED: "final",
    FileState.OUTDATED: "needs-adaptation",
    FileState.WITHDRAWN: "needs-adaptation",
    FileState.REMOVAL: "needs-review-translation",
}
#: Characters that XML 1.0 cannot hold, not even as references (https://www.w3.org/TR/xml/#charsets).
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_xliff(file: TranslationFile) -> bytes:
    """Return the file as XLIFF 1.2."""
    return "\n".join(_lines(file)).encode()


def _lines(file: TranslationFile) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield f'<xliff version="1.2" xmlns="{NAMESPACE}">'
    yield (
        f'<file original="fingerpost" datatype="plaintext" source-language={_attribute(file.source_locale)}'
        f' target-language={_attribute(file.locale)} product-name="Fingerpost" build-num={_attribute(file.revision)}>'
    )
    yield "<header>"
    for note in file.notes:
        yield f"<note>{_content(note)}</note>"
    yield "</header>"
    yield "<body>"
    for text in file.texts:
        yield from _unit(text, file)
    yield "</body>"
    yield "</file>"
    yield "</xliff>"
    yield ""


def _unit(text: FileText, file: TranslationFile) -> Iterator[str]:
    approved = "yes" if text.state == FileState.APPROVED else "no"
    limit = f' maxwidth="{text.limit}" size-unit="char"' if text.limit else ""
    key = _attribute(text.key)
    yield f'<trans-unit id={key} resname={key} approved="{approved}"{limit} xml:space="preserve">'
    yield f"<source xml:lang={_attribute(file.source_locale)}>{_content(text.source)}</source>"
    if text.target:
        state = _STATES.get(text.state, "new")
        yield f'<target xml:lang={_attribute(file.locale)} state="{state}">{_content(text.target)}</target>'
    if text.reference is not None:
        # The purpose `location` is what converters to PO and back carry along.
        yield (
            '<context-group purpose="location">'
            f'<context context-type="sourcefile">{_content(str(text.reference))}</context></context-group>'
        )
    for note in (text.name, *text.notes):
        if note:
            yield f'<note from="developer">{_content(note)}</note>'
    yield "</trans-unit>"


def _content(text: str) -> str:
    """Return a text as the content of an element; a lone carriage return survives only as a reference."""
    return escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text), {"\r": "&#13;"})


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))
