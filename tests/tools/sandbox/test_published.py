"""A sandbox with a release is made once for a run of the tests, and others begin with a copy (tools/sandbox/published.py)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from tools.sandbox import postgres, published
from tools.sandbox.paths import Paths, read_json, write_json
from tools.sandbox.postgres import Cluster


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Let a sandbox be made by writing files; return the folders in which that happened."""
    found: list[Path] = []

    def make(draft: Paths, kept: Path, outside: Mapping[str, str]) -> None:
        found.append(draft.run)
        (kept / "data").mkdir(parents=True)
        (kept / "data" / "PG_VERSION").write_text("18")
        (kept / "edition").mkdir()
        (kept / "edition" / "current").write_text("1")
        write_json(kept / "secrets.json", {"postgres_password": "first", "database_password": "second"})

    monkeypatch.setattr(published, "_make", make)
    monkeypatch.setattr(
        postgres,
        "cluster",
        lambda paths: Cluster(paths.run, paths.run / "data", None, paths.run, paths.run / "postgres.json", {}),
    )
    return found


def a_run(folder: Path, name: str) -> Paths:
    paths = Paths(folder, folder / name)
    paths.create()
    return paths


def test_without_a_folder_nothing_is_made_or_copied(tmp_path: Path, made: list[Path]) -> None:
    paths = a_run(tmp_path, "run")
    before = sorted(paths.run.iterdir())

    published.begin_with_copy(paths, {})

    assert sorted(paths.run.iterdir()) == before
    assert made == []


def test_of_several_that_begin_together_one_makes_it_and_all_have_a_copy(tmp_path: Path, made: list[Path]) -> None:
    outside = {published.KEPT_IN: str(tmp_path / "kept-here")}
    runs = [a_run(tmp_path, f"run-{number}") for number in range(4)]
    threads = [threading.Thread(target=published.begin_with_copy, args=(paths, outside)) for paths in runs]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert made == [tmp_path / "kept-here" / "made"]
    for paths in runs:
        assert (paths.run / "data" / "PG_VERSION").read_text() == "18"
        assert (paths.run / "edition" / "current").read_text() == "1"
        assert read_json(paths.run / "secrets.json")["postgres_password"] == "first"
        # By this the next start knows that the database has these passwords.
        assert read_json(paths.run / "postgres.json")["made_with"] == postgres._mark("first", "second")
