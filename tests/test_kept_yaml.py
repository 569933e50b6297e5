"""What YAML files hold is read once, and anew after a change."""

from __future__ import annotations

import os
import pickle
import time
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tests import kept_yaml

LONG = "".join(f"word-{number}: [no, 0o17, 1.5, null, 'it''s']\n" for number in range(200))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which alone is kept what this test reads."""
    load = YAML.load
    monkeypatch.setattr(YAML, "load", getattr(load, "__wrapped__", load))
    kept_yaml.keep_yaml(tmp_path)
    return tmp_path


def read(text: str | Path) -> Any:
    return YAML(typ="safe").load(text)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("*"))


def test_what_is_kept_is_what_was_read(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("files") / "long.yaml"
    file.write_text(LONG)

    first = read(LONG)
    (only,) = kept(folder)

    assert first == {f"word-{number}": ["no", 15, 1.5, None, "it's"] for number in range(200)}
    assert read(LONG) == read(file) == first
    assert kept(folder) == [only]
    # It is what the next run reads.
    only.write_bytes(pickle.dumps("kept"))
    assert read(LONG) == read(file) == "kept"
    assert read(LONG + "more: 1\n") == {**first, "more": 1}


def test_nobody_changes_what_is_kept(folder: Path) -> None:
    read(LONG).clear()

    assert len(read(LONG)) == 200


def test_short_texts_are_not_kept(folder: Path) -> None:
    assert read("short: 1") == {"short": 1}

    assert kept(folder) == []


@pytest.mark.parametrize(("wrong", "words"), [("word-1: twice\n", "duplicate key"), ("open: [\n", "flow")])
def test_a_fault_is_found_each_time(folder: Path, wrong: str, words: str) -> None:
    for _ in range(2):
        with pytest.raises(YAMLError, match=words):
            read(LONG + wrong)

    assert kept(folder) == []


def test_readers_of_another_kind_read_by_themselves(folder: Path) -> None:
    assert type(YAML().load(LONG)).__name__ == "CommentedMap"
    YAML(typ="safe", pure=True).load(LONG)

    assert kept(folder) == []


def test_what_no_run_has_read_for_a_month_is_removed(folder: Path) -> None:
    read(LONG)
    (old,) = kept(folder)
    read(LONG + "more: 1\n")
    long_ago = time.time() - 40 * 86_400
    os.utime(old, (long_ago, long_ago))

    kept_yaml.remove_unused(folder)

    assert old not in kept(folder)
    assert len(kept(folder)) == 1
