"""One emulator of FCM for this folder's tests, and settings that point at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.processes import Emulator, start_emulator


@pytest.fixture(scope="session")
def running_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = start_emulator(tmp_path_factory.mktemp("fcm"))
    yield emulator
    emulator.stop()


@pytest.fixture
def fcm_emulator(running_emulator: Emulator, settings: Any) -> Emulator:
    """Return an empty emulator that the sender of this process sends to."""
    from notifications import fcm

    running_emulator.reset()
    settings.FCM_ENDPOINT = running_emulator.url
    settings.FIREBASE_PROJECTS = {running_emulator.project: str(running_emulator.credentials_file)}
    fcm._sender_of.cache_clear()
    return running_emulator
