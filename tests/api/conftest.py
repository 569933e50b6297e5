"""A client of the API, and a small published release of the real packs to ask it about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client

from api.reads import edition_store
from content.models import Release
from tests.packs import Packs, publish

COUNTRIES = ("GB", "DE", "IN", "ZZ")
LOCALES = ("en", "cy", "hi", "ar", "pt-BR")


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    edition_store.store.clear()
    cache.clear()
    yield
    edition_store.store.clear()


@pytest.fixture
def release(db: None, real_packs: Packs) -> Release:
    """Publish the real packs of three countries and the whole world in five locales."""
    return publish(real_packs, [(country, locale) for country in COUNTRIES for locale in LOCALES])


@pytest.fixture
def small_release(db: None, real_packs: Packs) -> Release:
    """Publish two real packs, for tests that only need that there is something."""
    return publish(real_packs, [("GB", "en"), ("ZZ", "en")])


@pytest.fixture
def api(settings: Any) -> Client:
    """Return a client that gets a 500 as an answer, as a reader would."""
    settings.ALLOWED_HOSTS = ["testserver"]
    return Client(raise_request_exception=False)


@pytest.fixture
def as_served(settings: Any) -> Iterator[None]:
    """Let a test ask a WSGI application: a request may not close the connection that the test's own transaction is on."""
    settings.ALLOWED_HOSTS = ["testserver"]
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
