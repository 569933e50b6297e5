"""The clients of tests serve the same static files, although only the first of them looks for any."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware

from core.static_files import StaticFiles
from tools.sandbox.pytest_plugins.static_files import find_static_files_once


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Find files once from now on; return a list that grows by a word for each time that they are looked for."""
    times: list[str] = []
    find = finders.get_finders

    def get_finders() -> Iterator[object]:
        times.append("once")
        return iter(find())

    monkeypatch.setattr(finders, "get_finders", get_finders)
    # As it was before the tests began; the next line replaces it, and the fixture puts it back.
    usual = inspect.unwrap(WhiteNoiseMiddleware.add_files_from_finders)
    monkeypatch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", usual)
    find_static_files_once()
    return times


def respond(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def test_a_second_client_has_the_files_and_none_of_its_changes_reach_a_third(looked: list[str]) -> None:
    first, second = StaticFiles(respond), StaticFiles(respond)
    second.files.clear()
    third = StaticFiles(respond)

    assert len(first.files) > 10
    assert third.files == first.files
    assert looked == ["once"]
