"""Counters of one server: every process reports the sum, and nobody can add a name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core import counters
from core.counters import Counters

NAMES = ("a", "b")
ROOT = Path(counters.__file__).parents[1]
CHILD = """
import pathlib, sys
from core.counters import Counters
Counters("x", ("a", "b"), folder=pathlib.Path(sys.argv[1])).add("a")
"""


def test_each_process_reports_the_sum_also_of_those_that_have_ended(tmp_path: Path) -> None:
    own = Counters("x", NAMES, folder=tmp_path)
    own.add("a")
    own.add("b")

    for _ in range(2):
        subprocess.run([sys.executable, "-c", CHILD, str(tmp_path)], check=True, cwd=ROOT, timeout=60)

    assert own.totals() == {"a": 3, "b": 1}
    assert Counters("other", NAMES, folder=tmp_path).totals() == {}
    assert Counters("x", (*NAMES, "c"), folder=tmp_path).totals() == {}


def test_a_name_that_was_not_given_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        Counters("x", NAMES, folder=tmp_path).add("/v1/help?situation=blackmail")


def test_without_a_folder_a_process_counts_for_itself(tmp_path: Path) -> None:
    alone = Counters("x", NAMES, folder=tmp_path / "missing")
    alone.add("a")

    assert alone.totals() == {"a": 1}
    assert not (tmp_path / "missing").exists()


def test_the_folder_is_there_for_as_long_as_the_server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = counters.folder_of(os.getpid())
    folder.mkdir()
    (folder / "left-by-an-earlier-process-of-this-id").touch()

    with counters.shared_folder():
        assert list(folder.iterdir()) == []
        assert folder.stat().st_mode & 0o777 == 0o700

    assert not folder.exists()
