"""Rate limits: counted without storing an address, atomic, and never blocking a reader when the cache is down."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.test import RequestFactory
from redis import exceptions

from api.http.throttles import AddressThrottle, LimiterUnavailable
from config import env
from core import rate_limits
from core.rate_limits import client_networks

factory = RequestFactory()


class _View:
    throttle = "registrations"
    throttle_fails_open = False
    attestation = None


class _Reading(_View):
    throttle = "read"
    throttle_fails_open = True


#: As `config.settings` has them outside the sandbox, where there are none.
_SHIPPED = {"read": (6000, 60), "registrations": (300, 60)}


@pytest.fixture(autouse=True)
def _three_a_minute(settings: Any) -> Iterator[None]:
    settings.THROTTLES = {"registrations": (3, 60)}
    cache.clear()
    yield
    cache.clear()


def _allowed(address: str = "192.0.2.1") -> bool:
    return AddressThrottle().allow_request(factory.post("/", REMOTE_ADDR=address), _View())


def test_the_limit_holds_per_client_and_window(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.rate_limits.time.time", lambda: 6_000_010.0)
    throttle = AddressThrottle()

    assert [_allowed() for _ in range(3)] == [True, True, True]

    assert not throttle.allow_request(factory.post("/", REMOTE_ADDR="192.0.2.1"), _View())
    assert 0 < (throttle.wait() or 0) <= 60
    assert _allowed("192.0.2.2")


def test_the_next_window_starts_from_zero(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 6_000_000.0
    monkeypatch.setattr("core.rate_limits.time.time", lambda: now)
    assert [_allowed() for _ in range(4)][-1] is False

    now += 60

    assert _allowed()


def test_a_school_of_800_phones_behind_one_address_registers_within_three_minutes(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.THROTTLES = _SHIPPED
    at = {"now": 6_000_010.0}
    monkeypatch.setattr("core.rate_limits.time.time", lambda: at["now"])
    due = dict.fromkeys(range(800), at["now"])
    read = 0

    # Each phone reads four times and registers; one that is refused comes again after Retry-After.
    while due:
        phone = min(due, key=lambda number: due[number])
        at["now"] = due[phone]
        throttle = AddressThrottle()
        if at["now"] == 6_000_010.0:
            read += sum(AddressThrottle().allow_request(factory.get("/"), _Reading()) for _ in range(4))
        if throttle.allow_request(factory.post("/"), _View()):
            del due[phone]
        else:
            due[phone] += throttle.wait() or 0

    assert read == 4 * 800
    assert at["now"] - 6_000_010.0 <= 180


def test_three_of_thirty_concurrent_requests_pass() -> None:
    with ThreadPoolExecutor(8) as pool:
        passed = list(pool.map(lambda _: _allowed(), range(30)))

    assert sum(passed) in {3, 6}, "6 only if a window ended in between"


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


DAY = 86_400


def _stored_names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Record the name and timeout of everything that is added to the cache."""
    stored: dict[str, Any] = {}
    add = cache.add

    def record(name: str, value: Any, timeout: Any = None) -> bool:
        stored[name] = timeout
        return bool(add(name, value, timeout=timeout))

    monkeypatch.setattr(cache, "add", record)
    return stored


