"""/readyz tries what a registration needs; it and /healthz answer probes that go by address."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.test import Client

from api import readiness
from api.readiness import Readiness
from api.reads.edition_store import EditionStore
from core.migration_state import missing_migrations
from notifications.models import Heartbeat, HeartbeatPart, SchedulerRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def tried() -> Callable[[], tuple[dict[str, bool], str]]:
    """Return a function that tries anew, and returns the state and the faults."""

    def trial() -> tuple[dict[str, bool], str]:
        made = Readiness(EditionStore(None))
        return made.state(), ", ".join(made.faults)

    return trial


Tried = Callable[[], tuple[dict[str, bool], str]]


def test_everything_that_works_is_ready(small_release: Any, tried: Tried) -> None:
    SchedulerRun.objects.take_turn()
    Heartbeat.objects.give(HeartbeatPart.DELIVERY, host="one")

    assert tried() == ({"reads": True, "writes": True, "sends": True}, "")


def test_nobody_at_work_and_nothing_published_are_seen(tried: Tried) -> None:
    assert tried() == ({"reads": False, "writes": True, "sends": False}, "")


def test_a_cache_that_is_gone_is_no_place_for_writes(tried: Tried, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "cache", RedisCache("redis://127.0.0.1:9/0", {}))

    state, faults = tried()

    assert not state["writes"]
    assert faults == "the cache does not answer (ConnectionError)"


def test_a_read_only_database_takes_no_writes(tried: Tried) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")

    state, faults = tried()

    assert not state["writes"]
    assert faults.startswith("the database takes no writes")


def test_a_database_without_a_free_connection_takes_no_writes(tried: Tried, settings: Any) -> None:
    """On a thread of its own, whose connection has to be made; the role may have none."""
    found: list[tuple[dict[str, bool], str]] = []

    def without_connection() -> None:
        connection.settings_dict = {**connection.settings_dict, "USER": "nobody_may_connect", "PASSWORD": "x"}
        found.append(tried())
        connection.close()

    thread = threading.Thread(target=without_connection)
    thread.start()
    thread.join()

    assert not found[0][0]["writes"]
    assert found[0][1] == "the database takes no writes (OperationalError)"


def test_missing_keys_are_a_fault_of_what_serves_apps(tried: Tried, settings: Any) -> None:
    settings.ADDRESS_KEYS = {}

    for_apps = tried()
    settings.SERVES = "console"
    for_staff = tried()

    assert (for_apps[0]["writes"], for_apps[1]) == (False, "ADDRESS_KEYS is empty")
    assert for_staff[0]["writes"]


def test_a_missing_migration_is_a_fault(tried: Tried) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'notifications' AND name = '0035_heartbeats'")

    state, faults = tried()

    assert not state["writes"]
    assert faults == "migrations are missing"
    assert missing_migrations() == ["notifications.0035_heartbeats"]


def test_a_second_question_within_a_second_costs_no_query(django_assert_num_queries: Any) -> None:
    made = Readiness(EditionStore(None))
    first = made.state()

    with django_assert_num_queries(0):
        again = [made.state() for _ in range(100)]

    assert again == [first] * 100


def test_the_attempt_leaves_nothing_behind(tried: Tried) -> None:
    tried()

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_by_address_is_answered(path: str, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["fingerpost.example"]
    client = Client(raise_request_exception=False)

    assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code in {200, 503}
    assert client.get("/v1/", headers={"host": "10.0.0.7:8000"}).status_code == 400
