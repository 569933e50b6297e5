"""The words for digits are data: ten for each locale, as CLDR spells them, and every number can be read back from them."""

import json
import subprocess
from pathlib import Path

import pytest

from content.linting.number_words import digit_words, disguised_numbers, spelled_numbers
from tests.content.importing.words import FACTS, LOCALES, VARIANTS

ROOT = Path(__file__).resolve().parents[3]
WITH_WORDS = ["en", *LOCALES, *VARIANTS]


@pytest.mark.parametrize("locale", WITH_WORDS)
def test_each_locale_has_ten_different_words_for_digits(locale: str) -> None:
    words = digit_words(locale)

    assert words is not None
    assert len(words) == len(set(words)) == 10


@pytest.mark.parametrize("locale", WITH_WORDS)
def test_each_word_for_a_digit_is_read_back_as_that_digit(locale: str) -> None:
    for value, word in enumerate(digit_words(locale) or ()):
        assert [number.value for number in spelled_numbers(word, locale)] == [value], word


@pytest.mark.parametrize("locale", WITH_WORDS)
def test_a_number_in_words_is_found(locale: str) -> None:
    words = digit_words(locale) or ()
    found = disguised_numbers(" ".join(words[int(digit)] for digit in "116111"), locale)

    assert "116111" in {number.digits for number in found}


def test_a_broader_locale_lends_its_words_but_not_across_scripts() -> None:
    assert digit_words("es-MX") == digit_words("es")
    assert digit_words("pa-Arab") is None


def test_the_words_say_where_they_come_from() -> None:
    entries = json.loads((FACTS / "number_words.json").read_text(encoding="utf-8"))

    drafts = {locale for locale, entry in entries.items() if entry["source"] == "drafts"}

    assert drafts == {"bn", "gu", "mi", "ml", "mr", "si", "ur"}
    assert all(entry["source"].startswith("CLDR") for entry in entries.values() if entry["source"] != "drafts")


@pytest.mark.services
def test_the_words_are_those_of_cldr() -> None:
    checked = subprocess.run(
        ["/usr/bin/python3", ROOT / "tools" / "facts" / "number_words.py", "--check"], capture_output=True, text=True, check=False
    )

    assert checked.returncode == 0, checked.stderr
