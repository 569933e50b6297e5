"""The fields of a send request, from Google's own description of FCM (its discovery document)."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import orjson

from fcm_emulator.fields import (
    Validator,
    boolean,
    duration,
    enumeration,
    float_number,
    int32,
    message,
    repeated,
    string,
    string_map,
    struct,
    timestamp,
)

#: Part of google-api-python-client, of which nothing else is used.
DOCUMENT = files("googleapiclient") / "discovery_cache" / "documents" / "fcm.v1.json"

#: (type, format) in the discovery document to the validator.
_SCALARS: dict[tuple[str, str], Validator] = {
    ("string", ""): string,
    ("string", "google-duration"): duration,
    ("string", "google-datetime"): timestamp,
    ("boolean", ""): boolean,
    ("integer", "int32"): int32,
    ("number", "float"): float_number,
}
#: Google's errors name the type of an enumeration, which the document omits. It is the name of the field, with these exceptions.
_ENUMERATION_TYPES = {("AndroidConfig", "priority"): "AndroidMessagePriority"}


class UnsupportedSchema(Exception):
    """The discovery document describes a field that has no validator here."""


def load(document: dict[str, Any], method: str) -> Validator:
    """Return a validator of the request body of a method such as "projects.messages.send"."""
    *path, name = method.split(".")
    resource = document
    for step in path:
        resource = resource["resources"][step]
    return _Schemas(document["schemas"]).named(resource["methods"][name]["request"]["$ref"])


class _Schemas:
    """Validators by the name of their schema, each created once."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas
        self._validators: dict[str, Validator] = {}

    def named(self, name: str) -> Validator:
        """Return the validator of a schema."""
        if name not in self._validators:
            properties = self._schemas[name].get("properties", {})
            self._validators[name] = message(
                {_snake_case(field): self._field(name, field, kind) for field, kind in properties.items()}
            )
        return self._validators[name]

    def _field(self, name: str, field: str, kind: dict[str, Any]) -> Validator:
        if "$ref" in kind:
            return self.named(kind["$ref"])
        if "enum" in kind:
            type_name = _ENUMERATION_TYPES.get((name, field), field[0].upper() + field[1:])
            return enumeration(f"{name}.{type_name}", *kind["enum"])
        if kind["type"] == "array":
            return repeated(self._field(name, field, kind["items"]))
        if kind["type"] == "object":
            return {"string": string_map, "any": struct}[kind["additionalProperties"]["type"]]
        try:
            return _SCALARS[kind["type"], kind.get("format", "")]
        except KeyError:
            raise UnsupportedSchema(f"{name}.{field} is {kind['type']} {kind.get('format', '')}") from None


def _snake_case(name: str) -> str:
    return re.sub(r"(?<!^)[A-Z]", lambda letter: "_" + letter[0], name).lower()


_document = orjson.loads(DOCUMENT.read_bytes())
#: The date of the emulated version of the API, as the document gives it.
revision: str = _document["revision"]
send_request = load(_document, "projects.messages.send")
topic_subscription = load(_document, "projects.registrations.topicSubscriptions.create")