@pytest.fixture
def shared_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat the cache of the tests as one that several processes share."""
    monkeypatch.setattr(rate_limits, "LocMemCache", type("NotInUse", (), {}))


def test_a_local_cache_is_used_with_a_random_key_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = _stored_names(monkeypatch)
    spec = importlib.util.spec_from_file_location("another_process", rate_limits.__file__)
    assert spec is not None
    assert spec.loader is not None
    other = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(other)

    _allowed()

    assert len(rate_limits._key(0, now=0)) == 32
    assert rate_limits._key(0, now=0) != other._key(0, now=0)
    assert len(stored) == 1, "the key itself is not in the cache"


@pytest.mark.parametrize("shared", [False, True])
def test_the_key_has_nothing_to_do_with_the_secret_key(monkeypatch: pytest.MonkeyPatch, shared: bool) -> None:
    if shared:
        monkeypatch.setattr(rate_limits, "LocMemCache", type("NotInUse", (), {}))
    monkeypatch.setattr("core.rate_limits.time.time", lambda: 6_000_010.0)
    stored = _stored_names(monkeypatch)

    _allowed("192.0.2.77")

    text = b"registrations|100000|192.0.2.77"
    derived = hmac.new(django_settings.SECRET_KEY.encode(), text, hashlib.sha256).hexdigest()[:32]
    counters = [name for name in stored if name.startswith("limit:")]
    assert len(counters) == 1
    assert f"limit:{derived}" not in counters


def test_a_shared_cache_holds_one_key_a_day_and_drops_it_afterwards(shared_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = _stored_names(monkeypatch)
    morning, evening, tomorrow = 100 * DAY + 60, 100 * DAY + 86_340, 101 * DAY

    keys = [rate_limits._key(start, now=start + 1) for start in (morning, evening, tomorrow)]

    assert keys[0] == keys[1] != keys[2]
    assert {len(key) for key in keys} == {32}
    assert stored == {"limit-key:100": DAY - 1, "limit-key:101": DAY + 59}


def test_processes_that_race_for_the_days_key_agree(shared_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = b"w" * 32

    def too_late(size: int) -> bytes:
        # Another process writes its key between our `get` and our `add`.
        cache.add("limit-key:100", theirs)
        return b"o" * size

    monkeypatch.setattr("core.rate_limits.secrets.token_bytes", too_late)

    assert rate_limits._key(100 * DAY, now=100 * DAY) == theirs


def test_the_counters_of_a_day_are_named_under_its_key(shared_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = _stored_names(monkeypatch)
    monkeypatch.setattr("core.rate_limits.time.time", lambda: 100 * DAY + 90.0)

    _allowed()

    key, counter = stored
    assert key == "limit-key:100"
    assert re.fullmatch("limit:[0-9a-f]{32}", counter)
    assert stored[counter] == 60


def test_a_key_that_the_cache_does_not_keep_is_lost(shared_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "get", lambda name: None)

    with pytest.raises(rate_limits.KeyLost):
        rate_limits._key(0, now=0)


def test_a_key_that_the_cache_does_not_keep_counts_as_no_cache(shared_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "get", lambda name: None)

    class Reader(_View):
        throttle_fails_open = True

    assert AddressThrottle().allow_request(factory.get("/"), Reader())
    with pytest.raises(LimiterUnavailable):
        AddressThrottle().allow_request(factory.post("/"), _View())


def test_a_shared_cache_counts_across_requests(shared_cache: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.rate_limits.time.time", lambda: 6_000_010.0)

    assert [_allowed() for _ in range(4)] == [True, True, True, False]


class _Down:
    def __getattr__(self, name: str) -> Any:
        raise ConnectionError


def test_without_a_cache_readers_pass_and_registrations_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.rate_limits.cache", _Down())

    class Reader(_View):
        throttle_fails_open = True

    assert AddressThrottle().allow_request(factory.get("/"), Reader())
    with pytest.raises(LimiterUnavailable):
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
        (1, "[2001:db8:1:2:3:4:5:6]:443", "2001:db8:1:2::/64"),
        (1, "::ffff:198.51.100.9", "198.51.100.9"),
        (1, "198.51.100.9:50123", "198.51.100.9"),
    ],
)
def test_a_client_cannot_choose_its_own_address(settings: Any, proxies: int, forwarded: str, network: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = factory.get("/", REMOTE_ADDR="192.0.2.1", headers={"x-forwarded-for": forwarded})

    assert client_networks(request)[0].name == network


def test_an_ipv6_address_is_counted_in_three_networks_with_a_larger_limit_for_each() -> None:
    request = factory.get("/", REMOTE_ADDR="2001:db8:1:2ff:3:4:5:6")

    assert client_networks(request) == [("2001:db8:1:2ff::/64", 1), ("2001:db8:1:200::/56", 4), ("2001:db8:1::/48", 16)]


def test_clients_of_unknown_address_share_the_limit_of_one() -> None:
    assert [_allowed(address) for address in ("", "a.b", "unix:", "192.0.2")] == [True, True, True, False]


def test_new_subnets_of_one_ipv6_network_share_a_limit() -> None:
    taken = [_allowed(f"2001:db8:1:{subnet:x}::1") for subnet in range(60)]

    # Three each for sixteen addresses' worth of a /48, and for four of each /56.
    assert taken == [True] * 12 + [False] * 48
    assert sum(_allowed(f"2001:db8:2:{subnet << 8:x}::1") for subnet in range(60)) == 48


def test_an_unreachable_cache_fails_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CACHE_URL", "redis://127.0.0.1:9/0")
    settings = env.cache("CACHE_URL")
    away = RedisCache(settings["LOCATION"], {"OPTIONS": settings["OPTIONS"]})

    begun = time.monotonic()
    with pytest.raises(exceptions.ConnectionError):
        away.add("key", 0)

    assert time.monotonic() - begun < 0.4
