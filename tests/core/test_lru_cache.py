"""The cache that drops the values used least recently."""

from __future__ import annotations

from core.lru_cache import WeightedLruCache


def test_the_cache_stays_within_its_weight_and_keeps_the_values_used_last() -> None:
    held: WeightedLruCache[int, str] = WeightedLruCache(30, weigh=len)

    for number in range(10):
        held.get(number, lambda: "ten bytes.")
        held.get(0, lambda: "the first one that was made")

    assert held.weight == 30
    assert held.get(9, lambda: "made again") == "ten bytes."
    assert held.get(1, lambda: "made again") == "made again"


def test_a_value_heavier_than_the_limit_is_held_alone() -> None:
    held: WeightedLruCache[str, str] = WeightedLruCache(5, weigh=len)

    held.get("small", lambda: "abc")
    held.get("large", lambda: "abcdefghij")

    assert held.get("large", lambda: "made again") == "abcdefghij"
    assert held.get("small", lambda: "made again") == "made again"


def test_an_error_is_not_cached() -> None:
    held: WeightedLruCache[str, int] = WeightedLruCache(5)

    for _ in range(2):
        try:
            held.get("a", lambda: 1 // 0)
        except ZeroDivisionError:
            continue

    assert held.get("a", lambda: 7) == 7
