"""Registrations over HTTP: accepted and refused values, what is returned, and who has access."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from notifications.models import App, Registration
from tests import make

pytestmark = pytest.mark.django_db

BODY = {
    "app": "parent",
    "address_kind": "fid",
    "address": make.fid(1),
    "platform": "android",
    "locale": "cy",
    "country": "GB",
    "region": None,
    "time_zone": "Europe/London",
    "audience": "parent",
    "app_version": "1.2.0",
}


@pytest.fixture(autouse=True)
def _apps(db: None) -> None:
    make.app("parent")
    make.app("teen", push_mode="feed")


def register(api: Client, **changed: Any) -> Any:
    return api.post("/v1/registrations", {**BODY, **changed}, content_type="application/json")


def bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def test_registering_returns_the_secret_once(api: Client) -> None:
    response = register(api)

    created = response.json()
    assert response.status_code == 201
    assert response["Cache-Control"] == "no-store"
    assert response["Location"] == f"/v1/registrations/{created['id']}"
    assert set(created) == {"id", "secret", "refresh_after", "push_mode"}
    assert created["push_mode"] == "registrations"
    assert len(created["secret"]) >= 43
    assert datetime.fromisoformat(created["refresh_after"]) - datetime.now(UTC) > timedelta(days=13)
    stored = api.get(f"/v1/registrations/{created['id']}", headers=bearer(created["secret"])).json()
    assert stored["locale"] == "cy"
    assert stored["refresh_after"] == created["refresh_after"]
    assert created["secret"] not in str(stored)
    assert str(BODY["address"]) not in str(stored)


def test_a_known_address_keeps_its_row_and_gets_a_new_secret(api: Client) -> None:
    first, second = register(api).json(), register(api, locale="en").json()

    assert first["id"] == second["id"]
    assert first["secret"] != second["secret"]
    assert Registration.objects.count() == 1
    assert api.get(f"/v1/registrations/{first['id']}", headers=bearer(first["secret"])).status_code == 404
    assert api.get(f"/v1/registrations/{first['id']}", headers=bearer(second["secret"])).json()["locale"] == "en"


def test_an_app_that_stores_no_addresses_cannot_register(api: Client) -> None:
    response = register(api, app="teen")

    assert response.status_code == 409
    assert response.json()["type"] == "/v1/problems/push-mode"
    assert response.json()["push_mode"] == "feed"
    assert not Registration.objects.exists()


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_unknown_id_and_wrong_secret_look_the_same(api: Client, method: str) -> None:
    created = register(api).json()
    own, other = f"/v1/registrations/{created['id']}", f"/v1/registrations/{uuid4()}"
    call = getattr(api, method)
    arguments = {} if method == "get" else {"content_type": "application/json", "data": {}}

    answers = [
        call(own, headers=bearer("x" * 43), **arguments),
        call(other, headers=bearer(created["secret"]), **arguments),
        call("/v1/registrations/not-an-id", headers=bearer(created["secret"]), **arguments),
    ]

    assert [a.status_code for a in answers] == [404, 404, 404]
    assert len({a.content for a in answers}) == 1
    assert Registration.objects.count() == 1


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer", "Bearer a b", "Bearer " + "x" * 300, "bearer \x00"])
def test_without_a_secret_nothing_is_shown(api: Client, header: str) -> None:
    created = register(api).json()

    response = api.get(f"/v1/registrations/{created['id']}", headers={"authorization": header})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert response.json()["type"] == "/v1/problems/not-authenticated"


def test_omitted_fields_keep_their_values(api: Client) -> None:
    created = register(api).json()

    response = api.patch(
        f"/v1/registrations/{created['id']}",
        {"locale": "en", "region": "GB-WLS"},
        content_type="application/json",
        headers=bearer(created["secret"]),
    )

    assert response.status_code == 200
    assert {k: response.json()[k] for k in ("locale", "region", "country", "app_version")} == {
        "locale": "en",
        "region": "GB-WLS",
        "country": "GB",
        "app_version": "1.2.0",
    }


def test_a_legacy_token_becomes_an_installation_id_in_the_same_row(api: Client) -> None:
    created = register(api, address_kind="token", address=make.token()).json()

    response = api.patch(
        f"/v1/registrations/{created['id']}",
        {"address_kind": "fid", "address": make.fid(7)},
        content_type="application/json",
        headers=bearer(created["secret"]),
    )

    assert response.json()["address_kind"] == "fid"
    assert register(api, address=make.fid(7)).json()["id"] == created["id"]
    assert Registration.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "form"),
    [
        ({"address": "x" * 23}, "22 letters, digits, hyphens and underscores"),
        ({"address_kind": "token"}, "80 to 250 letters, digits, hyphens and underscores"),
        ({"platform": "symbian"}, "Must be one of: android, ios, web."),
    ],
)
def test_a_refused_value_says_what_a_valid_one_looks_like(api: Client, changed: dict[str, str], form: str) -> None:
    response = register(api, **changed)

    assert response.status_code == 422
    assert form in response.json()["errors"][0]["detail"]
    assert str(BODY["address"]) not in response.content.decode()


def test_a_deleted_registration_is_gone(api: Client) -> None:
    created = register(api).json()
    path = f"/v1/registrations/{created['id']}"

    response = api.delete(path, headers=bearer(created["secret"]))

    assert (response.status_code, response.content) == (204, b"")
    assert not Registration.objects.exists()
    assert api.delete(path, headers=bearer(created["secret"])).status_code == 404


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"app": "nobody"}, "app"),
        ({"address_kind": "email"}, "address_kind"),
        ({"address": "short"}, "address"),
        ({"address": "a" * 10_000}, "address"),
        ({"address": "data:image/png;base64," + "A" * 400}, "address"),
        ({"address": "spaces in it"}, "address"),
        ({"address": 7}, "address"),
        ({"platform": "toaster"}, "platform"),
        ({"locale": "not a tag"}, "locale"),
        ({"locale": "x" * 101}, "locale"),
        ({"country": "XX"}, "country"),
        ({"country": "ZZ"}, "country"),
        ({"region": "FR-75"}, "region"),
        ({"time_zone": "my bedroom"}, "time_zone"),
        ({"audience": "robot"}, "audience"),
        ({"app_version": "one two"}, "app_version"),
        ({"app_version": "call-me-on-0800"}, "app_version"),
        ({"name": "Ann"}, "name"),
        ({"picture": "AAAA"}, "picture"),
    ],
)
def test_invalid_fields_are_refused_by_name(api: Client, changed: dict[str, Any], field: str) -> None:
    response = register(api, **changed)

    assert response.status_code == 422
    assert field in {error["field"] for error in response.json()["errors"]}
    assert str(BODY["address"]) not in response.content.decode()
    assert not Registration.objects.exists()


@pytest.mark.parametrize("missing", [name for name in BODY if name not in {"region", "time_zone"}])
def test_missing_fields_are_refused_by_name(api: Client, missing: str) -> None:
    body = {name: value for name, value in BODY.items() if name != missing}

    response = api.post("/v1/registrations", body, content_type="application/json")

    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [missing]


def test_values_are_stored_in_canonical_form(api: Client) -> None:
    created = register(api, locale="PT-br", country="gb", time_zone="Europe/Belfast").json()

    stored = api.get(f"/v1/registrations/{created['id']}", headers=bearer(created["secret"])).json()

    assert (stored["locale"], stored["country"]) == ("pt-BR", "GB")
    assert register(api, time_zone="Mars/Olympus").status_code == 201


def test_teenagers_register_only_where_a_legal_basis_is_recorded(api: Client) -> None:
    response = register(api, audience="teen")

    assert (response.status_code, response.json()["type"]) == (409, "/v1/problems/no-teens")
    assert not Registration.objects.exists()

    App.objects.filter(name="parent").update(basis_for_teens={"GB": "impact assessment 7"})

    created = register(api, audience="teen").json()
    moved = api.patch(
        f"/v1/registrations/{created['id']}",
        {"country": "FR"},
        content_type="application/json",
        headers=bearer(created["secret"]),
    )
    assert (moved.status_code, moved.json()["type"]) == (409, "/v1/problems/no-teens")
    assert Registration.objects.get().segment.country == "GB"
    described = api.get("/v1/schema").json()["paths"]["/v1/registrations/{registration_id}"]
    assert {method: "409" in operation["responses"] for method, operation in described.items()} == {
        "get": False,
        "patch": True,
        "delete": False,
    }


def test_registrations_from_one_address_are_limited(api: Client, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "registrations": (2, 3600)}
    for number in range(2):
        assert register(api, address=make.fid(number)).status_code == 201

    response = register(api, address=make.fid(3))

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert response.json()["type"] == "/v1/problems/too-many-requests"
    assert Registration.objects.count() == 2
