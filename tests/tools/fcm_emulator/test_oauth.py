"""The token endpoint trusts a signature, not a claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import orjson
import pytest
from fcm_emulator.http_messages import Response
from fcm_emulator.oauth import GRANT_TYPE, TokenEndpoint

from tests.tools.fcm_emulator.in_process import AT, make_assertion, make_endpoint


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> tuple[TokenEndpoint, dict[str, Any]]:
    return make_endpoint(tmp_path_factory.mktemp("credentials"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return make_endpoint(tmp_path_factory.mktemp("stranger"))[1]


def ask(endpoint: TokenEndpoint, assertion: str, *, at: float = AT, grant_type: str = GRANT_TYPE) -> Response:
    return endpoint.respond(urlencode({"grant_type": grant_type, "assertion": assertion}).encode(), at=at)


def refusal(reply: Response) -> tuple[str, str]:
    document = orjson.loads(reply.body)
    assert reply.status == 400
    return document["error"], document["error_description"]


@pytest.mark.parametrize("aud", ["http://127.0.0.1:9099/token", "https://oauth2.googleapis.com/token"])
def test_a_signed_assertion_gets_an_opaque_token_for_an_hour(account: tuple[TokenEndpoint, dict[str, Any]], aud: str) -> None:
    endpoint, key_file = account

    reply = ask(endpoint, make_assertion(key_file, aud=aud))

    answer = orjson.loads(reply.body)
    assert (reply.status, answer["token_type"], answer["expires_in"]) == (200, "Bearer", 3600)
    grant = endpoint.grants[f"Bearer {answer['access_token']}".encode()]
    assert (grant.project, grant.expires_at, grant.may_send) == ("fingerpost-test", AT + 3600, True)


def test_two_tokens_are_never_the_same(account: tuple[TokenEndpoint, dict[str, Any]]) -> None:
    endpoint, key_file = account
    assertion = make_assertion(key_file)

    assert orjson.loads(ask(endpoint, assertion).body) != orjson.loads(ask(endpoint, assertion).body)


@pytest.mark.parametrize(
    ("claims", "error", "detail"),
    [
        ({"iss": "nobody@example.org"}, "invalid_grant", "account not found"),
        ({"aud": "https://example.org/token"}, "invalid_grant", "Failed audience check"),
        ({"aud": None}, "invalid_grant", "Failed audience check"),
        ({"iat": int(AT) - 60, "exp": int(AT)}, "invalid_grant", "short-lived"),
        ({"iat": int(AT), "exp": int(AT)}, "invalid_grant", "short-lived"),
        ({"exp": int(AT) + 3601}, "invalid_grant", "short-lived"),
        ({"exp": None}, "invalid_grant", "short-lived"),
        ({"iat": int(AT) + 301, "exp": int(AT) + 600}, "invalid_grant", "short-lived"),
        ({"iat": None}, "invalid_grant", "short-lived"),
        ({"iat": "soon"}, "invalid_grant", "short-lived"),
        ({"scope": None}, "invalid_scope", "Invalid OAuth scope"),
        ({"scope": "firebase.messaging"}, "invalid_scope", "Invalid OAuth scope"),
    ],
)
def test_a_wrong_claim_gets_no_token(
    account: tuple[TokenEndpoint, dict[str, Any]], claims: dict[str, Any], error: str, detail: str
) -> None:
    endpoint, key_file = account
    before = dict(endpoint.grants)

    given, description = refusal(ask(endpoint, make_assertion(key_file, **claims)))

    assert given == error
    assert detail in description
    assert endpoint.grants == before


def test_another_key_with_the_known_id_gets_no_token(
    account: tuple[TokenEndpoint, dict[str, Any]], stranger: dict[str, Any]
) -> None:
    endpoint, key_file = account
    forged = make_assertion(key_file | {"private_key": stranger["private_key"]})

    assert refusal(ask(endpoint, forged)) == ("invalid_grant", "Invalid JWT Signature.")


def test_an_unsigned_assertion_gets_no_token(account: tuple[TokenEndpoint, dict[str, Any]]) -> None:
    endpoint, key_file = account
    claims = jwt.decode(make_assertion(key_file), options={"verify_signature": False})

    assert refusal(ask(endpoint, jwt.encode(claims, "", algorithm="none"))) == ("invalid_grant", "Invalid JWT Signature.")


def test_a_shared_secret_instead_of_a_signature_gets_no_token(account: tuple[TokenEndpoint, dict[str, Any]]) -> None:
    endpoint, key_file = account
    claims = jwt.decode(make_assertion(key_file), options={"verify_signature": False})

    assert refusal(ask(endpoint, jwt.encode(claims, "k" * 64, algorithm="HS256"))) == ("invalid_grant", "Invalid JWT Signature.")


@pytest.mark.parametrize("assertion", ["", "not.a.token", "a.b", "\x00"])
def test_an_invalid_assertion_gets_no_token(account: tuple[TokenEndpoint, dict[str, Any]], assertion: str) -> None:
    assert refusal(ask(account[0], assertion))[0] == "invalid_grant"


@pytest.mark.parametrize("body", [b"", b"grant_type=password", b"\xff\xfe", b"&".join([b"a=1"] * 50)])
def test_another_grant_type_is_rejected(account: tuple[TokenEndpoint, dict[str, Any]], body: bytes) -> None:
    assert refusal(account[0].respond(body, at=AT))[0] == "unsupported_grant_type"


def test_expired_tokens_are_forgotten(tmp_path: Path) -> None:
    endpoint, key_file = make_endpoint(tmp_path, lifetime=10)
    ask(endpoint, make_assertion(key_file))

    ask(endpoint, make_assertion(key_file), at=AT + 100)

    assert [grant.expires_at for grant in endpoint.grants.values()] == [AT + 110]
