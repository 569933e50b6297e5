"""Signing in: tries are limited before the hash, without locking out the person; each sign-in is on record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.test import Client

from core.audit_verbs import Verb
from core.console import sign_in
from core.models import AuditEntry
from tests.make import person

pytestmark = pytest.mark.django_db

LOGIN = "/console/login/"
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("core.rate_limits.time.time", lambda: 6_000_010.0)
    cache.clear()
    user = person("ada")
    user.is_staff = True
    user.set_password(PASSWORD)
    user.save()
    yield
    cache.clear()


def _try(client: Client, password: str = "wrong", *, name: str = "ada", address: str = "192.0.2.1") -> int:
    return client.post(LOGIN, {"username": name, "password": password, "next": "/console/"}, REMOTE_ADDR=address).status_code


def _verbs() -> list[str]:
    return list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True))


def test_a_sign_in_is_recorded_and_leads_to_the_first_page() -> None:
    client = Client()

    response = client.post(LOGIN, {"username": "ada", "password": PASSWORD, "next": "/console/"})

    assert (response.status_code, response["Location"]) == (302, "/console/")
    assert _verbs() == [Verb.SIGNED_IN]
    assert client.get("/console/").status_code == 200


def test_an_address_outside_the_console_is_not_followed() -> None:
    response = Client().post(LOGIN, {"username": "ada", "password": PASSWORD, "next": "https://example.org/"})

    assert response.status_code == 302
    assert "example.org" not in response["Location"]


def test_tries_over_the_limit_are_refused_before_the_password_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str] = []

    def count(request: Any, **given: Any) -> Any:
        hashed.append(given["username"])
        return authenticate(request, **given)

    monkeypatch.setattr("django.contrib.auth.forms.authenticate", count)
    client = Client()

    for _ in range(sign_in.ACCOUNT_TRIES + 5):
        assert _try(client) == 200

    assert len(hashed) == sign_in.ACCOUNT_TRIES
    assert _verbs() == [Verb.SIGN_IN_FAILED] * sign_in.ACCOUNT_TRIES
    page = client.post(LOGIN, {"username": "ada", "password": PASSWORD}).content.decode()
    assert "too many tries" in page


def test_a_person_signs_in_from_their_own_browser_while_others_guess() -> None:
    own = Client()
    assert _try(own, PASSWORD, address="198.51.100.7") == 302
    own.post("/console/logout/")

    for number in range(sign_in.ACCOUNT_TRIES + 5):
        _try(Client(), address=f"203.0.113.{number}")

    assert _try(Client(), PASSWORD, address="198.51.100.8") == 200, "a new browser waits"
    assert _try(own, PASSWORD, address="198.51.100.7") == 302, "the person's own browser does not"


def test_a_known_browser_has_a_limit_too_and_helps_no_other_account() -> None:
    own = Client()
    _try(own, PASSWORD)

    assert [_try(own, PASSWORD, address=f"203.0.113.{n}") for n in range(sign_in.KNOWN_BROWSER_TRIES + 1)][-1] == 200
    for _ in range(sign_in.ACCOUNT_TRIES):
        _try(own, name="grace", address="203.0.113.200")
    assert (
        "too many tries" in own.post(LOGIN, {"username": "grace", "password": "x"}, REMOTE_ADDR="203.0.113.201").content.decode()
    )


def test_one_network_cannot_try_many_accounts() -> None:
    for number in range(sign_in.NETWORK_TRIES):
        _try(Client(), name=f"nobody-{number}")

    assert "too many tries" in Client().post(
        LOGIN, {"username": "ada", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1"
    ).content.decode()  # fmt: skip
    assert _try(Client(), PASSWORD, address="192.0.2.2") == 302


def test_the_cookie_of_a_browser_does_not_name_the_person() -> None:
    client = Client()
    _try(client, PASSWORD)

    cookie = client.cookies["fingerpost_browser"]
    assert "ada" not in cookie.value
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/console/")


def test_staff_can_sign_in_while_the_cache_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_args: Any, **_kwargs: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("core.rate_limits.count", down)

    assert _try(Client(), PASSWORD) == 302


@pytest.mark.parametrize(("name", "status"), [("", 200), ("x" * 400, 200), ("ada\x00", 400)])
def test_an_odd_name_is_refused_like_a_wrong_one_and_nul_in_any_form(name: str, status: int) -> None:
    assert _try(Client(), name=name) == status
