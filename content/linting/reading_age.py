"""The age at which most readers can read a text, by a formula of its language.

English has the grade of Flesch and Kincaid. The other languages have an adaptation of Flesch's reading ease, all of the form
`base - a × words per sentence - b × syllables per word`, which is turned into an age by Flesch's own table. Polish has FOG-PL.
A formula knows lengths alone, so it can only warn; and a text below MIN_WORDS has too few of them to measure.

Sources: Kincaid et al. 1975 (en), Amstad 1978 (de), Fernández Huerta 1959 (es), Kandel and Moles 1958 (fr), Franchina and Vacca
1986 (it), Douma 1960 (nl), Martins et al. 1996 (pt), Ateşman 1997 (tr), Gruszczyński and Ogrodniczuk 2015 (pl).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from itertools import pairwise
from typing import Final, NamedTuple

from content.linting.fault import Fault, Strength
from content.terms import Audience

#: Words below which nothing is said.
MIN_WORDS = 30
#: The highest reading age for tips of young people and for those of adults alone.
YOUNG, ADULTS = 12, 15
_YOUNG_READERS = frozenset({Audience.TEEN, Audience.BYSTANDER})
#: Flesch's table: reading ease and the age at which it is read.
_AGES = ((100.0, 10.0), (90.0, 11.0), (80.0, 12.0), (70.0, 13.0), (60.0, 15.0), (50.0, 18.0), (30.0, 21.0))
#: FOG-PL: a word is long from this many syllables on.
_LONG_WORD = 4
_SENTENCE = re.compile(r"[.!?…:;\n]+")
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")


class Formula(NamedTuple):
    """The reading ease of one language."""

    base: float
    by_sentence: float
    by_syllable: float
    #: The vowels; letters next to each other make one syllable unless each is one.
    vowels: str
    each: bool = False


FORMULAS: Final[dict[str, Formula]] = {
    "de": Formula(180, 1, 58.5, "aeiouyäöü"),
    "es": Formula(206.84, 1.02, 60, "aeiouáéíóúü"),
    "fr": Formula(207, 1.015, 73.6, "aeiouyàâéèêëîïôùûüœæ"),
    "it": Formula(217, 1.3, 60, "aeiouàèéìòù"),
    "nl": Formula(206.84, 0.93, 77, "aeiouyëïöüé"),
    "pt": Formula(248.835, 1.015, 84.6, "aeiouáâãàéêíóôõúü"),
    "tr": Formula(198.825, 2.61, 40.175, "aeıioöuüâîû", each=True),
}
#: Locales, by their language, that a formula is known for.
MEASURED: Final[frozenset[str]] = frozenset({"en", "pl", *FORMULAS})
_GROUPS = {
    language: re.compile(f"[{formula.vowels}]" + ("" if formula.each else "+")) for language, formula in FORMULAS.items()
} | {"en": re.compile("[aeiouy]+"), "pl": re.compile("i(?![aeouyąęó])|[aeouyąęó]")}
#: The e at the end of a word, in French also before an s and in the ending of a verb.
_SILENT_E = {"en": re.compile("[^aeiouyl]e$|[^aeiouytd]ed$"), "fr": re.compile("[^aeiouyéèê]e(?:s|nt)?$")}


def reading_age(text: str, locale: str) -> float | None:
    """Return the age, or None where the language has no formula or the text too few words."""
    language = locale.partition("-")[0]
    if language not in MEASURED:
        return None
    words = _WORD.findall(text.lower())
    if len(words) < MIN_WORDS:
        return None
    sentences = sum(1 for part in _SENTENCE.split(text) if _WORD.search(part))
    syllables = [_syllables(word, language) for word in words]
    per_sentence, per_word = len(words) / sentences, sum(syllables) / len(words)
    if language == "en":
        return 0.39 * per_sentence + 11.8 * per_word - 15.59 + 5
    if language == "pl":
        long_words = 100 * sum(count >= _LONG_WORD for count in syllables) / len(words)
        return 0.4 * (per_sentence + long_words) + 6
    formula = FORMULAS[language]
    return _age_of(formula.base - formula.by_sentence * per_sentence - formula.by_syllable * per_word)


def reading_faults(text: str, locale: str, audiences: Collection[str]) -> list[Fault]:
    """Return a warning where the texts of a tip, joined by line ends, are harder to read than its readers need."""
    age = reading_age(text, locale)
    most = YOUNG if _YOUNG_READERS & {*audiences} else ADULTS
    if age is None or round(age) <= most:
        return []
    readers = "young people" if most == YOUNG else "adults"
    detail = f"The reading age is {age:.0f}; for {readers} it is {most} at most. Shorter sentences and words are easier to read."
    return [Fault("reading-age", detail, Strength.WARN)]


def _syllables(word: str, language: str) -> int:
    groups = len(_GROUPS[language].findall(word))
    silent = _SILENT_E.get(language)
    return max(1, groups - (silent is not None and silent.search(word) is not None))


def _age_of(ease: float) -> float:
    """Return the age of a reading ease, on a straight line between two rows of the table."""
    if ease >= _AGES[0][0]:
        return _AGES[0][1]
    for (easier, younger), (harder, older) in pairwise(_AGES):
        if ease >= harder:
            return younger + (easier - ease) / (easier - harder) * (older - younger)
    return _AGES[-1][1]
