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


def test_two_addresses_without_a_proxy_lead_to_each_other(settings: Any) -> None:
    settings.CONSOLE_URL, settings.PUBLIC_URL, settings.SERVES = "http://127.0.0.1:8001", "http://127.0.0.1:8000", "readers"

    form = Client().post("/console/login/?next=/console/tips/", {"username": "ada", "password": "x"})
    assert (form.status_code, form["Location"]) == (307, "http://127.0.0.1:8001/console/login/?next=/console/tips/")
    assert form["Cache-Control"] == "no-store"
    assert Client().get("/v1/").status_code == 200

    settings.SERVES = "console"
    page = Client().get("/a/12")
    assert (page.status_code, page["Location"]) == (307, "http://127.0.0.1:8000/a/12")
    assert Client().get("/console/login/").status_code == 200


def test_a_console_process_answers_no_app(settings: Any) -> None:
    settings.SERVES = "console"

    assert Client().get("/v1/").status_code == 404
    assert Client().get("/console/login/").status_code == 200
