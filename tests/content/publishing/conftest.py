"""Two publishers, and a published release with a service to withdraw."""

from __future__ import annotations

import pytest

from content.models import Release
from core.models import User
from tests import make
from tests.made_once import made_once


@pytest.fixture
def ann(db: None) -> User:
    return make.person("ann", "publisher")


@pytest.fixture
def ben(db: None) -> User:
    return make.person("ben", "publisher")


@pytest.fixture
def published(db: None) -> Release:
    """Two helplines of Great Britain; tips that name the second in every kind of text, and one that names none."""
    published_content()
    return Release.objects.get()


@made_once
def published_content() -> None:
    make.small_content()
    make.service("gb-wrong", name="Help & Talk")
    make.tip(
        "ask",
        texts={
            "do-now.1": "Ask {service:gb-wrong}.",
            "short": "{service:gb-wrong} can help.",
            "more": "First.\n\n- Ask {service:gb-wrong}.\n- Breathe.",
        },
    )
    make.release()
