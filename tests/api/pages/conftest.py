"""A listed service, and the two assurers whom a correction of it takes."""

from __future__ import annotations

import pytest

from core.models import User
from tests import make


@pytest.fixture
def asta(db: None) -> User:
    make.world()
    make.service("gb-line")
    return make.person("asta", "assurer")


@pytest.fixture
def ola(asta: User) -> User:
    return make.person("ola", "assurer")
