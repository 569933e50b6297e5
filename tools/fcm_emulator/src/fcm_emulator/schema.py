"""The fields of a send request, read at start from Google's own description of FCM (its discovery document)."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Any

import orjson

from fcm_emulator.fields import Reader, anything, duration, flag, many, number, one_of, record, text, texts, timestamp, whole

#: google-api-python-client carries it; its own code is not used.
DOCUMENT = files("googleapiclient") / "discovery_cache" / "documents" / "fcm.v1.json"

#: (type, format) as the document has them.
_PLAIN: dict[tuple[str, str], Reader] = {
    ("string", ""): text,
    ("string", "google-duration"): duration,
    ("string", "google-datetime"): timestamp,
    ("boolean", ""): flag,
    ("integer", "int32"): whole,
    ("number", "float"): number,
}
#: Google names an enumeration in its answers by the type, which the document leaves out; it is the field's name but for these.
_TYPES = {("AndroidConfig", "priority"): "AndroidMessagePriority"}


class NotUnderstood(Exception):
    """The discovery document describes something that cannot be checked here."""


def load(document: dict[str, Any], method: str) -> Reader:
    """Return a reader for the request of a method such as "projects.messages.send"."""
    *path, name = method.split(".")
    place = document
    for step in path:
        place = place["resources"][step]
    return _Schemas(document["schemas"]).named(place["methods"][name]["request"]["$ref"])


class _Schemas:
    """Readers by the name of their schema, each made once."""

    def __init__(self, schemas: dict[str, Any]) -> None:
        self._schemas = schemas
        self._made: dict[str, Reader] = {}

    def named(self, name: str) -> Reader:
        """Return the reader for one schema."""
        if name not in self._made:
            properties = self._schemas[name].get("properties", {})
            self._made[name] = record({_snake(field): self._reader(name, field, kind) for field, kind in properties.items()})
        return self._made[name]

    def _reader(self, name: str, field: str, kind: dict[str, Any]) -> Reader:
        if "$ref" in kind:
            return self.named(kind["$ref"])
        if "enum" in kind:
            return one_of(f"{name}.{_TYPES.get((name, field), field[0].upper() + field[1:])}", *kind["enum"])
        if kind["type"] == "array":
            return many(self._reader(name, field, kind["items"]))
        if kind["type"] == "object":
            return {"string": texts, "any": anything}[kind["additionalProperties"]["type"]]
        try:
            return _PLAIN[kind["type"], kind.get("format", "")]
        except KeyError:
            raise NotUnderstood(f"{name}.{field} is {kind['type']} {kind.get('format', '')}") from None


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)[A-Z]", lambda letter: "_" + letter[0], name).lower()


_document = orjson.loads(DOCUMENT.read_bytes())
#: The day of the API that is emulated, as the document has it.
revision: str = _document["revision"]
request = load(_document, "projects.messages.send")
subscription = load(_document, "projects.registrations.topicSubscriptions.create")
