"""What differs between a target and its source: tokens, numbers, language, and whatever a second look should go to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from functools import lru_cache

from content.linting.copies import copy_faults
from content.linting.fault import Fault, Strength
from content.linting.number_words import spelled_numbers
from content.linting.numbers import numbers_in
from content.linting.quality import quality_faults
from content.linting.tokens import differing_tokens, without_tokens

#: Spelled numbers from here on have no other meaning; "one", "once" and "second" are words of every text.
_CERTAIN = 11


def target_differences(
    source: str,
    target: str,
    *,
    source_locale: str,
    locale: str,
    allowed_numbers: Collection[str],
    stays_as_is: bool = False,
) -> list[Fault]:
    """Return what is wrong with a target beside its source; both are normalized texts.

    `stays_as_is`: the source is a name or a brand, which the target may repeat.
    """
    source_words, target_words = without_tokens(source), without_tokens(target)
    return [
        *differing_tokens(source, target),
        *_differing_numbers(source_words, target_words, source_locale, locale, allowed_numbers),
        *copy_faults(source_words, target_words, locale, stays_as_is=stays_as_is),
        *quality_faults(source_words, target_words, locale),
    ]


@lru_cache(maxsize=8192)
def _source_numbers(source: str, locale: str, allowed: frozenset[str]) -> tuple[Counter[str], Counter[str]]:
    """Return how often a source has each number in digits, and in words; it is compared with a translation in each locale."""
    return (
        Counter(number.digits for number in numbers_in(source, allowed=allowed)),
        Counter(str(number.value) for number in spelled_numbers(source, locale)),
    )


def _differing_numbers(source: str, target: str, source_locale: str, locale: str, allowed: Collection[str]) -> list[Fault]:
    """Compare the numbers by value, each as often as it is there; a number in words counts as the number."""
    wanted, source_spelled = _source_numbers(source, source_locale, frozenset(allowed))
    found = numbers_in(target, allowed=allowed)
    spelled = spelled_numbers(target, locale)
    target_spelled = Counter(str(number.value) for number in spelled)
    faults = []
    known = wanted + source_spelled
    for number in found:
        if known[number.digits] > 0:
            known[number.digits] -= 1
            continue
        detail = f"The number {number.digits} is not in the source, or not as often."
        faults.append(Fault("number-added", detail, Strength.REFUSE, number.start, number.end))
    for word in spelled:
        if word.value < _CERTAIN:
            continue
        if known[str(word.value)] > 0:
            known[str(word.value)] -= 1
            continue
        detail = f"{target[word.start : word.end]!r} is the number {word.value}, which is not in the source, or not as often."
        faults.append(Fault("number-added", detail, Strength.REFUSE, word.start, word.end))
    everywhere = target_spelled.keys() | {number.digits for number in found}
    faults += [
        # Only a warning: languages inflect the words of numbers in more ways than the data lists.
        Fault("number-word-missing", f"The source has the number {digits} in words; this text does not seem to.", Strength.WARN)
        for digits in sorted(source_spelled.keys() - everywhere)
        if int(digits) >= _CERTAIN
    ]
    missing = wanted - Counter(number.digits for number in found) - target_spelled
    faults += [Fault("number-missing", f"The number {digits} is in the source but missing here.") for digits in sorted(missing)]
    return faults
