"""Exactly the fields of Google's discovery document are accepted."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fcm_emulator import schema
from fcm_emulator.fields import InvalidField, camel_case

from tests.tools.fcm_emulator.in_process import make_handler, send

DOCUMENT: dict[str, Any] = orjson.loads(schema.DOCUMENT.read_bytes())
GOOD: dict[tuple[str, str], list[Any]] = {
    ("string", ""): ["text", ""],
    ("string", "google-duration"): ["3.5s", "0s"],
    ("string", "google-datetime"): ["2026-12-01T06:00:00Z", "2026-12-01T06:00:00.5+01:00"],
    ("boolean", ""): [True, False],
    ("integer", "int32"): [5, "5"],
    ("number", "float"): [0.5, 1],
}
BAD: dict[tuple[str, str], list[Any]] = {
    ("string", ""): [5, True, [], {}],
    ("string", "google-duration"): ["3.5", 3],
    ("string", "google-datetime"): ["today", 5],
    ("boolean", ""): ["true", 1],
    ("integer", "int32"): [2**31, 1.5, "x"],
    ("number", "float"): ["0.5"],
}


def fields(name: str = "SendMessageRequest", path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """Return path and description of every field that a request can have."""
    found = []
    for field, kind in DOCUMENT["schemas"][name].get("properties", {}).items():
        found.append(((*path, field), kind))
        if "$ref" in kind:
            found += fields(kind["$ref"], (*path, field))
    return found


FIELDS = fields()


def values(kind: dict[str, Any], examples: dict[tuple[str, str], list[Any]], bad: bool) -> list[Any]:
    if "$ref" in kind:
        return ["text", 5] if bad else [{}]
    if "enum" in kind:
        return ["OTHER", 5, kind["enum"][0] + "_"] if bad else [kind["enum"][-1], kind["enum"][-1].lower()]
    if kind["type"] == "array":
        inner = values(kind["items"], examples, bad)
        return ["text", *([one] for one in inner)] if bad else [[], *([one, one] for one in inner)]
    if kind["type"] == "object":
        return ["text", []] if bad else [{}, {"key": "value"}]
    return examples[kind["type"], kind.get("format", "")]


def at(path: tuple[str, ...], value: Any) -> Any:
    for step in reversed(path):
        value = {step: value}
    return value


def snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


@pytest.mark.parametrize(("path", "kind"), FIELDS, ids=[".".join(path) for path, _ in FIELDS])
def test_every_field_of_the_document_is_validated(path: tuple[str, ...], kind: dict[str, Any]) -> None:
    for value in values(kind, GOOD, bad=False):
        schema.send_request(at(path, value))
        schema.send_request(at(tuple(map(snake, path)), value))
    for value in values(kind, BAD, bad=True):
        with pytest.raises(InvalidField) as refused:
            schema.send_request(at(path, value))
        # The path of an invalid list element ends with its position.
        assert refused.value.path.partition("[")[0] == ".".join(map(snake, path))


def test_the_number_of_fields_is_that_of_the_document() -> None:
    assert len(FIELDS) > 100
    assert all(camel_case(snake(path[-1])) == path[-1] for path, _ in FIELDS)


def test_an_unknown_field_is_rejected_at_any_depth() -> None:
    for path, kind in FIELDS:
        if "$ref" in kind:
            with pytest.raises(InvalidField, match="unknown"):
                schema.send_request(at((*path, "surprise"), 1))


def test_a_document_with_an_unsupported_type_is_rejected() -> None:
    changed = orjson.loads(schema.DOCUMENT.read_bytes())
    changed["schemas"]["Message"]["properties"]["fid"] = {"type": "string", "format": "byte"}

    with pytest.raises(schema.UnsupportedSchema, match=r"Message\.fid is string byte"):
        schema.load(changed, "projects.messages.send")


def test_an_enumeration_has_googles_name() -> None:
    reply = send(make_handler(), {"fid": "f", "android": {"priority": "urgent"}})

    assert b"type.googleapis.com/google.firebase.fcm.v1.AndroidConfig.AndroidMessagePriority" in reply.body
