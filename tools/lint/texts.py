"""Extract user-facing texts from Python files and templates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

#: Base classes of errors, whose docstring is the text of the error.
_ERROR = re.compile(r"(Error|Exception|Invalid|Refused|Conflict|Denied|Required|NotFound|Gone|Meanwhile)$")
_SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|CREATE|ALTER TABLE|RAISE EXCEPTION|RETURNING|WHERE)\b")
_WORDS = re.compile(r"[A-Za-z]{2,}[,;:]? [A-Za-z]{2,}|^[A-Z][a-z]+ [a-z]+")

_COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}|<!--.*?-->", re.S)
_CODE = re.compile(r"<(script|style)\b.*?</\1>", re.S | re.I)
_ATTRIBUTE = re.compile(r"\b(?:title|alt|placeholder|aria-label|value)=\"([^\"]*)\"")
_BLOCK = re.compile(
    r"</?(?:p|div|h\d|li|ul|ol|td|th|tr|dt|dd|dl|button|a|label|option|section|legend|summary|br|title|figure|main|nav)\b[^>]*>"
)
_TAG = re.compile(r"<[^>]*>")
_PRINTED = re.compile(r"\{\{.*?\}\}", re.S)
_TEMPLATE_TAG = re.compile(r"\{%.*?%\}", re.S)
#: Replaces a value that is filled in later, so that the sentence keeps its subject.
VALUE = "…"


@dataclass(frozen=True)
class Text:
    """A user-facing text, and its place."""

    path: str
    line: int
    text: str


def texts_in_python(path: str, tree: ast.Module) -> Iterator[Text]:
    """Yield the string literals of several words, except docstrings and SQL, and the docstrings of errors."""
    documentation = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            literal = node.body[0].value  # type: ignore[attr-defined]
            if not (isinstance(node, ast.ClassDef) and any(_ERROR.search(ast.unparse(base)) for base in node.bases)):
                documentation.add(literal)
    inside_others: set[ast.AST] = set()
    if "/models/" in path:
        # The help text of a column is not user-facing: no page shows it.
        inside_others.update(_help_texts(tree))
    for node in ast.walk(tree):
        if node in documentation or node in inside_others:
            continue
        if isinstance(node, ast.JoinedStr):
            inside_others.update(ast.walk(node))
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if _WORDS.search(text) and not _SQL.search(text):
            yield Text(path, node.lineno, " ".join(text.split()))


def _help_texts(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "help_text":
            yield from ast.walk(node.value)


def texts_in_template(path: str, source: str) -> Iterator[Text]:
    """Yield the text of each block of a Django template, and of attributes that browsers show or screen readers read."""
    for pattern in (_COMMENT, _CODE):
        source = pattern.sub(_blanked, source)
    for match in _ATTRIBUTE.finditer(source):
        yield from _shown(path, source.count("\n", 0, match.start()) + 1, match[1])
    start = 0
    for end, following in (*(match.span() for match in _BLOCK.finditer(source)), (len(source), len(source))):
        block = source[start:end]
        skipped = len(block) - len(block.lstrip())
        yield from _shown(path, source.count("\n", 0, start + skipped) + 1, block)
        start = following


def all_texts(trees: Mapping[str, ast.Module], templates: Mapping[str, str]) -> Iterator[Text]:
    """Yield every text of the files and templates."""
    for path, tree in trees.items():
        yield from texts_in_python(path, tree)
    for path, source in templates.items():
        yield from texts_in_template(path, source)


def _shown(path: str, line: int, raw: str) -> Iterator[Text]:
    # Template tags are dropped: each branch may begin a new sentence.
    text = _TEMPLATE_TAG.sub(" ", _TAG.sub("", _PRINTED.sub(VALUE, raw)))
    text = " ".join(text.split())
    if re.search(r"[A-Za-z]{2,}", text):
        yield Text(path, line, text)


def _blanked(match: re.Match[str]) -> str:
    """Return only the line breaks of the match, so that later lines keep their numbers."""
    return "\n" * match[0].count("\n")
