"""Validators for protocol-buffer JSON: one function per type, which raises InvalidField with the reason and the path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson

Validator = Callable[[Any], None]

_DURATION = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?s")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_INT32 = 2**31


class InvalidField(Exception):
    """A value is not of its type. `path` is extended on the way out of nested messages until it starts at the root."""

    def __init__(self, kind: str, value: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.value = value
        self.path = ""

    def prepend(self, step: str) -> None:
        """Extend the path by the field or list position that contains the value."""
        self.path = f"{step}{self.path}" if self.path.startswith("[") or not self.path else f"{step}.{self.path}"

    @property
    def description(self) -> str:
        """Return the description in the words of Google's front end."""
        if self.kind == "unknown":
            where = f" at '{self.path}'" if self.path else ""
            return f'Invalid JSON payload received. Unknown name "{self.value}"{where}: Cannot find field.'
        if not self.path:
            return 'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        if self.kind == "oneof":
            return f"Invalid value at '{self.path}' (oneof), oneof field 'target' is already set. Cannot set '{self.value}'"
        if self.kind == "duration":
            reason = "Illegal duration format; duration must end with 's'"
            field = self.path.rpartition(".")[2]
            return f"Invalid value at '{self.path}' (type.googleapis.com/google.protobuf.Duration), Field '{field}', {reason}"
        return f"Invalid value at '{self.path}' ({self.kind}), {orjson.dumps(self.value).decode()}"


def string(value: Any) -> None:
    """Accept a string."""
    if type(value) is not str:
        raise InvalidField("TYPE_STRING", value)


def boolean(value: Any) -> None:
    """Accept a boolean."""
    if type(value) is not bool:
        raise InvalidField("TYPE_BOOL", value)


def int32(value: Any) -> None:
    """Accept an int32, as a number or as a string of digits."""
    if type(value) is str and re.fullmatch(r"-?[0-9]{1,10}", value):
        value = int(value)
    if type(value) is not int or not -_INT32 <= value < _INT32:
        raise InvalidField("TYPE_INT32", value)


def float_number(value: Any) -> None:
    """Accept a float."""
    if type(value) is not float and type(value) is not int:
        raise InvalidField("TYPE_FLOAT", value)


def duration(value: Any) -> None:
    """Accept a Duration such as "3.5s"."""
    if type(value) is not str or not _DURATION.fullmatch(value):
        raise InvalidField("duration", value)


def timestamp(value: Any) -> None:
    """Accept a Timestamp (RFC 3339)."""
    if type(value) is not str or not _TIMESTAMP.fullmatch(value):
        raise InvalidField("type.googleapis.com/google.protobuf.Timestamp", value)


def string_map(value: Any) -> None:
    """Accept a map with string values."""
    if type(value) is not dict:
        raise InvalidField("TYPE_MESSAGE", value)
    for position, inner in enumerate(value.values()):
        if type(inner) is not str:
            bad = InvalidField("TYPE_STRING", inner)
            bad.prepend(f"[{position}].value")
            raise bad


def struct(value: Any) -> None:
    """Accept a Struct: any JSON object."""
    if type(value) is not dict:
        raise InvalidField("type.googleapis.com/google.protobuf.Struct", value)


def enumeration(kind: str, *names: str) -> Validator:
    """Return a validator of an enumeration; FCM accepts its names in upper and lower case."""
    known = frozenset(names) | frozenset(name.lower() for name in names)

    def validate_value(value: Any) -> None:
        if type(value) is not str or value not in known:
            raise InvalidField(f"type.googleapis.com/google.firebase.fcm.v1.{kind}", value)

    return validate_value


def repeated(validate: Validator) -> Validator:
    """Return a validator of a list of such values."""

    def validate_value(value: Any) -> None:
        if type(value) is not list:
            raise InvalidField("TYPE_LIST", value)
        for position, inner in enumerate(value):
            try:
                validate(inner)
            except InvalidField as bad:
                bad.prepend(f"[{position}]")
                raise

    return validate_value


def message(fields: Mapping[str, Validator]) -> Validator:
    """Return a validator of a message with these fields, by their snake_case or lowerCamelCase names."""
    validators = {name: (name, validate) for name, validate in fields.items()}
    validators |= {camel_case(name): (name, validate) for name, validate in fields.items()}

    def validate_value(value: Any) -> None:
        if type(value) is not dict:
            raise InvalidField("TYPE_MESSAGE", value)
        for given, inner in value.items():
            found = validators.get(given)
            if found is None:
                raise InvalidField("unknown", given)
            if inner is not None:
                try:
                    found[1](inner)
                except InvalidField as bad:
                    bad.prepend(found[0])
                    raise

    return validate_value


@cache
def camel_case(name: str) -> str:
    """Return the lowerCamelCase form of a snake_case name."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def field_of(value: dict[str, Any], name: str) -> Any:
    """Return a field by its snake_case name, even if the sender wrote it in lowerCamelCase."""
    return value[name] if name in value else value.get(camel_case(name))
