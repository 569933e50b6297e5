"""A tip to translate, which names a service."""

from __future__ import annotations

import pytest

from tests import make


@pytest.fixture
def words(db: None) -> None:
    make.world()
    make.service("gb-line", channels=0)
    make.tip(texts={"short": "Talk to {service:gb-line}."})
