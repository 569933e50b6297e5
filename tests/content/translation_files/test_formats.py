"""Translation files are read as they were written, in each format, and refused in a sentence where they are not."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from content.translation_files.file_text import FileRefused, FileState, FileText, Reference, TranslationFile
from content.translation_files.formats import FORMATS, read_file
from core.errors import Invalid
from tests.examples import examples

SCHEMA = Path(__file__).resolve().parents[2] / "standards/xliff-1.2/xliff-core-1.2-transitional.xsd"

#: Texts that XML can hold.
characters = st.characters(exclude_categories=["Cs", "Cc", "Cn"], exclude_characters="\ufffe\uffff")
words = st.text(characters | st.sampled_from("\n\t'=+-@,;\"\\<&>{}#%\u200f\u0661"), max_size=60)
keys = st.from_regex(r"[a-z][a-z0-9-]{0,12}(\.[a-z0-9-]{1,8}){0,3}", fullmatch=True)


@st.composite
def file_texts(draw: st.DrawFn) -> FileText:
    key, source, target = draw(keys), draw(words.filter(bool)), draw(words)
    state = draw(st.sampled_from(FileState)) if target else FileState.EMPTY
    return FileText(
        key=key,
        source=source,
        target=target,
        reference=Reference.of(key, source, target),
        state=state,
        name=draw(words),
        notes=tuple(draw(st.lists(words, max_size=2))),
        limit=draw(st.none() | st.integers(1, 6000)),
    )


files = st.builds(
    TranslationFile,
    locale=st.sampled_from(["cy", "ar", "pt-BR", "es-419"]),
    source_locale=st.just("en"),
    texts=st.lists(file_texts(), min_size=1, max_size=8, unique_by=lambda text: text.key).map(tuple),
    notes=st.lists(words, max_size=2).map(tuple),
)


def one(**changes: object) -> TranslationFile:
    text = {"key": "tip.a.title", "source": "Stop", "target": "Stopiwch", "reference": Reference.of("tip.a.title", "Stop", "")}
    return TranslationFile("cy", "en", (FileText(**{**text, **changes}),))  # type: ignore[arg-type]


def xliff(body: str, *, attributes: str = 'source-language="en" target-language="cy"', before: str = "") -> bytes:
    return (
        f'{before}<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">'
        f'<file original="f" datatype="plaintext" {attributes}><body>{body}</body></file></xliff>'
    ).encode()


@pytest.mark.parametrize("name", FORMATS)
@settings(max_examples=examples(150), deadline=None)
@given(file=files)
def test_a_file_is_read_as_it_was_written(name: str, file: TranslationFile) -> None:
    read = read_file(FORMATS[name].write(file))

    assert (read.locale, read.source_locale) == ("cy" if not file.texts else file.locale, "en")
    assert [(t.key, t.source, t.target, t.reference) for t in read.texts] == [
        (t.key, t.source, t.target, t.reference) for t in file.texts
    ]
    assert read.revision == file.revision


@settings(max_examples=examples(50), deadline=None)
@given(file=files)
def test_xliff_is_valid_by_the_schema_of_oasis(file: TranslationFile) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMA))

    schema.assertValid(etree.fromstring(FORMATS["xliff"].write(file)))


@settings(max_examples=examples(400), deadline=None)
@given(
    data=st.binary(max_size=400)
    | words.map(str.encode)
    | st.builds(
        lambda written, start, cut, junk: written[:start] + junk + written[start + cut :],
        st.builds(lambda file, name: FORMATS[name].write(file), files, st.sampled_from(list(FORMATS))),
        st.integers(0, 3000),
        st.integers(0, 200),
        st.binary(max_size=20),
    )
)
def test_any_bytes_are_a_file_or_refused_in_a_sentence(data: bytes) -> None:
    detail = "Read."
    try:
        assert all(text.line >= 1 for text in read_file(data).texts)
    except Invalid as refused:
        detail = refused.detail

    assert detail.endswith(".")


@settings(max_examples=examples(300), deadline=None)
@given(words)
def test_no_cell_of_a_spreadsheet_is_a_formula(text: str) -> None:
    written = FORMATS["csv"].write(one(target=text, source=text, name=text)).decode("utf-8-sig")
    cells = [value for row in csv.reader(StringIO(written, newline="")) for value in row]

    assert len(cells) == 18
    assert not [value for value in cells if value.lstrip(" \u00a0\ufeff")[:1] in {*"=+-@\t\r\n＝＋－＠"} and value.strip()]


def test_a_spreadsheet_saved_with_semicolons_and_another_order_is_read() -> None:
    reference = Reference.of("tip.a.title", "Stop", "")
    data = f'\ufeffReference;Translation;Source;Remarks\r\n{reference};"Stopiwch; nawr\nyma";Stop;x\r\n'

    (text,) = read_file(data.encode()).texts

    assert (text.key, text.source, text.target, text.line) == ("tip.a.title", "Stop", "Stopiwch; nawr\nyma", 2)


def test_inline_elements_of_other_tools_become_text_again() -> None:
    body = (
        '<trans-unit id="7" resname="tip.a.title"><source>Ask <ph id="1">{service:x}</ph>.</source><seg-source>No</seg-source>'
        '<target><mrk mtype="seg" mid="0">Gofynnwch i <x id="1" equiv-text="{service:x}"/>.</mrk></target>'
        "<alt-trans><source>Other</source><target>Arall</target></alt-trans></trans-unit>"
    )

    (text,) = read_file(xliff(body)).texts

    assert (text.key, text.source, text.target) == ("tip.a.title", "Ask {service:x}.", "Gofynnwch i {service:x}.")


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (xliff("<trans-unit id='a'><source>&b;</source></trans-unit>", before=BOMB), "document type declaration"),
        (xliff("<trans-unit id='a'><source>&e;</source></trans-unit>", before=OUTSIDE), "document type declaration"),
        (xliff("", before='<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">'), "document type declaration"),
        (xliff("", before='<?xml version="1.0" encoding="ISO-8859-1"?>'), "Line 1: the file says that it is not UTF-8."),
        (xliff("<trans-unit id='a'>\n\n<source>"), "Line 3: the file is not well-formed XML."),
        (xliff("<g>" * 60 + "</g>" * 60), "nested too deeply"),
        (xliff("", attributes='source-language="en" target-language="cy"/><file target-language="ar"'), "more than one language"),
        (b"<html></html>", "not XLIFF"),
        (b'<xliff xmlns="urn:oasis:names:tc:xliff:document:2.0"/>', "XLIFF 2"),
        (b'<xliff version="1.2"/>', "no file element"),
        (f"<xliff a='{'b' * 30000}'/>".encode(), "a tag is too long"),
        ("Source,Translation\n".encode("utf-16"), "UTF-16"),
        ('msgid "a"\nmsgstr "Caf\xe9"\n'.encode("latin-1"), "Line 2: the text is not UTF-8."),
        (b"\x89PNG\r\n\x1a\n\0\0", "Line 1: the text is not UTF-8."),
        (b"a\n\0", "Line 2: there is a NUL character"),
        (b" \n", "empty"),
        (b'msgid "a"\nmsgstr[0] "b"\n', "Line 2: plural forms"),
        (b'msgid "a"\nmsgid "b"\n', "Line 2: a msgid is not expected here."),
        (b'msgid "a"\n', "Line 1: the last entry has no msgstr."),
        (b'msgid "a\nmsgstr "b"\n', "Line 1: the text in quotation marks"),
        (b'msgid "\\x41"\nmsgstr "b"\n', "Line 1: the escape \\x is not known."),
        (b'msgid ""\nmsgstr "Content-Type: text/plain; charset=ISO-8859-1\\n"\n', "not UTF-8"),
        (b"/etc/passwd", "no column Source"),
        (b'Source,Translation,Reference\na,"b\n', "Line 2: the quotation marks do not match."),
        (b"Source,Translation,Reference\na,b,c" + b"," * 200, "Line 2: the row has more than 100 cells."),
        (b'Source,Translation,Reference\n"' + b"a\n" * 150_000, "the quotation marks do not match"),
        (b"a\n" * 500_001, "more than 500000 lines"),
        (b"a" * (16 * 1024 * 1024 + 1), "larger than 16 MB"),
        (b'msgid "' + b"a" * 20_001 + b'"\nmsgstr ""\n', "Line 1: the text has more than 20000 characters."),
        (xliff(f"<trans-unit id='a'><source>{'a' * 20_001}</source></trans-unit>"), "more than 20000 characters"),
        (b"Source,Translation,Reference\n" + b"a,b,c\n" * 20_001, "Line 20002: the file has more than 20000 texts."),
        (b'Source,Translation,Reference,Language\na,b,c,cy\na,b,d,ar\n', "Line 3: the file is for more than one language."),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_its_line(data: bytes, sentence: str) -> None:
    with pytest.raises(FileRefused) as refused:
        read_file(data)

    assert sentence in refused.value.detail
