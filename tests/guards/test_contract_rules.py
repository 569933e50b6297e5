"""Rules of the contract that make generated clients compile, read next year's responses, and explain themselves."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from api.http.errors import KINDS

DOCS = Path(__file__).resolve().parents[2] / "docs"
#: What code generators append to the names of operations and tags for the types that they make.
TAG_SUFFIXES = ("Api", "Client", "Controller", "Service")
SUFFIXES = ("", "Request", "Response", "Responses", "Body", "Data", "Error", "Errors", "Operation", "Params", "Result", "Api")
#: Operations whose parameters name something that each installation makes anew.
OF_ONE_INSTALLATION = {"get_pack_by_digest", "get_registration", "change_registration", "delete_registration"}


@cache
def contract() -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load((DOCS / "openapi.yaml").read_text(encoding="utf-8"))
    return found


def operations() -> list[dict[str, Any]]:
    return [operation for path in contract()["paths"].values() for operation in path.values()]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for one in value.values():
            yield from nodes(one)
    elif isinstance(value, list):
        for one in value:
            yield from nodes(one)


def pascal(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def request_schemas() -> set[str]:
    """Return the names of the schemas that requests refer to, directly or not."""
    waiting: list[Any] = [
        one for operation in operations() for one in (operation.get("requestBody"), operation.get("parameters"))
    ]
    found: set[str] = set()
    while waiting:
        named = {node["$ref"].rpartition("/")[2] for node in nodes(waiting.pop()) if "$ref" in node} - found
        found |= named
        waiting += [contract()["components"]["schemas"][name] for name in named]
    return found


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: str(operation["operationId"]))
def test_an_operation_explains_itself(operation: dict[str, Any]) -> None:
    assert 10 <= len(operation["summary"]) <= 100
    assert operation["description"]
    assert "_" in operation["operationId"], "a verb and what it is done to"
    assert len(operation["tags"]) == 1
    statuses = set(operation["responses"])
    assert any(status.startswith("2") for status in statuses)
    assert {"429", "503"} <= statuses
    assert all("description" in response for response in operation["responses"].values())
    for parameter in operation.get("parameters", ()):
        assert parameter["description"], parameter["name"]
        assert parameter["example"] is not None, parameter["name"]
    for body in operation.get("requestBody", {}).get("content", {}).values():
        assert body["example"]


@pytest.mark.parametrize("operation", operations(), ids=lambda operation: str(operation["operationId"]))
def test_the_headers_of_a_response_are_described(operation: dict[str, Any]) -> None:
    sent = {status: set(response["headers"]) for status, response in operation["responses"].items()}

    assert all("Cache-Control" in names for names in sent.values())
    assert all("Retry-After" in sent[status] for status in ("429", "503"))
    for status, names in sent.items():
        assert ({"Deprecation", "Sunset"} <= names) == status.startswith("2")
    accepts = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "header"}
    assert ("304" in sent) == ("If-None-Match" in accepts)
    if "304" in sent:
        assert "ETag" in sent["200"] & sent["304"]
    if "Accept-Language" in accepts:
        assert {"Content-Language", "Content-Location"} <= sent["200"]


def test_the_document_says_where_it_is_and_what_its_tags_mean() -> None:
    assert contract()["openapi"].startswith("3.1")
    assert contract()["servers"]
    assert contract()["info"]["license"]["identifier"] == "Apache-2.0"
    described = {tag["name"]: tag["description"] for tag in contract()["tags"]}
    assert set(described) == {tag for operation in operations() for tag in operation["tags"]}
    assert all(described.values())


def test_no_name_collides_in_a_generated_client() -> None:
    schemas = [name.lower() for name in contract()["components"]["schemas"]]
    ids = [operation["operationId"] for operation in operations()]
    derived = {(pascal(name) + suffix).lower() for name in ids for suffix in SUFFIXES}
    derived |= {(pascal(tag["name"]) + suffix).lower() for tag in contract()["tags"] for suffix in TAG_SUFFIXES}

    assert [name for name, times in Counter(schemas).items() if times > 1] == []
    assert [name for name, times in Counter(map(pascal, ids)).items() if times > 1] == []
    assert sorted(set(schemas) & derived) == []


def test_lists_of_responses_are_open_and_those_of_requests_closed() -> None:
    closed = request_schemas()

    for name, schema in contract()["components"]["schemas"].items():
        for node in nodes(schema):
            if name in closed:
                assert "x-extensible-enum" not in node, name
            else:
                assert "enum" not in node, name
                assert "x-extensible-enum" not in node or "Known values: " in node["description"], name
    bodies = [body for operation in operations() for body in operation.get("requestBody", {}).get("content", {}).values()]
    for body in bodies:
        assert contract()["components"]["schemas"][body["schema"]["$ref"].rpartition("/")[2]]["additionalProperties"] is False
    assert bodies


def test_each_closed_list_is_one_type() -> None:
    lists = Counter(tuple(value for value in node["enum"] if value is not None) for node in nodes(contract()) if "enum" in node)

    assert {values: times for values, times in lists.items() if times > 1 and values != ("public", "private")} == {}


def test_no_type_is_a_choice_with_null() -> None:
    for node in nodes(contract()["components"]["schemas"]):
        for choices in (node.get("oneOf"), node.get("anyOf")):
            assert choices is None
    assert not any(name.startswith(("Null", "Blank")) for name in contract()["components"]["schemas"])


def test_the_problems_and_their_members_are_described() -> None:
    problem = contract()["components"]["schemas"]["Problem"]

    assert set(problem["properties"]) >= {
        "type",
        "title",
        "status",
        "detail",
        "errors",
        "code",
        "available",
        "push_mode",
        "successor",
    }
    assert set(problem["required"]) == {"type", "title", "status", "detail"}
    assert all("description" in one for one in problem["properties"].values())
    described = {int(status) for operation in operations() for status in operation["responses"] if int(status) >= 400}
    # 405 and 500 are of no operation.
    assert described == {kind.status for kind in KINDS.values()} - {405, 500}


def test_documents_that_are_no_json_keep_their_body_in_generated_clients() -> None:
    overrides = YAML(typ="safe").load((DOCS / "clients/openapi-python-client.yaml").read_text(encoding="utf-8"))

    types = {
        kind for operation in operations() for response in operation["responses"].values() for kind in response.get("content", {})
    }
    assert types - {"application/json", "text/html"} == set(overrides["content_type_overrides"])


def test_examples_are_of_the_readers_whom_the_pages_show() -> None:
    plan = next(operation for operation in operations() if operation["operationId"] == "make_plan")

    example = plan["requestBody"]["content"]["application/json"]["example"]
    assert (example["country"], example["situation"]) == ("GB", "blackmail")
    assert json.dumps(example["languages"]) in (DOCS / "app-developers.md").read_text(encoding="utf-8")
