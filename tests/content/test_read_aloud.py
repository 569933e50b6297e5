"""Every number is read aloud in every locale, and heard as the same digits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from content.compiling.rendering import spoken
from content.linting.number_words import digit_words
from content.models import Channel
from tests.packs import Packs

FACTS = Path(__file__).resolve().parents[2] / "content" / "facts"
LOCALES = sorted(locale["code"] for locale in json.loads((FACTS / "locales.json").read_text()))


def _heard(text: str, words: tuple[str, ...]) -> str:
    """Return the digits and signs that a listener writes down; a word that is no digit's is an error."""
    signs = {word: str(digit) for digit, word in enumerate(words)} | {sign: sign for sign in "+*#"}
    left, heard = text, ""
    while left := left.lstrip(", "):
        # The longest word first: a word may begin with another.
        word = next(found for found in sorted(signs, key=len, reverse=True) if left.startswith(found))
        heard, left = heard + signs[word], left[len(word) :]
        if left:
            assert left[0] in ", ", f"{word} runs into the next word in {text!r}"
    return heard


def _dialled(dial: str) -> str:
    return "".join(sign for sign in dial if sign.isdigit() or sign in "+*#")


def _numbers() -> Iterator[str]:
    """Yield every number of the shipped facts as printed."""
    for numbers in json.loads((FACTS / "emergency_numbers.json").read_text())["numbers"].values():
        yield from numbers
    stack: list[object] = [json.loads((FACTS / "reporting_tools.json").read_text())]
    while stack:
        found = stack.pop()
        if isinstance(found, dict):
            if isinstance(dial := found.get("dial"), str):
                yield dial
            stack.extend(found.values())
        elif isinstance(found, list):
            stack.extend(found)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_number_of_the_facts_is_heard_as_it_is_dialled(locale: str) -> None:
    words = digit_words(locale)
    numbers = set(_numbers())

    assert words is not None
    assert len(set(words)) == 10
    assert len(numbers) > 150
    for dial in numbers:
        assert _heard(spoken(Channel(dial=dial), words) or "", words) == _dialled(dial), dial


@pytest.mark.django_db
def test_every_number_of_the_packs_is_heard_as_it_is_dialled(real_packs: Packs) -> None:
    heard = 0
    for (_, locale), pack in real_packs.items():
        words = digit_words(locale)
        assert words is not None
        for service in pack["services"]:
            for channel in service["channels"]:
                if channel["dial"]:
                    assert _heard(channel["spoken"] or "", words) == _dialled(channel["dial"]), (locale, channel["dial"])
                    heard += 1

    assert heard > 5_000
