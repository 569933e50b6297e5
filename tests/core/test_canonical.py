"""Canonical JSON that is put together from parts has the bytes of the whole."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from core.canonical import canonical_json, canonical_object

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.dictionaries(st.text(), st.lists(VALUES, max_size=3), max_size=3))
def test_an_object_has_the_same_bytes_in_one_piece_and_in_parts(values: dict[str, Any], lists: dict[str, list[Any]]) -> None:
    encoded = {name: map(canonical_json, elements) for name, elements in lists.items()}

    assert canonical_object(values, encoded) == canonical_json(values | lists)
