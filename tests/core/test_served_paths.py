"""Readers and staff are served by separate processes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.served_paths import is_served

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("by", "path", "served"),
    [
        ("readers", "/v1/packs/GB/en", True),
        ("readers", "/a/12", True),
        ("console", "/a/12", False),
        ("readers", "/console/", False),
        ("readers", "/console/login/", False),
        ("readers", "/healthz", True),
        ("console", "/console/login/", True),
        ("console", "/v1/help", False),
        ("console", "/hsds/services", False),
        ("console", "/", False),
        ("console", "/static/core/console.css", True),
        ("console", "/readyz", True),
        ("all", "/console/", True),
        ("all", "/v1/", True),
    ],
)
def test_each_process_answers_its_own_paths(by: str, path: str, served: bool) -> None:
    assert is_served(path, by=by) is served


def test_a_reader_process_has_no_console(settings: Any) -> None:
    settings.SERVES = "readers"

    answer = Client().post("/console/login/", {"username": "ada", "password": "x"})

    assert answer.status_code == 404
    assert Client().get("/healthz").status_code == 200


def test_a_console_process_answers_no_app(settings: Any) -> None:
    settings.SERVES = "console"

    assert Client().get("/v1/").status_code == 404
    assert Client().get("/console/login/").status_code == 200
