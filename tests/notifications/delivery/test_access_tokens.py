"""Access tokens are renewed ahead of their expiry, without holding up sending."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from google.auth import _helpers
from google.auth.exceptions import TransportError

from notifications.delivery import fcm
from notifications.delivery.fcm import ServiceAccount
from tests.processes import Emulator, start_emulator


@pytest.fixture
def account(tmp_path: Path, settings: Any) -> Any:
    """Return a function that returns the account of an emulator whose tokens last that many seconds."""
    emulators: list[Emulator] = []

    def make(seconds: int) -> ServiceAccount:
        emulator = start_emulator(tmp_path, "fingerpost-test", "--token-seconds", str(seconds))
        emulators.append(emulator)
        settings.FIREBASE_PROJECTS = {emulator.project: str(emulator.credentials_file)}
        return ServiceAccount(emulator.project)

    yield make
    for emulator in emulators:
        emulator.stop()


def slowly(account: ServiceAccount, seconds: float) -> None:
    request = account._request

    def late(*arguments: Any, **options: Any) -> Any:
        time.sleep(seconds)
        return request(*arguments, **options)

    account._request = late  # type: ignore[assignment]


def until(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_token_is_for_sending_messages_alone(account: Callable[[int], ServiceAccount]) -> None:
    found, bodies = account(3600), []
    request = found._request

    def recorded(*arguments: Any, **options: Any) -> Any:
        bodies.append(options["body"])
        return request(*arguments, **options)

    found._request = recorded  # type: ignore[assignment]
    found.bearer()

    (assertion,) = parse_qs(bodies[0].decode())["assertion"]
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert claims["scope"] == "https://www.googleapis.com/auth/firebase.messaging"


def test_a_token_near_its_end_is_renewed_in_the_background(account: Callable[[int], ServiceAccount]) -> None:
    # Four minutes: below the five at which a new one is fetched, above the one from which callers wait for it.
    found = account(240)
    first = found.bearer()
    slowly(found, 0.5)

    began = time.monotonic()
    same = found.bearer()
    took = time.monotonic() - began
    until(lambda: found.bearer() != first)

    assert (same, took < 0.2) == (first, True)


def test_callers_wait_for_the_renewal_of_an_expiring_token(account: Callable[[int], ServiceAccount]) -> None:
    found = account(3600)
    first = found.bearer()
    found._credentials.expiry = (datetime.now(UTC) + timedelta(seconds=30)).replace(tzinfo=None)

    assert found.bearer() != first


def test_a_failed_renewal_is_reported_when_the_old_token_expires(account: Callable[[int], ServiceAccount]) -> None:
    found = account(240)
    first = found.bearer()

    def unreachable(*arguments: Any, **options: Any) -> Any:
        raise TransportError("no network")  # type: ignore[no-untyped-call]

    found._request = unreachable  # type: ignore[assignment]
    found.bearer()
    until(found._renewal.done)

    assert found.bearer() == first
    found._credentials.expiry = (datetime.now(UTC) + timedelta(seconds=30)).replace(tzinfo=None)
    with pytest.raises(fcm.CredentialsUnreachable):
        found.bearer()


@pytest.mark.parametrize("minutes", [-70, 10])
def test_a_worker_whose_clock_is_wrong_leaves_the_project_to_others(
    account: Callable[[int], ServiceAccount], monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    found, right = account(3600), _helpers.utcnow
    monkeypatch.setattr(_helpers, "utcnow", lambda: right() + timedelta(minutes=minutes))  # type: ignore[no-untyped-call]

    with pytest.raises(fcm.AccountMissing, match="its clock is wrong"):
        found.bearer()
