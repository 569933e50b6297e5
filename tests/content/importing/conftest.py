"""Facts that were loaded and approved, and a folder of words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.content.importing.facts_files import SOME, approve_all, load
from tests.content.importing.words_folder import write


@pytest.fixture
def loaded(db: None) -> None:
    load(SOME)
    approve_all()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of words with one tip."""
    (tmp_path / "targets").mkdir()
    write(tmp_path)
    return tmp_path
