"""An audience of thirty installations."""

from __future__ import annotations

import pytest

from tests import make
from tests.processes import Emulator


@pytest.fixture
def thirty(fcm_emulator: Emulator) -> Emulator:
    make.app()
    make.installations(30)
    return fcm_emulator
