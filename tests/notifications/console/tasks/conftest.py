"""A member of campaign staff who is signed in, and content to write about."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import make


@pytest.fixture
def author(client: Client) -> make.User:
    person, _ = make.campaign_staff()
    client.force_login(person)
    return person


@pytest.fixture
def content() -> None:
    make.world()
    make.service("gb-line")
    make.tip(audiences=["parent", "teen"])
    make.app()
    make.app("parent-test", test=True)
    make.installations(25)
