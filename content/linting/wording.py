"""What a text must not say: blame, given-up terms, to keep a picture, to write to an emergency number.

The phrases are those of the locale's term list. A phrase that is negated raises no alarm: "it is not your fault". Where a list
says what is to be said instead, the fault repeats it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice

from content.linting.fault import Fault, Strength
from content.linting.folding import END, PAUSE, SEPARATORS, SPACE, FoldedText
from content.linting.phrases import Phrases, Span, pauses, sentence_ends
from content.linting.term_list import EMERGENCY_NUMBER, TermList, term_list
from content.linting.tokens import TOKEN

#: Folded characters between a verb and what it is about, in languages with spaces between words and in those without.
_NEAR, _NEAR_UNSPACED = 40, 20
#: Where the quoted phrase belongs in a sentence.
_GAP = "{}"
_BLAME = "{} puts the blame on a reader or a child. Say that it is not their fault."
_KEEP = "{} tells someone to keep, capture or forward a picture. Names and words may be kept; a picture may not."
_TEXT_EMERGENCY = "{} tells someone to write to an emergency number, where few countries read messages. Say: call it."
_AVOIDED = "avoided-term"
_INSTEAD = "Instead of {} say:"
_SHOUTING = frozenset("!¡！")
_SHOUTS = "An exclamation mark shouts at a reader in panic. Use a full stop."
#: Ids of emergency numbers, in the languages of their countries.
_EMERGENCY_ID = re.compile("emergenc|urgence|notruf")


def wording_faults(text: str, locale: str) -> list[Fault]:
    """Return a fault for each phrase that the term list of the locale refuses or warns of; none where there is no list.

    `text` is normalized (`normalize_text`), and the places in the faults are offsets in it. A phrase is reported once.
    """
    terms = term_list(locale)
    if terms is None:
        return []
    folded = FoldedText(_without_names(text))
    found: dict[tuple[str, str], Fault] = {}
    for code, span, detail in _findings(_Clauses(folded, terms), terms):
        start, end = folded.place(*span)
        quoted = text[start:end]
        strength = Strength.WARN if code == _AVOIDED else Strength.REFUSE
        found.setdefault((code, quoted), Fault(code, detail.replace(_GAP, repr(quoted)), strength, start, end))
    shouts = (offset for offset, sign in enumerate(text) if sign in _SHOUTING)
    return [*found.values(), *(Fault("exclamation", _SHOUTS, Strength.WARN, at, at + 1) for at in islice(shouts, 1))]


def _findings(clauses: _Clauses, terms: TermList) -> Iterator[tuple[str, Span, str]]:
    """Yield the code, the place in the folded text, and the sentence with a gap for the quoted phrase."""
    for span in _blame(clauses, terms):
        yield "blame", span, _BLAME
    for span in _keeping(clauses, terms):
        yield "keep-image", span, _KEEP
    for span in _texting(clauses, terms):
        yield "text-emergency-number", span, _TEXT_EMERGENCY
    if not terms.given_up.is_in(clauses.text):
        return
    for code, given_up in (("forbidden-term", terms.forbidden), (_AVOIDED, terms.avoid)):
        for phrases, say in given_up:
            for span in phrases.find(clauses.text):
                yield code, span, f"{_INSTEAD} {say}."


class _Clauses:
    """A folded text, and where its sentences and negations begin and end; found on demand, because most texts need neither."""

    def __init__(self, folded: FoldedText, terms: TermList) -> None:
        self.text = _without(folded.text, terms.ignored)
        self._folded = folded
        self._terms = terms
        self._file = terms.file

    @cached_property
    def _ends(self) -> list[int]:
        return sentence_ends(self.text)

    @cached_property
    def _pauses(self) -> list[int]:
        # Thai separates sentences and items of a list by spaces.
        return pauses(self.text, spaces=not self._file.spaced)

    @cached_property
    def _or(self) -> list[int]:
        return _starts(self._terms.or_words.find(self.text))

    @cached_property
    def _but(self) -> list[int]:
        return _starts(self._terms.but_words.find(self.text))

    @cached_property
    def _before(self) -> list[int]:
        return _starts(self._terms.negated_before.find(self.text))

    @cached_property
    def _after(self) -> list[int]:
        return _starts(self._terms.negated_after.find(self.text))

    def sentence(self, at: int) -> Span:
        """Return the sentence around an offset."""
        index = bisect_left(self._ends, at)
        return (self._ends[index - 1] + 1 if index else 0), self._ends[index]

    def begins(self, at: int) -> bool:
        """Return whether a clause begins at an offset."""
        before = self.word_end(at)
        apart = {*self.text[before:at]}
        return (
            before == 0 or bool(apart & {END, PAUSE}) or (not self._file.spaced and SPACE in apart) or self._folded.is_capital(at)
        )

    def word_end(self, at: int) -> int:
        """Return where the word before an offset ends; 0: there is none."""
        return len(self.text[max(0, at - _NEAR) : at].rstrip(SEPARATORS)) + max(0, at - _NEAR)

    def heading_or_sentence(self, at: int) -> Span:
        """Return the sentence around an offset; a capital letter may begin it, though nothing ends the one before."""
        first, last = self.sentence(at)
        return self._capital(first, at), last

    def _capital(self, first: int, at: int) -> int:
        return first if self._file.capital_nouns else self._last(self._folded.capitals, first, at + 1)

    def is_negated(self, span: Span, *, inside: bool = True) -> bool:
        """Return whether a negation reaches a phrase; `inside`: one in the middle of it counts."""
        start, end = span
        first, last = self.sentence(start)
        left = max(first, self._last(self._but, first, start), self._open_pause(first, start, last), self._nearest_words(start))
        if _any_between(self._before, left, start):
            left = self._capital(left, start)
        pause = last if self._file.negation_ends_list else self._next(self._pauses, end, last)
        right = min(pause, self._next(self._but, end, last))
        until, since = (end, start) if inside else (start, end)
        return _any_between(self._before, left, until) or _any_between(self._after, since, right)

    def _open_pause(self, first: int, start: int, last: int) -> int:
        """Return the last comma before the phrase that a negation does not reach past: no "or" comes after it."""
        pause = self._last(self._pauses, first, start)
        return pause if not _any_between(self._or, pause, last) else first

    def _nearest_words(self, start: int) -> int:
        """Return where the words before a phrase begin that a negation of the language may be among."""
        if self._file.negation_reach is None:
            return 0
        for _ in range(self._file.negation_reach + 1):
            start = self.text.rfind(SPACE, 0, max(0, start - 1)) + 1
        return start

    @staticmethod
    def _last(offsets: Sequence[int], first: int, before: int) -> int:
        index = bisect_left(offsets, before)
        return max(first, offsets[index - 1]) if index else first

    @staticmethod
    def _next(offsets: Sequence[int], after: int, last: int) -> int:
        index = bisect_left(offsets, after)
        return min(last, offsets[index]) if index < len(offsets) else last


def _blame(clauses: _Clauses, terms: TermList) -> Iterator[Span]:
    excused = _Sentences(clauses, terms.blame_unless)
    for span in terms.blame.find(clauses.text):
        if not clauses.is_negated(span, inside=False) and not excused.hold(span):
            yield span


def _keeping(clauses: _Clauses, terms: TermList) -> Iterator[Span]:
    excused = _Sentences(clauses, terms.keep_unless)
    verbs, images = terms.keep_verbs.find(clauses.text), terms.images.find(clauses.text)
    requests = terms.keep_phrases.find(clauses.text)
    if terms.file.order == "verb-last":
        requests += _pairs(clauses, terms, images, verbs)
    else:
        requests += _pairs(clauses, terms, verbs, images)
        leads = {end for _, end in terms.leads.find(clauses.text)} if requests else set()
        requests = [span for span in requests if clauses.begins(span[0]) or clauses.word_end(span[0]) in leads]
    for span in requests:
        if not clauses.is_negated(span) and not excused.hold(span):
            yield span


def _texting(clauses: _Clauses, terms: TermList) -> Iterator[Span]:
    text = clauses.text
    verbs, numbers = terms.text_verbs.find(text), terms.emergency_numbers.find(text)
    if not verbs or not numbers:
        return
    calls, lines = _starts(terms.call_verbs.find(text)), _starts(terms.crisis_lines.find(text))
    excused = _Sentences(clauses, terms.text_unless)
    verb_at = set(_starts(verbs))
    order = terms.file.order
    pairs = [*_pairs(clauses, terms, verbs, numbers)] if order != "verb-last" else []
    pairs += _pairs(clauses, terms, numbers, verbs) if order != "verb-first" else []
    for span in pairs:
        if span[0] in verb_at:
            # "Text a crisis line or call the emergency number": the number is called.
            harmless = _any_between(calls, *span)
        elif order == "either":
            # "Call the emergency number, or text a crisis line": the line is texted.
            harmless = _any_between(lines, span[0], clauses.sentence(span[0])[1])
        else:
            call = _first_between(calls, *span)
            harmless = call is not None and _any_between(lines, call, span[1])
        if not harmless and not clauses.is_negated(span) and not excused.hold(span):
            yield span


class _Sentences:
    """The sentences that hold a phrase of a list."""

    def __init__(self, clauses: _Clauses, phrases: Phrases) -> None:
        self._clauses = clauses
        self._phrases = phrases

    @cached_property
    def _starts(self) -> list[int]:
        return _starts(self._phrases.find(self._clauses.text))

    def hold(self, span: Span) -> bool:
        """Return whether the sentence of the place is one of them."""
        return _any_between(self._starts, *self._clauses.heading_or_sentence(span[0])) if self._starts else False


def _pairs(clauses: _Clauses, terms: TermList, firsts: Sequence[Span], seconds: Sequence[Span]) -> Iterator[Span]:
    """Yield the place from each first phrase to the next second one where that is near, in the same sentence."""
    near = _NEAR if terms.file.spaced else _NEAR_UNSPACED
    starts = _starts(seconds)
    for start, end in firsts:
        index = bisect_left(starts, end)
        if index < len(seconds) and starts[index] <= min(end + near, clauses.sentence(start)[1]):
            yield start, seconds[index][1]


def _without_names(text: str) -> str:
    """Return the text, as long as before, with no words of a token's id in it; an emergency number keeps what it is."""
    return TOKEN.sub(
        lambda match: (EMERGENCY_NUMBER if _EMERGENCY_ID.search(match["name"]) else "x").ljust(len(match.group())), text
    )


def _without(text: str, ignored: Phrases) -> str:
    """Return the text with as many signs that match nothing in place of each phrase."""
    for start, end in ignored.find(text):
        text = f"{text[:start]}{'-' * (end - start)}{text[end:]}"
    return text


def _starts(spans: Iterable[Span]) -> list[int]:
    return [start for start, _ in spans]


def _first_between(offsets: Sequence[int], start: int, end: int) -> int | None:
    index = bisect_left(offsets, start)
    return offsets[index] if index < len(offsets) and offsets[index] < end else None


def _any_between(offsets: Sequence[int], start: int, end: int) -> bool:
    return bisect_left(offsets, start) < bisect_right(offsets, end - 1)
