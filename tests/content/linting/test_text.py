"""A text cannot contain numbers, addresses, images or direction controls."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.linting.fault import Strength
from content.linting.numbers import number_runs
from content.linting.text import MAX_LENGTH, TextRefused, normalize_text, raise_if_invalid, text_faults
from content.linting.tokens import differing_tokens, tokens

#: The zeros of the scripts in which readers write digits, and of others; ASCII and full-width are among them.
ZEROS = "0٠۰०০૦൦๐０𝟎"
#: What may be between the digits of a number as people write it.
SEPARATORS = [
    "", " ", "\u00a0", "\u202f", "-", "–", "\u2011", ".", "/", "(", ")", ") ", " - ", "·",
    "\u200b", "\u200d", "\u2066", "\u00ad", "**", "_", "`", "\ufe0f", "\u20e3",
]  # fmt: skip


def codes(text: str, *, numbers: tuple[str, ...] = (), locale: str = "en", services: tuple[str, ...] = ()) -> set[str]:
    faults = text_faults(text, locale=locale, allowed_numbers=numbers, allowed_hosts=(), known_services=services)
    return {fault.code for fault in faults if fault.refuses}


@given(
    # Two digits with a dash between them may be a range.
    number=st.text("0123456789", min_size=3, max_size=12),
    zero=st.sampled_from(ZEROS),
    separator=st.sampled_from(SEPARATORS),
)
def test_a_number_in_any_script_with_any_separator_is_found(number: str, zero: str, separator: str) -> None:
    written = separator.join(chr(ord(zero) + int(digit)) for digit in number)

    assert list(number_runs(f"Ring {written} now")) == [number]


@pytest.mark.parametrize("written", ["٠٨٠٠ ١١١١", "०८०० ११११", "(08) 00-11.11", "0 8 0 0 1 1 1 1", "+44 800 1111", "¹¹⁶", "⑪⑥"])
def test_a_number_is_refused(written: str) -> None:
    assert codes(f"Call {written} today.") == {"number"}


@pytest.mark.parametrize(
    "text",
    [
        "For anyone under 18.",
        "Within 48 hours or at 18",
        "1. First this.\n2. Then that.",
        "Take 2 minutes and 1 breath.",
    ],
)
def test_allowed_numbers_and_list_markers_are_accepted(text: str) -> None:
    assert codes(text, numbers=("18", "48")) == set()


def test_two_allowed_numbers_in_a_row_are_another_number() -> None:
    assert codes("Call 18 48", numbers=("18", "48")) == {"number"}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("See https://example.org for more", "address"),
        ("See HTTPS://EXAMPLE.ORG", "address"),
        ("Go to www.example", "address"),
        ("Go to example.org", "address"),
        ("Write to help@example.org", "address"),
        ("tel:+448001111", "address"),
        ("[call](tel:x)", "link"),
        ("[call][ref]", "link"),
        ("![a picture](x)", "image"),
        ("<b>bold</b>", "html"),
        ("<!-- x -->", "html"),
        ("&#48;&#56;", "html"),
        ("&lt;img&gt;", "html"),
        ("a\u202eb", "direction"),
        ("a\u2066b\u2069", "direction"),
        ("a\u200bb", "invisible"),
        ("a\U000e0041b", "invisible"),
        ("a\x00b", "control"),
        ("a\tb", "control"),
        ("e\u0301", "not-nfc"),
        ("{service:gb-nobody}", "token-unknown"),
        ("{nothing:age}", "token-unknown"),
        ("{price:low}", "token-unknown"),
        ("{service:}", "token-malformed"),
        ("Open { here", "token-malformed"),
        ("child pornography", "forbidden-term"),
        ("She put herself at risk", "blame"),
        ("", "empty"),
        ("a" * (MAX_LENGTH + 1), "too-long"),
    ],
)
def test_a_text_with_anything_but_words_is_refused(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "It is not your fault, e.g. when somebody lied to you.",
        "Das gilt z.B. auch nachts.",
        "Ask {service:gb-line}, or **breathe** first.",
        "It is 'sexting' that schools should not say",
        "Really!",
    ],
)
def test_plain_words_are_accepted(text: str) -> None:
    assert codes(normalize_text(text), services=("gb-line",)) == set()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Wait a\u200bbit", "\u200b"),
        ("Ask {service:gb-line} or {service:gb-nobody}.", "{service:gb-nobody}"),
        ("Ask {service:gb-line} } now", "}"),
        ("Ask {service:gb-line} about child pornography.", "child pornography"),
    ],
)
def test_a_fault_names_its_place(text: str, place: str) -> None:
    [fault] = text_faults(text, locale="en", allowed_numbers=(), allowed_hosts=(), known_services=("gb-line",))

    assert fault.refuses
    assert text[fault.start : fault.end] == place


def test_warnings_are_returned_and_do_not_refuse() -> None:
    faults = text_faults("Stop!", locale="en", allowed_numbers=(), allowed_hosts=(), known_services=())

    assert raise_if_invalid(faults) == faults
    assert [fault.strength for fault in faults] == [Strength.WARN]


def test_a_refusal_says_where_each_fault_is() -> None:
    faults = text_faults("a\u200bb!", locale="en", allowed_numbers=(), allowed_hosts=(), known_services=())

    with pytest.raises(TextRefused) as refused:
        raise_if_invalid(faults)

    assert [(fault["code"], fault["start"], fault["end"]) for fault in refused.value.extra["faults"]] == [("invisible", 1, 2)]


@pytest.mark.parametrize(("locale", "text"), [("ar", "١٨ سنة"), ("ur", "زبان\u200cیں و \u200fاردو"), ("bn", "ক্‍ষ"), ("hi", "क्‌ष")])
def test_digits_joiners_and_marks_of_a_script_are_accepted(locale: str, text: str) -> None:
    assert codes(text, numbers=("18",), locale=locale) == set()


def test_a_letter_with_more_marks_than_any_language_writes_is_refused() -> None:
    assert codes("Stop a" + "\u0337" * 8 + " now") == set()
    assert codes("Stop a" + "\u0337" * 9 + " now") == {"marks"}


@pytest.mark.parametrize(
    "text",
    [
        "See evil。com now",
        "See evil․org now",
        "Ring O8OO IIII now",
        "Ring nine nine nine now",
        "Ring 〇八〇〇一一一一 now",
        "Ѕtop and talk",
    ],
)
def test_a_disguised_number_address_or_letter_is_refused(text: str) -> None:
    assert codes(text)


def test_a_word_to_avoid_is_reported_with_a_better_one() -> None:
    [fault] = text_faults("revenge porn", locale="en", allowed_numbers=(), allowed_hosts=(), known_services=())

    assert "sharing of intimate images without consent" in fault.detail


def test_digits_in_the_name_of_a_token_are_not_a_number() -> None:
    assert codes("Ask {service:es-incibe-017} 1 time", services=("es-incibe-017",)) == set()


def test_a_host_is_accepted_only_if_the_unit_allows_it() -> None:
    faults = text_faults(
        "jugendschutz.net", locale="en", allowed_numbers=(), allowed_hosts=("jugendschutz.net",), known_services=()
    )

    assert faults == []


def test_a_target_with_missing_added_or_repeated_tokens_is_refused() -> None:
    source = "Ask {service:a} or {service:b}."

    assert differing_tokens(source, "{service:b} a {service:a}") == []
    assert [fault.code for fault in differing_tokens(source, "{service:a} {service:a} {service:c}")] == [
        "token-added",
        "token-added",
        "token-missing",
    ]


def test_tokens_are_returned_in_order_with_repeats() -> None:
    assert [str(token) for token in tokens("{service:b} {service:a} {service:b}")] == [
        "{service:b}",
        "{service:a}",
        "{service:b}",
    ]
