"""What the tests of content share."""

from __future__ import annotations

import pytest

from content.linting import term_list


@pytest.fixture(autouse=True)
def shipped_term_lists(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let tests without a database check texts by the term lists of the product alone, and not by those of added languages."""
    if request.node.get_closest_marker("django_db") is None and not {"db", "transactional_db"} & set(request.fixturenames):
        monkeypatch.setattr(term_list, "_STORED", [])
