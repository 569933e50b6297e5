"""Words that a locale has one preferred form for. They are those of the term lists, so that there is one list to keep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from content.linting.folding import fold
from content.linting.phrases import REST, Phrases
from content.linting.term_list import TermList, TermsFile, term_list
from content.terms import SOURCE_LOCALE


@dataclass(frozen=True)
class GlossaryHit:
    """A term of the source: its words there, the forms of the locale with the preferred one first, and whether one is used.

    `forbidden` are words of the locale for the same that are refused or warned of.
    """

    term: str
    forms: list[str]
    is_used: bool
    forbidden: list[str] = field(default_factory=list)


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

    def hit(found: Phrases, used: Phrases, forms: list[str], forbidden: list[str]) -> GlossaryHit | None:
        if not (spans := found.find(folded_source)):
            return None
        start, end = spans[0]
        return GlossaryHit(folded_source[start:end], _shown(forms), used.is_in(folded_target), _shown(forbidden))

    hits = [hit(phrases(english), phrases(own), forms(own.file), []) for phrases, forms in _TERMS]
    for concept, (said, _) in english.concepts.items():
        if concept in own.concepts:
            said_here, term = own.concepts[concept]
            hits.append(hit(said, said_here, [term.say], term.words))
    return [one for one in hits if one is not None]


def _shown(phrases: list[str]) -> list[str]:
    return [phrase.replace(REST, "…") for phrase in phrases[:_MAX_FORMS]]
