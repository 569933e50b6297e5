"""The checks of ./run lint that are Fingerpost's own: `python -m tools.lint words|documents|commits`.

`python -m tools.lint wrap FILE…` wraps the paragraphs of Markdown files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tools.lint.commits import commit_findings
from tools.lint.documents import long_lines, missing_files, wrap
from tools.lint.prose import findings_in_prose, findings_in_texts
from tools.lint.sources import Sources, parsed
from tools.lint.words import Finding, identifier_findings

#: These folders contain the banned words as data.
_THIS = ("tools/lint/", "tests/tools/lint/")


def words() -> list[Finding]:
    """Return the banned words in identifiers, user-facing texts, docstrings, comments and documents."""
    sources = Sources.in_folder()
    python = {path: text for path, text in sources.python().items() if not path.startswith(_THIS)}
    texts = {path: text for path, text in python.items() if not path.startswith("tests/")}
    templates = {path: text for path, text in sources.texts.items() if path.endswith(".html")}
    others = (path for path in sources.texts if not path.endswith(".py"))
    return [
        *identifier_findings(parsed(python), others),
        *findings_in_texts(parsed(texts), templates),
        *findings_in_prose(python, _documents(sources)),
    ]


def documents() -> list[Finding]:
    """Return the lines of documents that are too long, and those that name a file that does not exist."""
    sources = Sources.in_folder()
    found = _documents(sources)
    return [*long_lines(found), *missing_files(found, sources.texts.keys())]


def commits() -> list[Finding]:
    """Return the commits whose subject breaks a rule."""
    return list(commit_findings())


def _documents(sources: Sources) -> dict[str, str]:
    # The text of a published standard is not ours to change.
    return {
        path: text for path, text in sources.texts.items() if path.endswith(".md") and not path.startswith("tests/standards/")
    }


CHECKS: dict[str, Callable[[], list[Finding]]] = {"words": words, "documents": documents, "commits": commits}


def main(arguments: list[str]) -> int:
    """Print the findings of one check; return 1 if there are any, 2 if there is no such check."""
    if arguments[:1] == ["wrap"]:
        for path in map(Path, arguments[1:]):
            path.write_text(wrap(path.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    check = CHECKS.get(arguments[0]) if len(arguments) == 1 else None
    if check is None:
        print(f"python -m tools.lint takes one of: {', '.join(CHECKS)}, wrap")
        return 2
    findings = sorted(set(check()), key=lambda one: (one.path, one.line, one.text))
    print(*findings, f"{len(findings)} findings", sep="\n")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
