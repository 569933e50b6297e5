"""One emulator with TLS for the tests of this folder, reset before each test, and two HTTP/2 clients of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.processes import Emulator, start_emulator
from tests.tools.fcm_emulator.http2.client import Client, Raw
from tools.bench.emulator import access_token


@pytest.fixture(scope="package")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    emulator = start_emulator(tmp_path_factory.mktemp("encrypted"), tls=True)
    yield emulator
    emulator.stop()


@pytest.fixture(scope="package")
def token(encrypted: Emulator) -> str:
    return access_token(encrypted)


@pytest.fixture
def emulator(encrypted: Emulator) -> Emulator:
    encrypted.reset()
    return encrypted


@pytest.fixture
def client(emulator: Emulator, token: str) -> Iterator[Client]:
    with Client(emulator, token) as client:
        yield client


@pytest.fixture
def raw(emulator: Emulator) -> Iterator[Raw]:
    with Raw(emulator) as raw:
        yield raw
