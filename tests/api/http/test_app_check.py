"""Firebase App Check: with APP_CHECK=enforce only apps of ours may write or ask for topics; signed by an emulator over HTTP."""

from __future__ import annotations

import base64
import hmac
import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.cache import cache
from django.test import Client
from jwt.algorithms import RSAAlgorithm

from api.http import app_check
from api.http.errors import KINDS
from config import env
from notifications.models import Registration
from tests import make
from tests.api.v1.test_registrations import BODY
from tests.api.v1.test_topics import QUERY
from tests.processes import Emulator

pytestmark = pytest.mark.django_db

PARENT, TEEN, STRANGER = "1:4711:android:ab12", "1:4711:ios:cd34", "1:4711:android:ef56"


@pytest.fixture(autouse=True)
def _enforced(running_emulator: Emulator, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    make.world()
    make.app("parent")
    make.app("teen", push_mode="topics")
    settings.APP_CHECK = "enforce"
    settings.APP_CHECK_APPS = {"parent": frozenset({PARENT}), "teen": frozenset({TEEN})}
    settings.APP_CHECK_ENDPOINT = running_emulator.url
    monkeypatch.setattr(app_check, "signing_keys", app_check.SigningKeys())
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def signed_here(monkeypatch: pytest.MonkeyPatch) -> rsa.RSAPrivateKey:
    """Return the private key of App Check, for tokens that the emulator would not sign."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = RSAAlgorithm.from_jwk(RSAAlgorithm.to_jwk(key.public_key(), as_dict=True))

    def find(key_id: str, *, at: float) -> Any:
        return public if key_id == "here" else None

    monkeypatch.setattr(app_check.signing_keys, "find", find)
    return key


def sign(key: Any, *, algorithm: str = "RS256", kid: str = "here", typ: str = "JWT", **changed: Any) -> str:
    """Return a valid token with claims changed; instants are in seconds from now, and a claim that is None is left out."""
    now = int(time.time())
    changed |= {name: now + changed[name] for name in ("exp", "iat") if isinstance(changed.get(name), int)}
    claims = {
        "iss": "https://firebaseappcheck.googleapis.com/4711", "aud": ["projects/4711", "projects/x"], "sub": PARENT,
        "iat": now, "exp": now + 3600, **changed,
    }  # fmt: skip
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": kid, "typ": typ})


def signed_with_hmac(token: str, key: bytes) -> str:
    """Return the token with `alg` HS256, signed with any bytes; PyJWT itself refuses to make one with a public key."""
    header = {"alg": "HS256", "typ": "JWT", "kid": "here"}
    signed = b".".join([base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"="), token.split(".")[1].encode()])
    return (signed + b"." + base64.urlsafe_b64encode(hmac.digest(key, signed, "sha256")).rstrip(b"=")).decode()


def register(api: Client, token: str = "", **changed: str) -> Any:
    headers = {app_check.HEADER: token} if token else {}
    return api.post("/v1/registrations", {**BODY, **changed}, content_type="application/json", headers=headers)


def code(response: Any) -> str:
    return str(response.json()["type"].rpartition("/")[2])


def test_a_registration_without_a_token_is_refused(api: Client) -> None:
    response = register(api)

    assert (response.status_code, code(response)) == (401, "app-check-missing")
    assert response["WWW-Authenticate"] == "AppCheck"
    assert not Registration.objects.exists()


def test_a_registration_of_our_app_counts_at_once(api: Client, running_emulator: Emulator, settings: Any) -> None:
    settings.REGISTRATIONS_COUNT_AT_ONCE = False

    response = register(api, running_emulator.app_check_token(PARENT))

    assert response.status_code == 201
    assert Registration.objects.get().ticket is not None


def test_an_attested_refresh_proves_an_older_registration(api: Client, running_emulator: Emulator, settings: Any) -> None:
    settings.REGISTRATIONS_COUNT_AT_ONCE = False
    settings.APP_CHECK = "off"
    made = register(api).json()
    assert Registration.objects.get().ticket is None
    settings.APP_CHECK = "enforce"
    path, secret = f"/v1/registrations/{made['id']}", {"Authorization": f"Bearer {made['secret']}"}

    bare = api.patch(path, {}, content_type="application/json", headers=secret)
    token = running_emulator.app_check_token(PARENT)
    attested = api.patch(path, {}, content_type="application/json", headers={**secret, app_check.HEADER: token})
    forgotten = api.delete(path, headers=secret)

    assert (bare.status_code, code(bare), attested.status_code, forgotten.status_code) == (401, "app-check-missing", 200, 204)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/v1/receipts", {"app": "parent", "alert": "1", "event": "shown"}),
        ("post", "/v1/corrections", {"service": "gb-ceop", "channel": 1, "problem": "wrong-number"}),
        ("get", "/v1/topics", QUERY),
    ],
)
def test_each_write_and_topics_need_a_token(api: Client, method: str, path: str, body: dict[str, Any]) -> None:
    options = {"content_type": "application/json"} if method == "post" else {}

    response = getattr(api, method)(path, body, **options)

    assert (response.status_code, code(response)) == (401, "app-check-missing")


@pytest.mark.parametrize("path", ["/v1/", "/v1/alerts", "/healthz"])
def test_reading_needs_no_token(api: Client, path: str) -> None:
    assert api.get(path).status_code not in (401, 403)


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": -60},
        {"exp": None},
        {"aud": ["projects/999"]},
        {"aud": None},
        {"iss": "https://firebaseappcheck.googleapis.com/999"},
        {"iss": "https://evil.example/4711"},
        {"sub": ""},
        {"sub": None},
        {"sub": "1:999:android:ab12"},
        {"iat": 3600},
        {"kid": "invented"},
        {"typ": "at+jwt"},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_part_is_invalid(api: Client, signed_here: rsa.RSAPrivateKey, changed: dict[str, Any]) -> None:
    assert register(api, sign(signed_here)).status_code == 201

    response = register(api, sign(signed_here, **changed))

    assert (response.status_code, code(response)) == (401, "app-check-invalid")


def test_a_token_without_a_signature_or_signed_with_the_public_key_is_invalid(
    api: Client, signed_here: rsa.RSAPrivateKey
) -> None:
    public = signed_here.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = [
        sign(None, algorithm="none"),
        signed_with_hmac(sign(signed_here), public),
        sign(other),
        sign(signed_here)[:-2],
        "a.b.c",
        "x" * 9000,
        "\N{SNOWMAN}",
    ]

    answers = [register(api, token) for token in forged]

    assert [(one.status_code, code(one)) for one in answers] == [(401, "app-check-invalid")] * len(forged)


def test_an_app_that_is_not_listed_or_names_another_is_not_allowed(api: Client, running_emulator: Emulator) -> None:
    unknown = register(api, running_emulator.app_check_token(STRANGER))
    other = register(api, running_emulator.app_check_token(TEEN))

    assert [(one.status_code, code(one)) for one in (unknown, other)] == [(403, "app-not-allowed")] * 2


def test_a_limited_use_token_is_good_for_one_request(api: Client, running_emulator: Emulator) -> None:
    token, lasting = running_emulator.app_check_token(PARENT, limited_use=True), running_emulator.app_check_token(PARENT)

    first, second = register(api, token), register(api, token)

    assert (first.status_code, second.status_code, code(second)) == (201, 401, "app-check-replayed")
    assert [register(api, lasting).status_code for _ in range(2)] == [201, 201]


def test_a_thousand_invented_key_ids_cost_one_request_to_google_a_minute(
    api: Client, running_emulator: Emulator, signed_here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_check, "signing_keys", app_check.SigningKeys())
    before = running_emulator.app_check_key_requests()

    answers = {app_check.signing_keys.find(f"invented-{number}", at=float(number) / 100) for number in range(1000)}
    assert answers == {None}
    assert running_emulator.app_check_key_requests() - before == 1

    app_check.signing_keys.find("invented", at=61.0)
    assert running_emulator.app_check_key_requests() - before == 2
    assert register(api, running_emulator.app_check_token(PARENT)).status_code == 201


def test_known_keys_stay_in_use_while_google_cannot_be_reached(api: Client, running_emulator: Emulator, settings: Any) -> None:
    token = running_emulator.app_check_token(PARENT)
    assert register(api, token).status_code == 201
    key_id = jwt.get_unverified_header(token)["kid"]
    settings.APP_CHECK_ENDPOINT = "http://127.0.0.1:9"

    assert app_check.signing_keys.find(key_id, at=time.monotonic() + 7 * 3600) is not None
    with pytest.raises(app_check.KeysUnavailable):
        app_check.signing_keys.find("new", at=time.monotonic() + 8 * 3600)


def test_without_any_key_writing_is_unavailable_and_reading_goes_on(
    api: Client, running_emulator: Emulator, settings: Any
) -> None:
    token = running_emulator.app_check_token(PARENT)
    settings.APP_CHECK_ENDPOINT = "http://127.0.0.1:9"

    response = register(api, token)

    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert api.get("/v1/alerts").status_code != 503


def test_log_counts_and_refuses_nothing(api: Client, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    settings.APP_CHECK = "log"
    counts = app_check._MinuteLog()

    assert register(api).status_code == register(api, "a.b.c").status_code == 201
    with caplog.at_level(logging.INFO, logger="api.http.app_check"):
        for at, result in ((0.0, "valid"), (1.0, "app-check-missing"), (2.0, "valid"), (61.0, "valid")):
            counts.add(result, at=at)

    assert [record.getMessage() for record in caplog.records if record.levelno == logging.INFO] == [
        "App Check: 1 app-check-missing, 2 valid"
    ]


def test_apps_of_ours_have_a_limit_of_their_own(api: Client, running_emulator: Emulator, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "registrations": (1, 60), "registrations-attested": (3, 60)}
    token = running_emulator.app_check_token(PARENT)

    assert [register(api, token).status_code for _ in range(4)] == [201, 201, 201, 429]
    settings.APP_CHECK = "off"
    assert [register(api).status_code for _ in range(2)] == [201, 429]


def test_a_token_in_the_address_is_refused(api: Client, running_emulator: Emulator) -> None:
    token = running_emulator.app_check_token(PARENT)

    response = api.get("/v1/topics", {**QUERY, "app_check": token}, headers={app_check.HEADER: token})

    assert response.status_code in (400, 403)
    assert token not in response.content.decode()


@pytest.mark.parametrize("value", ['{"parent": "1:x:android:ab"}', '{"parent": ""}', '{"parent": "1:1:windows:ab"}', "[]"])
def test_a_bad_list_of_apps_stops_the_start(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("APP_CHECK_APPS", value)

    with pytest.raises(env.BadSetting):
        env.firebase_apps("APP_CHECK_APPS")


def test_the_problems_are_documented_kinds() -> None:
    assert {"app-check-missing", "app-check-invalid", "app-check-replayed", "app-not-allowed"} <= set(KINDS)
