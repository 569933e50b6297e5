"""Pydantic models for the files that people write; their errors become places and plain sentences."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from annotated_types import GroupedMetadata, MaxLen, MinLen
from pydantic import AfterValidator, BaseModel, ConfigDict, GetCoreSchemaHandler, ValidationError, WithJsonSchema
from pydantic_core import CoreSchema, ErrorDetails, core_schema

#: NUL and unpaired surrogates: PostgreSQL stores neither.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
#: Characters of a refused value that an error message repeats.
_QUOTED = 60
_SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class FileModel(BaseModel):
    """A part of a file: no value is converted, and no unknown field is accepted."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True)


@dataclass(frozen=True)
class Text(GroupedMetadata):
    """Text of 1 to `limit` characters that is not blank and that PostgreSQL can store."""

    limit: int

    def __iter__(self) -> Iterator[object]:
        yield MinLen(1)
        yield MaxLen(self.limit)
        yield AfterValidator(_not_blank)
        yield AfterValidator(storable)


@dataclass(frozen=True)
class Slug(Text):
    """A slug of lower-case letters, digits and single hyphens."""

    def __iter__(self) -> Iterator[object]:
        yield from super().__iter__()
        yield AfterValidator(_slug)
        yield WithJsonSchema({"type": "string", "pattern": _SLUG, "maxLength": self.limit})


class OneOf:
    """One of a closed list of words."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = list(words)

    def __get_pydantic_core_schema__(self, _source: object, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(self.words)


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("expected text, not blanks only")
    return value


def storable(value: str) -> str:
    """Return the text; raise ValueError if PostgreSQL cannot store it."""
    if _UNSTORABLE.search(value):
        raise ValueError("contains NUL or an unpaired surrogate")
    return value


def _slug(value: str) -> str:
    if not re.fullmatch(_SLUG, value):
        raise ValueError(f"{value!r} is not a slug of lower-case letters, digits and hyphens")
    return value


def _day(value: str) -> str:
    try:
        if date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass
    raise ValueError("expected a date such as 2026-11-22")


Day = Annotated[str, AfterValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


def faults(error: ValidationError) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the place (keys, and list positions from 0) and a sentence for each fault, in the order of the model's fields."""
    for detail in error.errors(include_url=False):
        yield tuple(part for part in detail["loc"] if part != "[key]"), _sentence(detail)


def fault_lines(error: ValidationError, name: str = "") -> list[str]:
    """Return a line for each fault: the name of the file or entry, the place with list items counted from 1, and the sentence.

    For example: `gb-childline: channels.2.type: unknown value 'fax'; expected 'phone' or 'sms'.`
    """
    lines = []
    for place, sentence in faults(error):
        dotted = ".".join(str(part + 1) if isinstance(part, int) else part for part in place)
        lines.append(": ".join(filter(None, (name, dotted, sentence))))
    return lines


def _sentence(error: ErrorDetails) -> str:
    value, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "this field is required."
        case "extra_forbidden":
            return "unknown field."
        case "literal_error":
            return f"unknown value {quoted(value)}; expected {context['expected']}."
        case "too_short" | "string_too_short":
            return "must not be empty."
        case "string_too_long":
            return f"has {len(value)} characters; the limit is {context['max_length']}."
        case "value_error":
            return f"{context['error']}."
        case kind:
            return f"cannot be {quoted(value)}; expected {_expected(kind, context)}."


def quoted(value: object) -> str:
    """Return a value for an error message: on one line, and cut off if it is long."""
    text = json.dumps(value) if isinstance(value, bool | None) else repr(value)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


def _expected(kind: str, context: Mapping[str, Any]) -> str:
    match kind:
        case "string_type" | "string_unicode":
            return "text"
        case "int_type" | "int_from_float":
            return "a whole number"
        case "greater_than_equal":
            return f"at least {context['ge']}"
        case "less_than_equal":
            return f"at most {context['le']}"
        case "bool_type":
            return "true or false"
        case "list_type":
            return "a list"
        case "string_pattern_mismatch":
            return f"text of the form {context['pattern']}"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "a mapping of names to values"
        case _:
            return kind.replace("_", " ")
