"""Banned words in identifiers and file names, each with its replacement."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.lint.identifiers import Identifier, identifiers, words_of

#: Metaphors and private words. A form with -s counts too.
IN_IDENTIFIERS = {
    "alike": "equal, equivalent",
    "asked": "the request, the query",
    "book": "the reference, the specification",
    "crank": "what one call does: tick, run",
    "desk": "the queue, the page",
    "door": "the entry point, the function's own verb",
    "hush": "back off, stop",
    "house": "the code base, ours",
    "lane": "the path",
    "leave": "permission, exit",
    "library": "the store",
    "noticing": "what is done with notices: publishing",
    "plainest": "canonical, normalized",
    "told": "the response, the body, the result",
    "whoever": "the person's role",
}

#: Words of IN_IDENTIFIERS that are plain English in the name of a test, which is a sentence.
PLAIN_IN_SENTENCES = frozenset({"asked", "book", "door", "house", "leave", "library", "told"})

#: Identifiers in which the word has its literal meaning, with the reason.
ALLOWED_IDENTIFIERS: Mapping[str, str] = {
    "library": "The field of emergency_numbers.json that names the software library its numbers come from.",
}


@dataclass(frozen=True)
class Finding:
    """A finding of a check, and its place."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


def banned_in(name: str) -> list[str]:
    """Return the words of the identifier that are in IN_IDENTIFIERS."""
    sentence = name.startswith("test_")
    found = []
    for word in words_of(name):
        known = word if word in IN_IDENTIFIERS else word.removesuffix("s")
        if known in IN_IDENTIFIERS and not (sentence and known in PLAIN_IN_SENTENCES):
            found.append(known)
    return found


def banned_identifiers(trees: Mapping[str, ast.Module]) -> Iterator[Identifier]:
    """Yield each definition whose name has a banned word and is not in ALLOWED_IDENTIFIERS."""
    for path, tree in trees.items():
        for identifier in identifiers(path, tree):
            if banned_in(identifier.name) and identifier.name not in ALLOWED_IDENTIFIERS:
                yield identifier


_FILE = re.compile(r"/([^/]+)\.(?:html|js|css|ya?ml|json|sh|md)$")


def banned_file_names(paths: Iterator[str]) -> Iterator[Identifier]:
    """Yield the files, except Python's, whose name has a banned word."""
    for path in paths:
        match = _FILE.search(f"/{path}")
        if match and banned_in(match[1].replace("-", "_")):
            yield Identifier(match[1], path, 1)


def identifier_findings(trees: Mapping[str, ast.Module], other_paths: Iterator[str]) -> list[Finding]:
    """Return every banned identifier and file name as a finding."""
    found = [*banned_identifiers(trees), *banned_file_names(other_paths)]
    return [
        Finding(one.path, one.line, f"{one.name!r}: for {word!r} write {IN_IDENTIFIERS[word]}")
        for one in found
        for word in banned_in(one.name)
    ]
