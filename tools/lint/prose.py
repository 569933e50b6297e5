"""Find dialect and metaphors in prose, and user-facing texts that begin with a pronoun that refers to nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from tools.lint.texts import Text, all_texts
from tools.lint.words import Finding

#: Checked in user-facing texts, documents, docstrings and comments.
EVERYWHERE = {
    r"alike": "both, equally, the same",
    r"as many (?:\w+ )?as (?:you |they )?like": "any number of",
    r"cranks?": "what one call does",
    r"hush(?:es|ed)?": "stop, back off",
    r"whoever": "anyone who, or the person's role",
}

#: Checked in user-facing texts only: those of the console, the API, the commands and the tools.
IN_TEXTS = {
    r"(?:asked|told)": "name the request, the answer or the rule",
    r"dead end": "say what the reader is left without",
    r"(?:of (?:ours|theirs|yours))": "our, their, your",
    r"puts? (?:it|them|this) (?:aside|right)|put aside": "dismiss, correct",
    r"speaks? for": "is a reason for",
    r"stands?(?! for\b)": "is, appears",
    r"t(?:ake|ook|aken) (?:it |them )?back": "withdraw",
    r"turn(?:s|ed)? (?:it |them )?down": "reject",
    r"writ(?:e|ten) (?:it |them )?down": "record",
}

_BARE = re.compile(
    r"^(?:(?:It|They|He|She)(?:'[a-z]+)? [a-z]"
    r"|(?:This|That|These|Those) "
    r"(?:is|are|was|were|has|have|had|can|cannot|could|may|might|must|will|would|does|do|did|needs?)\b)"
)

#: Accepted texts that the check would find, with the reason.
EXCEPTIONS: Mapping[str, str] = {}

_MARKDOWN_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.S | re.M)


def findings_in_texts(trees: Mapping[str, ast.Module], templates: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the banned words of user-facing texts, and the texts that begin with a bare pronoun."""
    for text in all_texts(trees, templates):
        if text.text in EXCEPTIONS:
            continue
        yield from _banned(text, {**EVERYWHERE, **IN_TEXTS})
        if _BARE.match(text.text):
            yield Finding(text.path, text.line, f"{_short(text.text)}: begins with a pronoun; name the thing")


def findings_in_prose(python: Mapping[str, str], documents: Mapping[str, str]) -> Iterator[Finding]:
    """Yield the banned words of docstrings, comments and documents, ignoring code in documents."""
    for path, source in python.items():
        for text in _docstrings_and_comments(path, source):
            yield from _banned(text, EVERYWHERE)
    for path, source in documents.items():
        blanked = _MARKDOWN_CODE.sub(lambda match: "\n" * match[0].count("\n"), source)
        for line, words in enumerate(blanked.splitlines(), 1):
            yield from _banned(Text(path, line, words), EVERYWHERE)


def _banned(text: Text, table: Mapping[str, str]) -> Iterator[Finding]:
    for pattern, instead in table.items():
        if match := re.search(rf"\b(?:{pattern})\b", text.text, re.I):
            yield Finding(text.path, text.line, f"{_short(text.text, match.start())}: for {match[0]!r} write {instead}")


def _docstrings_and_comments(path: str, source: str) -> Iterator[Text]:
    for line, words in enumerate(source.splitlines(), 1):
        if words.lstrip().startswith("#"):
            yield Text(path, line, words)
    for node in ast.walk(ast.parse(source, path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False)
            first = node.body[0].lineno if docstring else 0
            for offset, words in enumerate((docstring or "").splitlines()):
                yield Text(path, first + offset, words)


def _short(text: str, around: int = 0) -> str:
    start = max(0, around - 30)
    return repr(("…" if start else "") + text[start : start + 70] + ("…" if len(text) > start + 70 else ""))
