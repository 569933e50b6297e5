"""The memory that forgets what was not asked for lately."""

from __future__ import annotations

from core.lru_cache import Recent


def test_it_holds_no_more_than_it_may_and_keeps_what_was_asked_for_last() -> None:
    held: Recent[int, str] = Recent(30, weigh=len)

    for number in range(10):
        held.get(number, lambda: "ten bytes.")
        held.get(0, lambda: "the first one that was made")

    assert held.weight == 30
    assert held.get(9, lambda: "made again") == "ten bytes."
    assert held.get(1, lambda: "made again") == "made again"


def test_what_weighs_more_than_all_is_held_alone() -> None:
    held: Recent[str, str] = Recent(5, weigh=len)

    held.get("small", lambda: "abc")
    held.get("large", lambda: "abcdefghij")

    assert held.get("large", lambda: "made again") == "abcdefghij"
    assert held.get("small", lambda: "made again") == "made again"


def test_an_error_is_not_remembered() -> None:
    held: Recent[str, int] = Recent(5)

    for _ in range(2):
        try:
            held.get("a", lambda: 1 // 0)
        except ZeroDivisionError:
            continue

    assert held.get("a", lambda: 7) == 7
