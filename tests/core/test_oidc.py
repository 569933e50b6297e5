"""Signing in with an OpenID Connect issuer, against one that runs on this machine."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.audit_verbs import Verb
from core.models import AuditEntry, User
from tests import make
from tests.core.test_factors import with_app

pytestmark = pytest.mark.django_db

LOGIN = "/console/oidc/issuer/login/"
PASSWORD = "correct horse battery"


class Issuer(HTTPServer):
    """The smallest issuer: a discovery document, and a token with the claims of the test."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.claims: dict[str, Any] = {"email": "ada@example.org", "email_verified": True}
        self.requests: list[dict[str, list[str]]] = []


class _Answers(BaseHTTPRequestHandler):
    server: Issuer

    def do_GET(self) -> None:
        url = self.server.url
        self._answer(
            {
                "issuer": url,
                "authorization_endpoint": f"{url}/authorize",
                "token_endpoint": f"{url}/token",
                "jwks_uri": f"{url}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        )

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.requests.append(parse_qs(body))
        now = int(time.time())
        claims = {"iss": self.server.url, "aud": "console", "sub": "42", "iat": now, "exp": now + 60, **self.server.claims}
        token = jwt.encode(claims, "k" * 32, algorithm="HS256")
        self._answer({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def _answer(self, document: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def issuer(settings: Any) -> Iterator[Issuer]:
    server = Issuer()
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    settings.FACTOR_REQUIRED, settings.OIDC_ISSUER, settings.OIDC_FACTORS = True, server.url, []
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = "console", "s3cret"
    cache.clear()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def ada() -> User:
    user = make.person("ada", "campaign-approver")
    user.email = "ada@example.org"
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(client: Client, *, error: str = "") -> Any:
    """Go to the issuer and back, as a browser does."""
    away = client.get(LOGIN + "?next=/console/tips/")
    query = parse_qs(urlsplit(away["Location"]).query)
    answer = {"error": error} if error else {"code": "c0de"}
    return client.get("/console/oidc/issuer/callback/", {**answer, "state": query["state"][0]})


def is_in(client: Client) -> bool:
    return client.get(reverse("admin:index")).status_code == 200


def test_the_way_to_the_issuer_is_offered_and_carries_a_challenge(client: Client, issuer: Issuer) -> None:
    page = client.get("/console/login/").content.decode()
    away = urlsplit(client.get(LOGIN)["Location"])
    query = parse_qs(away.query)

    assert f'href="{LOGIN}"' in page
    assert f"{away.scheme}://{away.netloc}{away.path}" == f"{issuer.url}/authorize"
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["http://testserver/console/oidc/issuer/callback/"]
    assert "openid" in query["scope"][0].split()


def test_a_person_without_a_factor_still_has_to_set_one_up(client: Client, issuer: Issuer, ada: User) -> None:
    done = sign_in(client)

    assert done["Location"] == "/console/tips/"
    assert client.get(reverse("admin:index"))["Location"] == reverse("admin:factors")
    assert issuer.requests[0]["code_verifier"]
    assert issuer.requests[0]["client_secret"] == ["s3cret"]
    assert AuditEntry.objects.filter(verb=Verb.SIGNED_IN, row=str(ada.pk)).exists()


def test_a_person_with_a_factor_is_asked_for_it(client: Client, issuer: Issuer, ada: User) -> None:
    with_app(client)

    done = sign_in(client)

    assert done["Location"] == reverse("admin:factor")
    assert not is_in(client)


@pytest.mark.parametrize("claims", [{"amr": ["pwd", "hwk"]}, {"acr": "urn:mfa"}, {"amr": "hwk"}])
def test_the_issuers_word_counts_as_a_factor_where_the_settings_say_so(
    client: Client, issuer: Issuer, ada: User, settings: Any, claims: dict[str, Any]
) -> None:
    with_app(client)
    settings.OIDC_FACTORS = ["hwk", "urn:mfa"]
    issuer.claims |= claims

    done = sign_in(client)

    assert done["Location"] == "/console/tips/"
    assert is_in(client)


@pytest.mark.parametrize("claims", [{}, {"amr": ["pwd"]}, {"acr": "0"}, {"amr": None, "acr": None}, {"amr": ["mfa"]}])
def test_other_words_of_the_issuer_do_not(
    client: Client, issuer: Issuer, ada: User, settings: Any, claims: dict[str, Any]
) -> None:
    settings.OIDC_FACTORS = ["hwk"]
    issuer.claims |= claims

    sign_in(client)

    assert not is_in(client)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@example.org"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": ""},
        {"email": ["ada@example.org"]},
        {"aud": "another"},
        {"iss": "https://example.org"},
        {"exp": 1},
    ],
)
def test_a_stranger_or_a_false_token_opens_nothing(client: Client, issuer: Issuer, ada: User, claims: dict[str, Any]) -> None:
    issuer.claims |= claims

    refused = sign_in(client)

    assert (refused.status_code, refused.templates[0].name) == (403, "admin/login.html")
    assert client.get(reverse("admin:factors")).status_code == 302
    assert User.objects.count() == 1


def test_an_account_that_is_closed_or_not_of_staff_or_not_alone_is_not_let_in(client: Client, issuer: Issuer, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert sign_in(client).status_code == 403
    User.objects.filter(pk=ada.pk).update(is_active=True, is_staff=False)
    assert sign_in(client).status_code == 403
    User.objects.filter(pk=ada.pk).update(is_staff=True)
    User.objects.create_user("second", email="ADA@example.org", is_staff=True)
    assert sign_in(client).status_code == 403


def test_a_refusal_of_the_issuer_and_a_made_up_state_are_sentences(client: Client, issuer: Issuer, ada: User) -> None:
    refused = sign_in(client, error="access_denied")
    assert refused.status_code == 403
    assert "did not confirm who you are" in refused.content.decode()

    first = client.get("/console/oidc/issuer/callback/", {"code": "x", "state": "made-up"})
    assert "Go on signing in" in first.content.decode(), "a cookie may be missing because the issuer's page led here"
    again = client.get("/console/oidc/issuer/callback/", {"code": "x", "state": "made-up", "_redir": ""})
    assert again.status_code == 403


def test_an_issuer_that_is_down_is_a_sentence(client: Client, issuer: Issuer) -> None:
    issuer.shutdown()
    issuer.server_close()

    assert client.get(LOGIN).status_code in (403, 503)


def test_it_is_off_by_default(client: Client, settings: Any) -> None:
    assert settings.OIDC_ISSUER == ""
    assert client.get(LOGIN).status_code == 404
    assert client.get("/console/oidc/issuer/callback/").status_code == 404
    assert "oidc" not in client.get("/console/login/").content.decode()


def test_a_pause_after_a_changed_password_holds_for_this_way_in_too(client: Client, issuer: Issuer, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(credentials_changed_at=timezone.now())
    campaign = make.campaign(state="submitted")
    sign_in(client)

    answer = client.post(reverse("admin:campaign-approve", args=[campaign.pk]), {"action": "approve"})

    assert answer.status_code in (302, 403)
    campaign.refresh_from_db()
    assert campaign.state == "submitted"
