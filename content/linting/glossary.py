"""Words that a locale has one preferred form for. They are those of the term lists, so that there is one list to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from content.linting.folding import fold
from content.linting.phrases import REST, Phrases
from content.linting.term_list import TermList, TermsFile, term_list
from content.terms import SOURCE_LOCALE


@dataclass(frozen=True)
class GlossaryHit:
    """A term of the source: its words there, the forms of the locale with the preferred one first, and whether one is used."""

    term: str
    forms: list[str]
    is_used: bool


#: The phrases of each term, ready to search with, and as the list has them.
_TERMS: tuple[tuple[Callable[[TermList], Phrases], Callable[[TermsFile], list[str]]], ...] = (
    (lambda terms: terms.emergency_numbers, lambda file: file.text_emergency.numbers),
    (lambda terms: terms.crisis_lines, lambda file: file.text_emergency.lines),
    (lambda terms: terms.images, lambda file: file.keep_image.images),
)
_MAX_FORMS = 4


def glossary_hits(source: str, target: str, locale: str) -> list[GlossaryHit]:
    """Return the terms of an English source for which the locale has preferred forms; endings of words do not matter."""
    english, own = term_list(SOURCE_LOCALE), term_list(locale)
    if english is None or own is None:
        return []
    folded_source, folded_target = fold(source), fold(target)
    hits = []
    for phrases, forms in _TERMS:
        spans = phrases(english).find(folded_source)
        if spans:
            start, end = spans[0]
            shown = [form.replace(REST, "…") for form in forms(own.file)[:_MAX_FORMS]]
            hits.append(GlossaryHit(folded_source[start:end], shown, bool(phrases(own).find(folded_target))))
    return hits
