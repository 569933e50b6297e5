"""The width of documents: prose is wrapped, so that a change shows as a change of a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tools.lint.words import Finding

WIDTH = 100


def long_lines(documents: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the lines of Markdown that are longer than WIDTH characters and can be wrapped.

    Rows of tables, blocks of code and lines that are one long word (an address) cannot be.
    """
    for path, source in documents.items():
        in_code = False
        for line, text in enumerate(source.splitlines(), 1):
            if text.lstrip().startswith("```"):
                in_code = not in_code
            elif len(text) > WIDTH and not in_code and not text.startswith("|") and " " in text.strip().lstrip("-*>0123456789. "):
                yield Finding(path, line, f"{len(text)} characters, and {WIDTH} are the limit")
