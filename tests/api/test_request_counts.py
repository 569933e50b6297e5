"""Requests are counted by the names of routes alone: nothing that a reader asks for is in a figure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from api import request_counts
from core.console import failed_sign_ins
from core.console.failed_sign_ins import FailedBecause
from tests.make import person


@pytest.fixture(autouse=True)
def _own_counters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr("core.counters.folder_of", lambda server: tmp_path)
    request_counts._counters.cache_clear()
    failed_sign_ins.counters.cache_clear()
    yield
    request_counts._counters.cache_clear()
    failed_sign_ins.counters.cache_clear()


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/v1/packs/GB/cy", "pack"),
        ("/v1/help", "help"),
        ("/v1/registrations/0b3f9e9e-5a1c-4a6a-9d8f-000000000001", "registration"),
        ("/console/people/ada/", "console"),
        ("/static/core/console.css", "static"),
        ("/docs/push.html", "documents"),
        ("/telltale/../v1", "unknown"),
        ("/v1/packs/GB/cy/extra/parts/of/a/path", "unknown"),
    ],
)
def test_a_path_is_counted_under_the_name_of_its_route(path: str, route: str) -> None:
    request_counts.count(path, 200)

    assert list(request_counts.counted()) == [(route, "2xx", 1)]
    assert route in request_counts.routes()


def test_the_routes_are_those_of_the_api_and_four_more() -> None:
    found = request_counts.routes()

    assert len(found) == len(set(found))
    assert {"pack", "tips", "help", "alerts", "registrations", "console", "documents", "static", "unknown"} <= set(found)
    assert not any("/" in route for route in found)


@pytest.mark.django_db
def test_the_metrics_have_requests_by_route_and_failed_sign_ins(api: Client) -> None:
    person("ada")
    for status in (200, 304, 404, 503):
        request_counts.count("/v1/tips/telltale", status)
    browser = Client()
    for name in ("ada", "nobody-of-this-name"):
        browser.post("/console/login/", {"username": name, "password": "wrong"})
    failed_sign_ins.count(FailedBecause.TOO_MANY)

    found = api.get("/metrics").content.decode()

    for group in ("2xx", "3xx", "4xx", "5xx"):
        assert f'fingerpost_requests_total{{route="tip",status="{group}"}} 1\n' in found
    assert 'fingerpost_failed_sign_ins_total{reason="password"} 2\n' in found
    assert 'fingerpost_failed_sign_ins_total{reason="too-many-tries"} 1\n' in found
    assert "telltale" not in found
    assert "nobody-of-this-name" not in found
