"""The term lists that people write, one file for each locale: what a text must not say, and what says the opposite."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self

from annotated_types import MinLen
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from content.linting.folding import END, PAUSE
from content.linting.phrases import REST, Phrases, fold_phrase
from core.errors import Invalid
from core.file_models import FileModel, Text, fault_lines

#: The replacement, in every locale, of a token that names an emergency number.
EMERGENCY_NUMBER = "emergency number"
TERMS_DIR = Path(__file__).parent / "terms"
#: Letters of a word that has no ending to leave open, and of the ending of a longer one.
_SHORT_WORD, _ENDING = 5, 2


class TermsRefused(Invalid):
    """A term list breaks a rule, and no text is checked with it."""

    code = "terms-refused"


def _stem(word: str) -> str:
    """Return a word as a phrase has it whose endings do not matter; short words have to be as they are."""
    return word if len(word) <= _SHORT_WORD else word[:-_ENDING] + REST


def _words(phrase: str) -> str:
    folded = fold_phrase(phrase)
    if not folded.replace(REST, "").strip() or {END, PAUSE} & {*folded}:
        raise ValueError("expected words of one sentence without a comma")
    return phrase


_Phrase = Annotated[str, Text(120), AfterValidator(_words)]
_Phrases = list[_Phrase]
_Required = Annotated[_Phrases, MinLen(1)]


class Negations(FileModel):
    """Words that turn a phrase into its opposite."""

    before: _Phrases = Field(default_factory=list)
    """Before the phrase or inside it, as English "not"."""
    after: _Phrases = Field(default_factory=list)
    """After the phrase, as Hindi "नहीं"."""


#: What a term means: by it the glossary finds the term of another language.
Concept = Literal["child-sexual-abuse-material", "child-sexual-exploitation", "images-without-consent", "sexual-extortion"]


class Term(FileModel):
    """Words that are given up, with what to say instead."""

    words: _Required
    say: Annotated[str, Text(200)]
    """In the language of the texts."""
    concept: Concept | None = None
    """What the words to say instead mean: translators are shown them where a source text has those of its own list."""
    forms: _Phrases = Field(default_factory=list)
    """Forms by which the words to say instead are found in a text. Without any, endings of their words do not matter."""

    @model_validator(mode="after")
    def _is_not_what_it_forbids(self) -> Self:
        if Phrases(self.words).find(fold_phrase(self.say)):
            raise ValueError("the words to say instead are among those that are given up")
        if any(Phrases(self.words).find(fold_phrase(form.replace(REST, ""))) for form in self.forms):
            raise ValueError("a form of the words to say instead is among those that are given up")
        return self

    def said(self, *, spaced: bool) -> list[str]:
        """Return the phrases by which the words to say instead are found."""
        return self.forms or [" ".join(_stem(word) for word in self.say.split()) if spaced else self.say]


class KeepImage(FileModel):
    """How the language tells someone to keep, capture or forward a picture."""

    phrases: _Phrases = Field(default_factory=list)
    """Whole requests, as "screenshot it"."""
    verbs: _Required
    """The forms of a request, near an image."""
    images: _Required
    leads: _Phrases = Field(default_factory=list)
    """Words before a request inside a clause, as "and". Without one, only the first words of a clause are a request: "Share it",
    and not "they share it". Not needed where the verb comes last, because its request has a form of its own."""
    unless: _Phrases = Field(default_factory=list)
    """Phrases in the same sentence with which it is none, as "screenshots of words only"."""


class TextEmergency(FileModel):
    """How the language tells someone to write to an emergency number."""

    verbs: _Required
    """To text, to message, to write."""
    numbers: _Required
    """The emergency number."""
    calls: _Required
    """To call."""
    lines: _Required
    """A crisis line, which can be texted."""
    unless: _Phrases = Field(default_factory=list)


class TermsFile(FileModel):
    """The term list of one locale. A phrase may end a word with *, which matches any further letters."""

    order: Literal["verb-first", "verb-last", "either"] = "verb-first"
    """Where a request has its verb."""
    spaced: bool = True
    """Whether the language writes spaces between words."""
    prefixes: list[Annotated[str, Text(4)]] = Field(default_factory=list)
    """Letters that the language writes together before a word, as Arabic و."""
    ignored: _Phrases = Field(default_factory=list)
    """Words that hold one of the phrases by chance, where there are no spaces between words."""
    negations: Negations
    negation_reach: int | None = None
    """How many words there may be between a negation and the phrase after it; null: any number, up to a comma."""
    negation_ends_list: bool = False
    """Whether one negation at the end of a list of requests holds for all of them."""
    capital_nouns: bool = False
    """Whether nouns have a capital letter, so that a capital letter does not begin a sentence."""
    or_words: _Phrases = Field(default_factory=list)
    """With one of these after a comma, a negation before the comma reaches past it: "Do not save, copy or send"."""
    but_words: _Phrases = Field(default_factory=list)
    """A negation before one of these does not reach past it."""
    blame: _Required
    """What puts the blame on a reader or a child."""
    blame_unless: _Phrases = Field(default_factory=list)
    """Phrases in the same sentence with which it does not."""
    forbidden: Annotated[list[Term], MinLen(1)]
    """Words that are refused."""
    avoid: list[Term] = Field(default_factory=list)
    """Words that are warned of."""
    keep_image: KeepImage
    text_emergency: TextEmergency
    lock_screen: _Required
    """Words from which somebody beside the phone learns what an alert is about."""

    @model_validator(mode="after")
    def _only_with_spaces(self) -> Self:
        if not self.spaced and self.prefixes:
            raise ValueError("prefixes need spaced: true, because without spaces a phrase is found anywhere")
        return self


class TermList:
    """The term list of one locale, ready to search with."""

    def __init__(self, file: TermsFile) -> None:
        self.file = file
        self.ignored = self._phrases(file.ignored)
        self.negated_before = self._phrases(file.negations.before)
        self.negated_after = self._phrases(file.negations.after)
        self.or_words = self._phrases(file.or_words)
        self.but_words = self._phrases(file.but_words)
        self.blame = self._phrases(file.blame)
        self.blame_unless = self._phrases(file.blame_unless)
        self.forbidden = [(self._phrases(term.words), term.say) for term in file.forbidden]
        self.avoid = [(self._phrases(term.words), term.say) for term in file.avoid]
        #: The terms of the glossary: the phrases to say instead, to find them with, and the term.
        self.concepts = {
            term.concept: (self._phrases(term.said(spaced=file.spaced)), term)
            for term in (*file.forbidden, *file.avoid)
            if term.concept
        }
        #: All words that are refused or warned of, to tell in one search that a text has none, as most do not.
        self.given_up = self._phrases([words for term in (*file.forbidden, *file.avoid) for words in term.words])
        self.leads = self._phrases(file.keep_image.leads)
        self.keep_phrases = self._phrases(file.keep_image.phrases)
        self.keep_verbs = self._phrases(file.keep_image.verbs)
        self.images = self._phrases(file.keep_image.images)
        self.keep_unless = self._phrases(file.keep_image.unless)
        self.text_verbs = self._phrases(file.text_emergency.verbs)
        self.emergency_numbers = self._phrases([*file.text_emergency.numbers, EMERGENCY_NUMBER])
        self.call_verbs = self._phrases(file.text_emergency.calls)
        self.crisis_lines = self._phrases(file.text_emergency.lines)
        self.text_unless = self._phrases(file.text_emergency.unless)
        self.lock_screen = self._phrases(file.lock_screen)

    def _phrases(self, phrases: list[str]) -> Phrases:
        return Phrases(phrases, spaced=self.file.spaced, prefixes=self.file.prefixes)


def read_term_file(file: Path) -> TermsFile:
    """Return the term list of a file; TermsRefused names every fault."""
    try:
        return read_terms(file.read_text(encoding="utf-8"), f"terms/{file.name}")
    except (OSError, UnicodeDecodeError) as error:
        raise _refused([f"terms/{file.name}: cannot be read: {error}."]) from error


def read_terms(text: str, name: str) -> TermsFile:
    """Return the term list in a YAML text; TermsRefused names every fault, each with the name of the list."""
    try:
        return TypeAdapter(TermsFile).validate_python(YAML(typ="safe").load(text), strict=True)
    except ValidationError as error:
        raise _refused(fault_lines(error, name)) from error
    except (YAMLError, RecursionError) as error:
        raise _refused([f"{name}: not valid YAML: {' '.join(str(error).split())}"]) from error


@cache
def checked_locales() -> frozenset[str]:
    """Return the locales that have a term list of their own."""
    return frozenset(file.stem for file in TERMS_DIR.glob("*.yaml"))


def is_checked(locale: str) -> bool:
    """Return whether texts of the locale are compared with a term list, its own or that of its language."""
    return term_list(locale) is not None


def term_list(locale: str) -> TermList | None:
    """Return the term list of the locale or of a wider one (es for es-MX), or None: its texts are unchecked."""
    names = _wider(locale)
    shipped = next((name for name in names if name in checked_locales()), None)
    if shipped is not None:
        return _shipped(shipped)
    stored = next((text for read in _STORED for name in names if (text := read(name))), "")
    return _parsed(stored) if stored else None


def is_shipped(locale: str) -> bool:
    """Return whether a term list for the locale, or for a wider one, comes with the product."""
    return not checked_locales().isdisjoint(_wider(locale))


def _wider(locale: str) -> list[str]:
    parts = locale.split("-")
    return ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]


def use_stored_lists(read: Callable[[str], str]) -> None:
    """Let `read` return the term list of a locale that has none in this folder, as YAML; "" where it has none."""
    _STORED[:] = [read]


#: The function that finds term lists outside this folder; empty until one is set.
_STORED: list[Callable[[str], str]] = []


@cache
def _shipped(name: str) -> TermList:
    return TermList(read_term_file(TERMS_DIR / f"{name}.yaml"))


@lru_cache(maxsize=64)
def _parsed(text: str) -> TermList:
    return TermList(read_terms(text, "term list"))


def _refused(lines: list[str]) -> TermsRefused:
    return TermsRefused(" ".join(lines), faults=lines)
