"""A campaign's draft and its translator."""

from __future__ import annotations

import pytest

from core.models import User
from notifications.models import Campaign
from tests import make
from tests.notifications.campaigns.translations import editor


@pytest.fixture
def draft() -> Campaign:
    return make.campaign(state="draft")


@pytest.fixture
def ali() -> User:
    return editor("ali")
