"""Django's own log messages say nothing of a request; tests/test_journey.py looks into the logs of real servers."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest
from django.conf import settings
from django.test import Client


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return everything that is logged, and what Python writes where there is no handler."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    monkeypatch.setattr(logging, "lastResort", handler)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    return text


def test_an_error_of_the_server_is_logged_without_its_path(written: io.StringIO) -> None:
    logging.getLogger("django.request").error("%s: %s", "Internal Server Error", "/console/telltale/")

    assert written.getvalue() == "Internal Server Error\n"


@pytest.mark.django_db
def test_a_refused_form_or_host_is_not_logged(written: io.StringIO) -> None:
    browser = Client(enforce_csrf_checks=True)

    form = browser.post("/console/login/", {"username": "telltale"}, headers={"origin": "https://telltale.example"})
    host = browser.get("/console/login/", headers={"host": "telltale.example"})

    assert (form.status_code, host.status_code) == (403, 400)
    assert written.getvalue() == ""


def test_a_logger_that_is_silent_has_a_handler() -> None:
    given_to_django: Any = settings.LOGGING
    silent = {name: given for name, given in given_to_django["loggers"].items() if given.get("propagate") is False}

    assert len(silent) == 2
    assert [name for name, given in silent.items() if not given["handlers"]] == []
