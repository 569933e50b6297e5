"""Check Markdown documents: that the files they name exist, and that lines are short, so that a diff shows what changed."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterator, Mapping

from tools.lint.words import Finding

WIDTH = 100

_LIST_ITEM = re.compile(r"(\s*(?:[-*]|\d+\.)\s+)")
_CODE = re.compile(r"`[^`]+`")
#: A file of the repository, in a code span, and perhaps a test in it.
_FILE = re.compile(r"`([\w.-]+/[\w./-]+\.[a-z]+)(?:::\w+)?`")
#: Documents that tell of files of their time.
_HISTORY = ("CHANGELOG.md", "docs/adr/")
_AS_IT_IS = re.compile(r"\||#|    |>|<|!\[|\s*$|---")


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


def missing_files(documents: Mapping[str, str], files: Collection[str]) -> Iterator[Finding]:
    """Yield the files in code spans that are not in the repository, where their first folder is."""
    folders = {name.partition("/")[0] for name in files if "/" in name}
    for path, source in documents.items():
        for line, text in enumerate(source.splitlines(), 1):
            for name in _FILE.findall(text):
                if name.partition("/")[0] in folders and name not in files and not path.startswith(_HISTORY):
                    yield Finding(path, line, f"{name} does not exist")


def wrap(source: str) -> str:
    """Return the Markdown with each paragraph and list item that has a longer line wrapped at WIDTH."""
    wrapped: list[str] = []
    paragraph: list[str] = []
    in_code = False
    for text in [*source.splitlines(), ""]:
        fence = text.lstrip().startswith("```")
        item = _LIST_ITEM.match(text)
        as_it_is = fence or in_code or (_AS_IT_IS.match(text) and not item and not (paragraph and text.startswith("    ")))
        if as_it_is or item:
            wrapped += _wrapped(paragraph)
            paragraph = []
        if as_it_is:
            wrapped.append(text)
        else:
            paragraph.append(text)
        in_code ^= fence
    wrapped += _wrapped(paragraph)
    return "\n".join(wrapped[: -1 if wrapped[-1] == "" else None]) + "\n"


def _wrapped(paragraph: list[str]) -> list[str]:
    if all(len(line) <= WIDTH for line in paragraph):
        return paragraph
    item = _LIST_ITEM.match(paragraph[0])
    first = item[1] if item else ""
    text = " ".join([paragraph[0][len(first) :].strip(), *(line.strip() for line in paragraph[1:])])
    # A line break inside a code span would be copied with the code.
    whole = _CODE.sub(lambda match: match[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(
        whole, WIDTH, initial_indent=first, subsequent_indent=" " * len(first), break_long_words=False, break_on_hyphens=False
    )
    return [line.replace("\0", " ") for line in lines]
