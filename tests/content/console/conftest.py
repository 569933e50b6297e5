"""A tip to translate, which names a service."""

from __future__ import annotations

import pytest

from tests import make
from tests.made_once import made_once


@pytest.fixture
def words(db: None) -> None:
    translatable_tip()


@made_once
def translatable_tip() -> None:
    make.world()
    make.service("gb-line", channels=0)
    make.tip(texts={"short": "Talk to {service:gb-line}."})
