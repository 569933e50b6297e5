"""What the sentence around an allowed number says of it.

Ages and short codes are the same numbers: 18 is an age, and the fire service of France. So an allowed number is never beside a
word for calling or writing to somebody, in any language, and in English it is beside words of its own kind.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache

from babel import Locale as BabelLocale
from babel import UnknownLocaleError
from babel.units import format_unit

from content.linting.allowed_numbers import AllowedNumbers
from content.linting.fault import Fault, Strength
from content.linting.folding import END, PAUSE, FoldedText, fold
from content.linting.letters import UNSPACED, WORD, scripts_of
from content.linting.numbers import Number
from content.linting.term_list import term_list
from content.terms import NumberKind

#: "Appelle le 18", "18 पर कॉल": letters, without marks, of the word that may be between a number and the word for calling.
_BETWEEN = 4
_DURATIONS = ("minute", "hour", "day", "week", "month", "year")
#: Letters that the forms of a word for a duration have in common.
_STEM = 3

_AGE_BEFORE = (
    r"\b(?:under|over|above|below|aged?|ages|age of|turn(?:s|ed|ing)?|(?:younger|older) than|at least|not yet|until|up to"
    r"|am|are|is|be|was|were|(?:from|aged?|ages) \d{1,2} to|(?:aged?|ages|from)? ?\d{1,2} ?[–-])[\s-]*$"
)
_AGE_AFTER = r"^(?:s\b|th\b| ?[–-] ?\d{1,2}\b|(?: or| and) (?:over|older|under|younger|above|below)\b|[\s-]years?\b| to \d)"
_DURATION_BEFORE = r"\b(?:within|after|every|last|next|first|another)\s+(?:\d{1,3} (?:or|to) )?$"
_ANY_WORD_AFTER = r"^\s+[^\W\d_]"
#: Kind → what is before a number or after it, in English.
_EVIDENCE: Mapping[NumberKind, tuple[str, str]] = {
    NumberKind.AGE: (_AGE_BEFORE, _AGE_AFTER),
    NumberKind.MINUTES: (_DURATION_BEFORE, r"^(?:[\s-]minutes?\b|(?: ?[–-] ?| or | to )\d+ minutes?\b)"),
    NumberKind.HOURS: (_DURATION_BEFORE, r"^(?:[\s-]hours?\b|(?: ?[–-] ?| or | to )\d+ hours?\b)"),
    NumberKind.DAYS: (_DURATION_BEFORE, r"^(?:[\s-]days?\b|(?: ?[–-] ?| or | to )\d+ days?\b)"),
    NumberKind.WEEKS: (_DURATION_BEFORE, r"^(?:[\s-]weeks?\b|(?: ?[–-] ?| or | to )\d+ weeks?\b)"),
    NumberKind.MONTHS: (_DURATION_BEFORE, r"^(?:[\s-]months?\b|(?: ?[–-] ?| or | to )\d+ months?\b)"),
    # Four digits from 1900 to 2100 need no words.
    NumberKind.YEAR: (r"$", r"^"),
    NumberKind.COUNT: (r"(?!)", _ANY_WORD_AFTER),
    NumberKind.MONEY: (r"[$£€¥₹₩₱]\s?$", r"^\s?(?:[€₫zł]|[A-Za-z]{3,8}\b)"),
    NumberKind.PERCENT: (r"(?!)", r"^(?:\s?%|\s+per ?cent\b|\s+percent\b)"),
}
_PATTERNS = {
    kind: (re.compile(before, re.IGNORECASE), re.compile(after, re.IGNORECASE)) for kind, (before, after) in _EVIDENCE.items()
}
#: Kinds in the order in which a number is recognized: what can be anything is last.
_RECOGNIZED = (
    NumberKind.MINUTES,
    NumberKind.HOURS,
    NumberKind.DAYS,
    NumberKind.WEEKS,
    NumberKind.MONTHS,
    NumberKind.PERCENT,
)
#: "Up to 20 languages" is a count, "up to 18" an age.
_PLURAL = re.compile(r"^ (?!years)[a-z]{3,}s\b")
_WINDOW = 40
_BESIDE_A_CALL = (
    "The number {} is beside a word for calling or writing to somebody. Move the two apart, or name the service by a token."
)
_NOT_SHOWN = (
    "The words beside {} do not show that it is of the kind {}, as “under 18” and “48 hours” do. Write it so, or choose its kind."
)


def dialled_number_faults(text: str, numbers: Sequence[Number], locale: str) -> list[Fault]:
    """Return a fault for each number of two or more digits beside a word for calling or writing to somebody.

    `numbers` are those of the text. A number followed by its unit of time is none that is dialled: "call 24 hours a day".
    """
    terms = term_list(locale)
    longer = [number for number in numbers if len(number.digits) > 1]
    if terms is None or not longer:
        return []
    folded = FoldedText(text)
    verbs = [folded.place(*span) for phrases in (terms.call_verbs, terms.text_verbs) for span in phrases.find(folded.text)]
    return [
        Fault("number-dialled", _BESIDE_A_CALL.format(number.digits), Strength.REFUSE, number.start, number.end)
        for number in longer
        if any(_beside(text, number, verb, locale) for verb in verbs) and not _is_duration(text, number, locale)
    ]


def kind_faults(text: str, numbers: Sequence[Number], allowed: AllowedNumbers, locale: str) -> list[Fault]:
    """Return a fault for each allowed number of an English text that the words beside it do not show to be of its kind."""
    if not _is_english(locale):
        return []
    return [
        Fault("number-kind", _NOT_SHOWN.format(number.digits, kind.value), Strength.REFUSE, number.start, number.end)
        for number in numbers
        if (kind := allowed.get(number.digits)) is not None and len(number.digits) > 1 and not _shows(text, number, kind)
    ]


def recognized_kinds(text: str, numbers: Sequence[Number]) -> dict[str, NumberKind]:
    """Return the kinds of the numbers of an English text from a file that names none, as the words beside them show."""
    found: dict[str, NumberKind] = {}
    for number in numbers:
        if len(number.digits) < 2 or number.digits in found:
            continue
        kinds = [kind for kind in _RECOGNIZED if _PATTERNS[kind][1].search(text[number.end : number.end + _WINDOW])]
        if len(number.digits) == 4 and number.digits[:2] in ("19", "20"):
            kinds.append(NumberKind.YEAR)
        if _PLURAL.search(text[number.end : number.end + _WINDOW]):
            kinds.append(NumberKind.COUNT)
        if _shows(text, number, NumberKind.AGE):
            kinds.append(NumberKind.AGE)
        found[number.digits] = kinds[0] if kinds else NumberKind.COUNT
    return found


def _shows(text: str, number: Number, kind: NumberKind) -> bool:
    before, after = _PATTERNS[kind]
    return bool(
        before.search(text[max(0, number.start - _WINDOW) : number.start])
        or after.search(text[number.end : number.end + _WINDOW])
    )


def _is_english(locale: str) -> bool:
    return locale.partition("-")[0] == "en"


def _beside(text: str, number: Number, verb: tuple[int, int], locale: str) -> bool:
    start, end = verb
    if end <= number.start:
        gap = text[end : number.start]
    elif number.end <= start:
        gap = text[number.end : start]
    else:
        return False
    folded = fold(gap)
    if len(gap) > _WINDOW or END in folded or PAUSE in folded:
        return False
    letters = sum(character.isalpha() for character in gap)
    return letters <= _BETWEEN and (scripts_of(locale) <= UNSPACED or len(WORD.findall(gap)) <= 1)


def _is_duration(text: str, number: Number, locale: str) -> bool:
    after = fold(text[number.end : number.end + _WINDOW]).lstrip()
    return any(after.startswith(stem) for stem in _duration_stems(locale))


@cache
def _duration_stems(locale: str) -> Collection[str]:
    """Return the first letters of the words for minutes, hours and so on, as CLDR has them."""
    return frozenset(_stems(locale)) | (frozenset() if _is_english(locale) else frozenset(_stems("en")))


def _stems(locale: str) -> Iterator[str]:
    for name in _DURATIONS:
        for count in (1, 2, 5):
            try:
                words = format_unit(count, f"duration-{name}", locale=BabelLocale.parse(locale, sep="-"))
            except (UnknownLocaleError, ValueError):
                return
            if letters := "".join(character for character in fold(words) if not character.isdigit()).strip():
                yield letters[:_STEM]
