"""Limits by client: counted without storing who it was, atomic, and never in the way of a reader."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.test import RequestFactory
from redis import exceptions

from api.http.throttles import AddressThrottle, NoLimiter, client_network
from config import env

factory = RequestFactory()


class _View:
    throttle = "registrations"
    throttle_fails_open = False


@pytest.fixture(autouse=True)
def _three_a_minute(settings: Any) -> Iterator[None]:
    settings.THROTTLES = {"registrations": (3, 60)}
    cache.clear()
    yield
    cache.clear()


def _allowed(address: str = "192.0.2.1") -> bool:
    return AddressThrottle().allow_request(factory.post("/", REMOTE_ADDR=address), _View())


def test_the_fourth_request_of_a_window_waits_and_another_client_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.throttles.time.time", lambda: 6_000_010.0)
    throttle = AddressThrottle()

    assert [_allowed() for _ in range(3)] == [True, True, True]

    assert not throttle.allow_request(factory.post("/", REMOTE_ADDR="192.0.2.1"), _View())
    assert 0 < (throttle.wait() or 0) <= 60
    assert _allowed("192.0.2.2")


def test_the_next_window_starts_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 6_000_000.0
    monkeypatch.setattr("api.http.throttles.time.time", lambda: now)
    assert [_allowed() for _ in range(4)][-1] is False

    now += 60

    assert _allowed()


def test_thirty_requests_at_once_pass_three_times() -> None:
    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(lambda _: _allowed(), range(30)))

    assert sum(passed) in {3, 6}, "6 only where a window ended in between"


def test_the_cache_holds_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []
    add = cache.add

    def add_and_keep(key: str, *args: Any, **kwargs: Any) -> bool:
        kept.append(key)
        return add(key, *args, **kwargs)

    monkeypatch.setattr(cache, "add", add_and_keep)

    _allowed("192.0.2.77")

    assert kept
    assert not any("192" in key or "77" in key.split(":")[0] for key in kept)


class _Down:
    def __getattr__(self, name: str) -> Any:
        raise ConnectionError


def test_without_a_cache_readers_pass_and_registrations_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.throttles.cache", _Down())

    class Reader(_View):
        throttle_fails_open = True

    assert AddressThrottle().allow_request(factory.get("/"), Reader())
    with pytest.raises(NoLimiter):
        AddressThrottle().allow_request(factory.post("/"), _View())


@pytest.mark.parametrize(
    ("proxies", "forwarded", "network"),
    [
        (0, "198.51.100.9", "192.0.2.1"),
        (1, "198.51.100.9", "198.51.100.9"),
        (1, "203.0.113.5, 198.51.100.9", "198.51.100.9"),
        (2, "203.0.113.5, 198.51.100.9", "203.0.113.5"),
        (2, "198.51.100.9", "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "not an address", "unknown"),
        (1, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_a_client_cannot_choose_its_own_address(settings: Any, proxies: int, forwarded: str, network: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = factory.get("/", REMOTE_ADDR="192.0.2.1", headers={"x-forwarded-for": forwarded})

    assert client_network(request) == network


def test_a_cache_that_is_away_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_URL", "redis://127.0.0.1:9/0")
    settings = env.cache("CACHE_URL")
    away = RedisCache(settings["LOCATION"], {"OPTIONS": settings["OPTIONS"]})

    begun = time.monotonic()
    with pytest.raises(exceptions.ConnectionError):
        away.add("key", 0)

    assert time.monotonic() - begun < 0.4
