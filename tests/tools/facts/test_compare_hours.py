"""The comparison of opening hours finds a difference, and leaves out what is unknown here."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tools.facts import compare_hours

MONDAY_NOON = 12


def _answers(change: dict[int, bool | None]) -> list[bool | None]:
    """Return the resolver's answers for office hours, with those of some hours changed."""
    hours = compare_hours.local_hours(compare_hours.FIRST)
    own = [compare_hours.ours("Mo-Fr 09:00-17:00", "GB", local) for local in hours]
    return [change.get(number, answer) for number, answer in enumerate(own)]


def _compare(monkeypatch: pytest.MonkeyPatch, change: dict[int, bool | None]) -> dict[str, object]:
    monkeypatch.setattr(compare_hours, "strings_of_hours", lambda: [("Mo-Fr 09:00-17:00", "GB")])
    monkeypatch.setattr(compare_hours, "theirs", lambda folder, questions, first: [_answers(change)])
    return compare_hours.compare(Path())


def test_equal_answers_are_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _compare(monkeypatch, {}) == {"strings": 1, "queried": 336, "unknown": 0, "differences": []}


@pytest.mark.parametrize("other", [False, None])
def test_a_different_answer_is_named_with_its_hour(monkeypatch: pytest.MonkeyPatch, other: bool | None) -> None:
    found = _compare(monkeypatch, {MONDAY_NOON: other})

    assert found["differences"] == [f"GB 'Mo-Fr 09:00-17:00' at Mon 2026-11-02 12:00: True here, {other} there"]


def test_hours_of_the_facts_are_asked_for_each_country_once() -> None:
    queried = compare_hours.strings_of_hours()

    assert len(set(queried)) == len(queried) > 40
    assert ("We-Su 13:00-20:30", "VN") in queried
    assert next(compare_hours.local_hours(datetime(2026, 11, 2))) == datetime(2026, 11, 2)
