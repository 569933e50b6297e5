"""Strict serializer fields: closed values only, no coercion, and unknown fields are refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers
from rest_framework.fields import empty

from core.instants import rfc3339

#: Characters of an unknown field's name that are repeated in the error.
_MAX_NAME_LENGTH = 60

COUNTRY = r"[A-Za-z]{2}"
REGION = r"[A-Z]{2}-[A-Z0-9]{1,3}"
TAG = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,7}"
SLUG = r"[a-z0-9]+(-[a-z0-9]+)*"
#: The id of an alert, in the one form that it has in responses.
NUMBER = r"[1-9][0-9]{0,17}"


class PatternText(serializers.Field[str, Any, str, Any]):
    """A string of bounded length that matches the whole pattern; neither trimmed nor converted."""

    default_error_messages = {
        "not_text": "Must be a string.",
        "too_long": "Must have at most {max_length} characters.",
        "pattern": "Must match the pattern in the schema: {pattern}",
    }

    def __init__(self, pattern: str, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern = re.compile(pattern)
        self.max_length = max_length

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        if len(data) > self.max_length:
            self.fail("too_long", max_length=self.max_length)
        if self.pattern.fullmatch(data) is None:
            self.fail("pattern", pattern=self.pattern.pattern)
        return data

    def to_representation(self, value: str) -> str:
        return value


class Choice(serializers.ChoiceField):
    """One of a closed list of strings."""

    default_error_messages = {"invalid_choice": "Must be one of: {values}."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or data not in self.choices:
            self.fail("invalid_choice", values=", ".join(map(str, self.choices)))
        return super().to_internal_value(data)


class QueryFlag(Choice):
    """`true` or `false` in a query string; the schema calls it a boolean, which clients write so."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=["true", "false"], **kwargs)


class WholeNumber(serializers.IntegerField):
    """A whole JSON number; neither a string of digits nor a boolean."""

    default_error_messages = {
        "invalid": "Must be a whole number.",
        "max_value": "Must be at most {max_value}.",
        "min_value": "Must be at least {min_value}.",
    }

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float) and data.is_integer():
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Flag(serializers.BooleanField):
    """The JSON value true or false."""

    default_error_messages = {"invalid": "Must be true or false."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Instant(serializers.Field[datetime, Any, str, Any]):
    """An RFC 3339 time with its offset, between 1970 and 2100."""

    _FORM = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")
    default_error_messages = {"invalid": "Must be an RFC 3339 time such as 2026-12-01T06:00:00Z, between 1970 and 2100."}

    def to_internal_value(self, data: Any) -> datetime:
        if not isinstance(data, str) or self._FORM.fullmatch(data) is None:
            self.fail("invalid")
        try:
            value = parse_datetime(data.upper())
        except ValueError:
            value = None
        if value is None or not 1970 < value.year < 2100:
            self.fail("invalid")
        return value

    def to_representation(self, value: datetime) -> str:
        return rfc3339(value)


class BoundedList(serializers.ListField):
    """A JSON array of bounded length."""

    default_error_messages = {
        "not_a_list": "Must be an array.",
        "max_length": "Must have at most {max_length} items.",
    }

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        return super().to_internal_value(data)


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses unknown fields by name."""

    def run_validation(self, data: Any = empty) -> Any:
        unknown = _unknown(data, self.fields) if isinstance(data, Mapping) else {}
        try:
            value = super().run_validation(data)
        except serializers.ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise serializers.ValidationError({**unknown, **error.detail}) from None
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return value


def _unknown(names: Iterable[Any], known: Mapping[str, Any]) -> dict[str, list[str]]:
    return {str(name)[:_MAX_NAME_LENGTH]: ["Unknown field. Remove it."] for name in names if name not in known}


class PatternTextSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Describe a PatternText with its pattern and length in the OpenAPI schema."""

    target_class = "api.http.fields.PatternText"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.target.pattern.pattern}$", "maxLength": self.target.max_length}


class InstantSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Describe an Instant as a date-time in the OpenAPI schema."""

    target_class = "api.http.fields.Instant"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "string", "format": "date-time", "maxLength": 32}


class QueryFlagSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Describe a QueryFlag as a boolean in the OpenAPI schema."""

    target_class = "api.http.fields.QueryFlag"

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return {"type": "boolean"}
