"""Errors of file models as lines that name the place and say what is expected."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from annotated_types import Interval, MinLen
from pydantic import ValidationError

from core.file_models import Day, FileModel, OneOf, Slug, Text, fault_lines


class Channel(FileModel):
    type: Annotated[str, OneOf(["phone", "sms"])]
    free: bool | None = None


class Entry(FileModel):
    id: Annotated[str, Slug(10)]
    name: Annotated[str, Text(5)] = "x"
    age: Annotated[int, Interval(ge=0, le=120)] = 0
    day: Day = "2026-11-22"
    channels: Annotated[list[Channel], MinLen(1)] = [Channel(type="sms")]
    texts: dict[Annotated[str, OneOf(["en"])], Annotated[str, Text(5)]] = {}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"id": "GB x"}, "id: 'GB x' is not a slug of lower-case letters, digits and hyphens."),
        ({"id": "a" * 11}, "id: has 11 characters; the limit is 10."),
        ({"name": ""}, "name: must not be empty."),
        ({"name": " \t "}, "name: expected text, not blanks only."),
        ({"name": "a\0b"}, "name: contains NUL or an unpaired surrogate."),
        ({"name": None}, "name: cannot be null; expected text."),
        ({"name": ["x" * 100]}, f"name: cannot be ['{'x' * 58}…; expected text."),
        ({"name": {"a\n": "b"}}, r"name: cannot be {'a\n': 'b'}; expected text."),
        ({"age": True}, "age: cannot be true; expected a whole number."),
        ({"age": "7"}, "age: cannot be '7'; expected a whole number."),
        ({"age": 121}, "age: cannot be 121; expected at most 120."),
        ({"day": "2026-1-1"}, "day: expected a date such as 2026-11-22."),
        ({"channels": []}, "channels: must not be empty."),
        ({"channels": {}}, "channels: cannot be {}; expected a list."),
        ({"channels": [{"type": "sms"}, {"type": "fax"}]}, "channels.2.type: unknown value 'fax'; expected 'phone' or 'sms'."),
        ({"channels": [7]}, "channels.1: cannot be 7; expected a mapping of names to values."),
        ({"channels": [{"type": "sms", "free": 1}]}, "channels.1.free: cannot be 1; expected true or false."),
        ({"channels": [{}]}, "channels.1.type: this field is required."),
        ({"texts": {"xx": "a"}}, "texts.xx: unknown value 'xx'; expected 'en'."),
        ({"photo": "x"}, "photo: unknown field."),
    ],
)
def test_a_fault_names_its_place_and_what_is_expected(change: dict[str, Any], line: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Entry.model_validate({"id": "a"} | change)

    assert fault_lines(refused.value, "gb-line") == [f"gb-line: {line}"]


def test_every_fault_of_an_entry_is_listed() -> None:
    with pytest.raises(ValidationError) as refused:
        Entry.model_validate({"age": -1, "channels": [{"type": "fax"}]})

    assert [line.partition(":")[0] for line in fault_lines(refused.value)] == ["id", "age", "channels.1.type"]
