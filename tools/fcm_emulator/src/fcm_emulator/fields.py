"""Readers for protocol-buffer JSON: one callable a type, which returns quietly or says what is wrong and where."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import orjson

Reader = Callable[[Any], None]

_DURATION = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,9})?s")
_TIMESTAMP = re.compile(
    r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_INT32 = 2**31


class BadField(Exception):
    """A value cannot be read; `path` grows on the way out until it stands for the whole message."""

    def __init__(self, kind: str, value: Any) -> None:
        super().__init__(kind)
        self.kind = kind
        self.value = value
        self.path = ""

    def inside(self, step: str) -> None:
        """Add the field or list position that the value stands in."""
        self.path = f"{step}{self.path}" if self.path.startswith("[") or not self.path else f"{step}.{self.path}"

    @property
    def description(self) -> str:
        """Return the sentence that Google's front end would say."""
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


def text(value: Any) -> None:
    """Read a string."""
    if type(value) is not str:
        raise BadField("TYPE_STRING", value)


def flag(value: Any) -> None:
    """Read a boolean."""
    if type(value) is not bool:
        raise BadField("TYPE_BOOL", value)


def whole(value: Any) -> None:
    """Read an int32, which may also come as text."""
    if type(value) is str and re.fullmatch(r"-?[0-9]{1,10}", value):
        value = int(value)
    if type(value) is not int or not -_INT32 <= value < _INT32:
        raise BadField("TYPE_INT32", value)


def number(value: Any) -> None:
    """Read a float."""
    if type(value) is not float and type(value) is not int:
        raise BadField("TYPE_FLOAT", value)


def duration(value: Any) -> None:
    """Read a Duration such as "3.5s"."""
    if type(value) is not str or not _DURATION.fullmatch(value):
        raise BadField("duration", value)


def timestamp(value: Any) -> None:
    """Read a Timestamp in RFC 3339."""
    if type(value) is not str or not _TIMESTAMP.fullmatch(value):
        raise BadField("type.googleapis.com/google.protobuf.Timestamp", value)


def texts(value: Any) -> None:
    """Read a map whose values are strings."""
    if type(value) is not dict:
        raise BadField("TYPE_MESSAGE", value)
    for position, inner in enumerate(value.values()):
        if type(inner) is not str:
            bad = BadField("TYPE_STRING", inner)
            bad.inside(f"[{position}].value")
            raise bad


def anything(value: Any) -> None:
    """Read a Struct: any JSON object."""
    if type(value) is not dict:
        raise BadField("type.googleapis.com/google.protobuf.Struct", value)


def one_of(kind: str, *names: str) -> Reader:
    """Return a reader for an enumeration, whose names FCM takes in either case."""
    known = frozenset(names) | frozenset(name.lower() for name in names)

    def read(value: Any) -> None:
        if type(value) is not str or value not in known:
            raise BadField(f"type.googleapis.com/google.firebase.fcm.v1.{kind}", value)

    return read


def many(reader: Reader) -> Reader:
    """Return a reader for a list of what `reader` reads."""

    def read(value: Any) -> None:
        if type(value) is not list:
            raise BadField("TYPE_LIST", value)
        for position, inner in enumerate(value):
            try:
                reader(inner)
            except BadField as bad:
                bad.inside(f"[{position}]")
                raise

    return read


def record(fields: Mapping[str, Reader]) -> Reader:
    """Return a reader for an object with the given fields, by their snake_case or lowerCamelCase names."""
    readers = {name: (name, reader) for name, reader in fields.items()}
    readers |= {camel(name): (name, reader) for name, reader in fields.items()}

    def read(value: Any) -> None:
        if type(value) is not dict:
            raise BadField("TYPE_MESSAGE", value)
        for given, inner in value.items():
            found = readers.get(given)
            if found is None:
                raise BadField("unknown", given)
            if inner is not None:
                try:
                    found[1](inner)
                except BadField as bad:
                    bad.inside(found[0])
                    raise

    return read


@cache
def camel(name: str) -> str:
    """Return the lowerCamelCase of a snake_case name."""
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def get(value: dict[str, Any], name: str) -> Any:
    """Return a field by its snake_case name, also where the sender wrote it in lowerCamelCase."""
    return value[name] if name in value else value.get(camel(name))
