"""A client of the API, and a small published release of the real packs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest import mock

import orjson
import pytest
from django.core.cache import cache
from django.core.handlers.base import BaseHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import Client

from api import health
from api.http.errors import ProblemResponse
from api.reads import edition_store
from api.v1.shapes import ProblemSerializer
from content.models import Release
from tests.api.documented import undocumented
from tests.packs import Packs, publish

COUNTRIES = ("GB", "DE", "IN", "ZZ")
LOCALES = ("en", "cy", "hi", "ar", "pt-BR")


@pytest.fixture(autouse=True)
def _empty_caches() -> Iterator[None]:
    edition_store.store.clear()
    health.readiness.clear()
    cache.clear()
    yield
    edition_store.store.clear()


@pytest.fixture(autouse=True)
def _described_problems() -> Iterator[None]:
    """Fail where a problem document has a member that the contract does not describe."""
    known = set(ProblemSerializer().fields)
    undescribed: set[str] = set()
    make_response = ProblemResponse.__init__

    def noting(self: ProblemResponse, *args: Any, **kwargs: Any) -> None:
        make_response(self, *args, **kwargs)
        undescribed.update(set(orjson.loads(self.content)) - known)

    # Not by monkeypatch: rows are kept for later tests only from one that patches nothing (tests/made_once.py).
    with mock.patch.object(ProblemResponse, "__init__", noting):
        yield
    assert undescribed == set()


@pytest.fixture(autouse=True)
def _documented_statuses() -> Iterator[None]:
    """Fail where an operation answers with a status that the contract does not name for it."""
    found: set[tuple[str, str, int]] = set()
    get_response = BaseHandler.get_response

    def noting(self: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        response = get_response(self, request)
        if (match := request.resolver_match) and undocumented(request.method or "", match.route, response.status_code):
            found.add((request.method or "", match.route, response.status_code))
        return response

    # Not by monkeypatch, as above.
    with mock.patch.object(BaseHandler, "get_response", noting):
        yield
    assert found == set()


@pytest.fixture
def release(db: None, real_packs: Packs) -> Release:
    """Publish the real packs of three countries and worldwide, in five locales."""
    return publish(real_packs, [(country, locale) for country in COUNTRIES for locale in LOCALES])


@pytest.fixture
def small_release(db: None, real_packs: Packs) -> Release:
    """Publish two real packs, for tests that need any release."""
    return publish(real_packs, [("GB", "en"), ("ZZ", "en")])


@pytest.fixture
def api(settings: Any) -> Client:
    """Return a client that receives a 500 as a response, as a real one would."""
    settings.ALLOWED_HOSTS = ["testserver"]
    return Client(raise_request_exception=False)


@pytest.fixture
def as_served(settings: Any) -> Iterator[None]:
    """Allow requests to a WSGI application: they must not close the connection of the test's transaction."""
    settings.ALLOWED_HOSTS = ["testserver"]
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def without_pdf_maker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer without laying out pages: the library needs Debian's Pango, and hundreds of pages would take minutes."""
    monkeypatch.setattr("api.pages.handout_pdf._render", lambda page, paper, *, url: b"%PDF-1.7")
