"""A small content to compile."""

from __future__ import annotations

import pytest

from tests import make


@pytest.fixture
def content(db: None) -> None:
    make.small_content()
