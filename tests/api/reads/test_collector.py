"""What a web process serves is exempted from garbage collection once for each release."""

from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import pytest

from api.reads import collector
from api.reads.collector import Collector
from api.reads.edition import Edition
from api.reads.pack_store import PackStore


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note each time that everything is exempted, in place of doing it: a run in the process of the tests takes a second."""
    found: list[int] = []
    monkeypatch.setattr(collector, "exempt_all", lambda: found.append(1))
    return found


def test_each_release_is_exempted_once(tmp_path: Path, runs: list[int]) -> None:
    first, exempt = Edition(PackStore(tmp_path), number=1), Collector().exempt

    for edition in (first, replace(first, manifest="new"), replace(first, number=2), replace(first, number=2)):
        exempt(edition)

    assert len(runs) == 2


def test_before_the_first_release_nothing_is_exempted_again(tmp_path: Path, runs: list[int]) -> None:
    Collector().exempt(Edition(PackStore(tmp_path)))

    assert runs == []


def test_what_is_exempted_is_not_looked_at_and_is_freed_without_the_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "collect", lambda: 0)
    freed: list[str] = []

    class Held:
        def __del__(self) -> None:
            freed.append("held")

    held = [Held()]
    assert any(one is held for one in gc.get_objects())

    collector.exempt_all()

    assert not any(one is held for one in gc.get_objects())
    del held
    assert freed == ["held"]
