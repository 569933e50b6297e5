"""The strict JSON parser: what it accepts, what it refuses, and how fast."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import UnsupportedMediaType

from api.http import parsers
from core.canonical import canonical_json
from tests.processor_time import least_seconds

_plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="ascii", min_codepoint=32)), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), _plain))
def test_plain_json_is_parsed_unchanged(value: dict[str, Any]) -> None:
    assert parsers.loads(canonical_json(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_raise_unreadable(body: bytes) -> None:
    try:
        value = parsers.loads(body)
    except parsers.Unreadable:
        return
    assert isinstance(value, dict)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b'{"a": 1} {}',
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"1" * 5000 + b"}",
        b'{"a": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"a": "\\u0000"}',
        b'{"a": "\x00"}',
        b'{"a": "\xff"}',
        b'{"a": "\xed\xa0\x80"}',
        "\ufeff{}".encode(),
        '{"a": 1}'.encode("utf-16"),
        b"{'a': 1}",
        b'{"a": 1,}',
    ],
)
def test_ambiguous_or_unstorable_json_is_refused(body: bytes) -> None:
    with pytest.raises(parsers.Unreadable):
        parsers.loads(body)


def test_a_surrogate_pair_is_one_character() -> None:
    assert parsers.loads(b'{"a": "\\ud83d\\ude00"}') == {"a": "😀"}


def test_brackets_inside_a_string_do_not_count_as_depth() -> None:
    assert parsers.loads(b'{"a": "[[[[[[[[[[[[[[[[[[[[[[[[\\"{{{{"}')["a"].startswith("[[[")


def test_sixteen_levels_are_parsed_and_seventeen_refused() -> None:
    sixteen = b'{"a":' + b"[" * 15 + b"]" * 15 + b"}"
    seventeen = b'{"a":' + b"[" * 16 + b"]" * 16 + b"}"

    assert parsers.loads(sixteen)
    with pytest.raises(parsers.Unreadable):
        parsers.loads(seventeen)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"a":' * 12_000,
        b'"' * 65_000,
        b'"\\' * 32_000,
        b'{"a": "' + b'\\"' * 30_000,
        b'{"a": "' + b"\\" * 60_000,
        b'{"a": ' + b"1" * 60_000,
        b'{"a": -' + b"9" * 60_000 + b"}",
    ],
)
def test_hostile_bodies_are_refused_within_100_ms(body: bytes) -> None:
    def refuse() -> None:
        with pytest.raises(parsers.Unreadable):
            parsers.loads(body)

    assert least_seconds(refuse) < 0.1


class _Counting(io.BytesIO):
    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert size > 0, "a body is read in chunks"
        chunk = super().read(size)
        self.taken += len(chunk)
        return chunk


def test_reading_an_endless_body_stops_after_64_kib() -> None:
    stream = _Counting(b" " * 10_000_000)

    with pytest.raises(parsers.TooLarge):
        parsers.read(stream, announced=None)

    assert stream.taken <= 96 * 1024


def test_a_body_that_announces_too_much_is_not_read() -> None:
    stream = _Counting(b" " * 70_000)

    with pytest.raises(parsers.TooLarge):
        parsers.read(stream, announced="70000")

    assert stream.taken == 0


def test_exactly_64_kib_are_read() -> None:
    assert len(parsers.read(io.BytesIO(b" " * 65_536), announced="65536")) == 65_536


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/json; charset=utf-8", 'application/json;charset="UTF-8"']
)
def test_json_in_utf_8_is_accepted(media_type: str) -> None:
    parsers.check_media_type(media_type)


@pytest.mark.parametrize(
    "media_type", ["application/json; charset=utf-16", "application/json; charset=latin1", "application/json; v=2"]
)
def test_other_parameters_of_the_media_type_are_refused(media_type: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        parsers.check_media_type(media_type)
