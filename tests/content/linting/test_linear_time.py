"""The gate takes no longer than its texts are long, whatever they hold."""

import pytest

from content.linting import kept_faults
from content.linting.comparison import target_differences
from content.linting.text import MAX_LENGTH, normalize_text, text_faults
from tests.processor_time import least_seconds

#: Beginnings that a pattern could match in many ways before it fails.
ADVERSARIES = {
    "dots": "a.", "labels": "ab.", "at signs": "a @ ", "brackets": "[.", "spaces": " ", "scheme": "a+", "entities": "&a",
    "digits": "1 ", "dashes": "1-", "letters for digits": "O1O ", "Romans": "I V ", "ideographs": "一 ", "words": "one ",
    "joiners": "क्\u200d", "marks": "\u0301", "tatweel": "ـ", "links": "[x", "list markers": "1. ", "spelled dots": "a dot ",
    "hosts": "aa-aa-", "quotes": "“”", "question marks": "?", "newlines": "\n",
}  # fmt: skip
#: Seconds of CPU for one text of the greatest length; a pattern with backtracking takes minutes.
LIMIT = 0.5


def check(text: str) -> float:
    """Return the processor time in seconds for the checks of a text."""
    text = normalize_text(text)

    def once() -> None:
        # A kept verdict would take no time.
        kept_faults.forget_faults()
        text_faults(text, locale="fr", allowed_numbers=(), allowed_hosts=(), known_services=())
        if len(text) <= MAX_LENGTH:
            target_differences("Wait.", text, source_locale="en", locale="fr", allowed_numbers=())

    return least_seconds(once)


@pytest.mark.parametrize("part", ADVERSARIES.values(), ids=ADVERSARIES.keys())
def test_the_longest_text_is_checked_at_once(part: str) -> None:
    assert check((part * MAX_LENGTH)[: MAX_LENGTH - 1] + "!") < LIMIT


def test_a_text_of_256_kilobytes_is_refused_for_its_length_alone() -> None:
    text = "a.b@ 1" * 44_000

    [fault] = text_faults(text, locale="en", allowed_numbers=(), allowed_hosts=(), known_services=())

    assert fault.code == "too-long"
    assert check(text) < 0.2
