"""Every failure is a problem document, and one table lists the kinds."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest
from rest_framework import exceptions

import api
import content
import notifications
from api.http.errors import KINDS, TYPE_PREFIX, InvalidQuery, flatten, handle
from core.errors import Conflict, DomainError, Gone, Invalid, NotFound, Unavailable

DOCS = Path(__file__).parents[3] / "docs" / "api.md"


@pytest.fixture(autouse=True)
def _described_problems() -> None:
    """Let problems have any members here: errors of the console become problems too, which no client gets."""


def every_domain_error() -> list[type[DomainError]]:
    """Return every subclass of DomainError that a view could raise."""
    for package in (content, notifications, api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not re.search(r"\.(migrations|emulator|admin|management|tasks|fcm)\b", module.name):
                importlib.import_module(module.name)
    found, frontier = [], [DomainError]
    while frontier:
        frontier = [sub for cls in frontier for sub in cls.__subclasses__()]
        found += frontier
    return found


def test_every_error_of_the_domain_becomes_a_4xx_or_503_problem() -> None:
    errors = every_domain_error()

    assert len(errors) > 10
    for cls in errors:
        try:
            error = cls("A sentence.")
        except TypeError:
            continue
        response = handle(error, {})
        assert 400 <= response.status_code < 500 or response.status_code == 503, cls
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (Invalid("No."), 422, "invalid"),
        (NotFound(), 404, "not-found"),
        (Conflict(), 409, "conflict"),
        (Conflict(code="push-mode", push_mode="feed"), 409, "push-mode"),
        (Gone(), 410, "gone"),
        (Unavailable(retry_after=30), 503, "unavailable"),
        (exceptions.ValidationError({"a": ["Bad."]}), 422, "invalid"),
        (InvalidQuery({"a": ["Bad."]}), 400, "invalid-query"),
        (exceptions.NotAuthenticated(), 401, "not-authenticated"),
        (exceptions.PermissionDenied(), 403, "forbidden"),
        (exceptions.Throttled(wait=7), 429, "too-many-requests"),
    ],
)
def test_each_kind_of_failure_has_its_status_and_type(error: Exception, status: int, kind: str) -> None:
    response: Any = handle(error, {})

    document = json.loads(response.content)
    assert (response.status_code, document["status"]) == (status, status)
    assert document["type"] == TYPE_PREFIX + kind
    assert document["title"] == KINDS[kind].title


def test_extra_members_cannot_replace_those_of_the_standard() -> None:
    response: Any = handle(Conflict("No.", code="odd", status=200, type="x", push_mode="feed"), {})

    document = json.loads(response.content)
    assert (document["status"], document["type"]) == (409, "/v1/problems/conflict")
    assert (document["push_mode"], document["code"]) == ("feed", "odd")


def test_nested_errors_are_flattened_to_paths() -> None:
    detail = {"a": ["x"], "b": {"c": ["y", "z"]}, "d": [{}, {"e": ["w"]}], "non_field_errors": ["v"]}

    assert flatten(detail) == [
        {"field": "a", "detail": "x"},
        {"field": "b.c", "detail": "y"},
        {"field": "b.c", "detail": "z"},
        {"field": "d.1.e", "detail": "w"},
        {"field": "", "detail": "v"},
    ]


def test_retry_after_is_in_whole_seconds() -> None:
    assert handle(exceptions.Throttled(wait=0.2), {})["Retry-After"] == "1"
    assert handle(Unavailable(retry_after=30), {})["Retry-After"] == "30"


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_return_the_same_problems(name: str) -> None:
    text = (DOCS.parents[1] / "docker" / name).read_text(encoding="utf-8")
    documents = [json.loads(found) for found in re.findall(r'\{"type":.*?\}', text)]

    assert len(documents) == 3
    for document in documents:
        kind = KINDS[document["type"].removeprefix(TYPE_PREFIX)]
        assert (document["title"], document["status"]) == (kind.title, kind.status)


def test_the_documentation_lists_every_type() -> None:
    documented = set(re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", DOCS.read_text(encoding="utf-8"), flags=re.M))

    assert documented == {(kind.code, str(kind.status)) for kind in KINDS.values()}
