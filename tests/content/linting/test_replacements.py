"""Words that are found and replaced in a text."""

from __future__ import annotations

import pytest

from content.linting.replacements import MAX_WORDS, checked_words, replaced
from core.errors import Invalid


@pytest.mark.parametrize(
    ("text", "find", "put", "result"),
    [
        ("Call a friend. A friend calls.", "friend", "mate", "Call a mate. A mate calls."),
        # Not inside a longer word, in scripts with spaces.
        ("friendly friend", "friend", "mate", "friendly mate"),
        ("unfriend", "friend", "mate", "unfriend"),
        ("والنص نص", "نص", "كلام", "والنص كلام"),
        # A letter with its mark stays whole.
        ("कि क", "क", "ख", "कि ख"),
        ("بَب ب", "ب", "ت", "بَب ت"),
        # A script without spaces has no borders of words.
        ("友達に話す", "友達", "仲間", "仲間に話す"),
        ("บอกเพื่อนของคุณ", "เพื่อน", "มิตร", "บอกมิตรของคุณ"),
        # Tokens stay as they are.
        ("service {service:gb-line} service", "service", "line", "line {service:gb-line} line"),
        ("gb {service:gb-line}", "gb", "uk", "uk {service:gb-line}"),
        # Nothing to find, nothing in place, a border that is no letter.
        ("Call now", "friend", "mate", "Call now"),
        ("Call now!", "now!", "", "Call "),
        ("l'adulte", "adulte", "ami", "l'ami"),
        ("aaaa", "aa", "b", "aaaa"),
    ],
)
def test_whole_words_are_replaced(text: str, find: str, put: str, result: str) -> None:
    assert replaced(text, find, put, whole_words=True) == result


@pytest.mark.parametrize(
    ("text", "find", "result"),
    [("unfriendly", "friend", "unMly"), ("aaaa", "aa", "MM"), ("والنص", "نص", "والM"), ("कि", "क", "कि")],
)
def test_parts_of_words_are_replaced_on_request(text: str, find: str, result: str) -> None:
    assert replaced(text, find, "M", whole_words=False) == result


@pytest.mark.parametrize(
    ("find", "put"),
    [("", "a"), ("  ", "a"), ("{service:gb-line}", "a"), ("a", "b}"), ("a", "a"), ("a" * (MAX_WORDS + 1), "b")],
)
def test_words_that_cannot_be_replaced_are_refused(find: str, put: str) -> None:
    with pytest.raises(Invalid):
        checked_words(find, put)


def test_words_are_found_in_the_form_in_which_texts_are_stored() -> None:
    find, put = checked_words("e\u0301te\u0301", " hiver ")

    assert replaced("un été", find, put, whole_words=True) == "un hiver"
