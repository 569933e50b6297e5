"""Shape the OpenAPI document so that clients generated from it today read the responses of next year (hooks of drf-spectacular).

A response may have a value that is not known yet in any list, while a request may not. So the lists of responses are open: a
plain string, with the known values in `x-extensible-enum` and in the description. The lists of requests are closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.module_loading import import_string
from drf_spectacular.settings import spectacular_settings

_REFERENCE = "#/components/schemas/"
#: Appended to the name of a component for the same object or null.
_OR_NULL = "OrNull"


def open_responses(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Turn the closed lists of responses into strings with known values. Runs before the lists get names of their own."""
    schemas = result["components"]["schemas"]
    closed = _of_requests(result)
    for name, schema in schemas.items():
        if name not in closed:
            for node in _nodes(schema):
                if "enum" in node:
                    _open(node)
    return result


def close_requests(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Mark request bodies as closed, because unknown fields are refused."""
    for operation in _operations(result):
        for body in operation.get("requestBody", {}).get("content", {}).values():
            name = body["schema"]["$ref"].removeprefix(_REFERENCE)
            result["components"]["schemas"][name]["additionalProperties"] = False
    return result


def share_lists(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Refer to the named list wherever a query parameter has its values, so that a client has one type for it."""
    schemas = result["components"]["schemas"]
    named = {tuple(import_string(path).values): name for name, path in spectacular_settings.ENUM_NAME_OVERRIDES.items()}
    for operation in _operations(result):
        for parameter in operation.get("parameters", ()):
            values = tuple(parameter["schema"].get("enum", ()))
            if name := named.get(values):
                schemas.setdefault(name, {"type": "string", "enum": list(values)})
                parameter["schema"] = {"$ref": _REFERENCE + name}
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def plain_nulls(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """Replace `oneOf` with null, which some generators skip or cannot compile (apple/swift-openapi-generator#817).

    An object that may be null becomes a component of its own whose type is object or null; a list of values gets null as one.
    """
    schemas = result["components"]["schemas"]
    for schema in [*schemas.values()]:
        for node in _nodes(schema):
            references = [one["$ref"].removeprefix(_REFERENCE) for one in node.get("oneOf", ()) if "$ref" in one]
            if not references or not _has_null(node["oneOf"], schemas):
                continue
            del node["oneOf"]
            (name,) = (one for one in references if schemas[one].get("type") != "null")
            wanted = schemas[name]
            if "enum" in wanted:
                node |= {"type": [wanted["type"], "null"], "enum": [*wanted["enum"], None]}
            else:
                schemas.setdefault(name + _OR_NULL, {**wanted, "type": [wanted["type"], "null"]})
                node["$ref"] = _REFERENCE + name + _OR_NULL
    used = {node["$ref"].removeprefix(_REFERENCE) for node in _nodes(result) if "$ref" in node}
    result["components"]["schemas"] = {name: schema for name, schema in sorted(schemas.items()) if name in used}
    return result


def _open(node: dict[str, Any]) -> None:
    values = [value for value in node.pop("enum") if value is not None]
    node.pop("x-spec-enum-id", None)
    node["x-extensible-enum"] = values
    known = f"Known values: {', '.join(map(str, values))}. Others may be added."
    node["description"] = f"{node['description']} {known}" if "description" in node else known


def _of_requests(result: Mapping[str, Any]) -> set[str]:
    """Return the names of the schemas that request bodies refer to, directly or not."""
    schemas = result["components"]["schemas"]
    found: set[str] = set()
    waiting = [operation["requestBody"] for operation in _operations(result) if "requestBody" in operation]
    while waiting:
        names = {node["$ref"].removeprefix(_REFERENCE) for node in _nodes(waiting.pop()) if "$ref" in node} - found
        found |= names
        waiting += [schemas[name] for name in names]
    return found


def _has_null(choices: list[dict[str, Any]], schemas: Mapping[str, Any]) -> bool:
    return any({"type": "null"} in (one, schemas.get(one.get("$ref", "").removeprefix(_REFERENCE))) for one in choices)


def _operations(result: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in result["paths"].values():
        yield from path.values()


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a part of the document, the outer ones first."""
    if isinstance(value, dict):
        yield value
        for one in list(value.values()):
            yield from _nodes(one)
    elif isinstance(value, list):
        for one in value:
            yield from _nodes(one)
