"""Facts that were loaded and approved."""

from __future__ import annotations

import pytest

from tests.content.importing.facts_files import SOME, approve_all, load


@pytest.fixture
def loaded(db: None) -> None:
    load(SOME)
    approve_all()
