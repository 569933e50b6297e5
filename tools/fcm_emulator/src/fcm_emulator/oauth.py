"""Google's token endpoint for service accounts (RFC 7523): it takes a signed assertion and returns an opaque access token."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from fcm_emulator import responses
from fcm_emulator.http_messages import Response

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: google-auth signs for Google's own endpoint regardless of the key file's token_uri, so both audiences are accepted.
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105
SCOPES = "https://www.googleapis.com/auth/"
#: Either scope is enough to send: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send
SENDING_SCOPES = frozenset({SCOPES + "firebase.messaging", SCOPES + "cloud-platform"})
_NOT_CURRENT = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
#: Seconds between iat and exp at the most.
MAX_ASSERTION_LIFETIME = 3600
#: Seconds by which the clocks of the two machines may differ.
MAX_CLOCK_SKEW = 300


class InvalidAssertion(Exception):
    """The assertion is rejected; `code` and `detail` are those of Google's response."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class EmulatedAccount:
    """A service account that can get tokens."""

    project: str
    email: str
    key_id: str
    public_key: RSAPublicKey
    token_uri: str


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of an access token; `expires_at` is in seconds since 1970."""

    project: str
    scopes: frozenset[str]
    expires_at: float

    @property
    def may_send(self) -> bool:
        """Return whether the token has a scope that FCM accepts."""
        return not SENDING_SCOPES.isdisjoint(self.scopes)


class TokenEndpoint:
    """Checks assertions and issues access tokens. `lifetime` is in seconds."""

    def __init__(self, accounts: list[EmulatedAccount], lifetime: int = 3600) -> None:
        self.accounts = {account.email: account for account in accounts}
        self.lifetime = lifetime
        #: By the whole value of the Authorization header, so that a send request needs one lookup.
        self.grants: dict[bytes, Grant] = {}

    def respond(self, body: bytes, *, at: float) -> Response:
        """Respond to a form with grant_type and assertion by a token or by Google's OAuth error."""
        try:
            form = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=20)
        except (UnicodeDecodeError, ValueError):
            form = {}
        try:
            if form.get("grant_type") != [GRANT_TYPE]:
                raise InvalidAssertion("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', [''])[0]}")
            account, scopes = self._check(form.get("assertion", [""])[0], at)
        except InvalidAssertion as error:
            return Response(400, responses.as_json({"error": error.code, "error_description": error.detail}))
        token = "ya29.c." + secrets.token_urlsafe(64)
        self._remove_expired(at)
        self.grants[f"Bearer {token}".encode()] = Grant(account.project, scopes, at + self.lifetime)
        return Response(200, responses.as_json({"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"}))

    def _check(self, assertion: str, at: float) -> tuple[EmulatedAccount, frozenset[str]]:
        try:
            claims = jwt.decode(assertion, options={"verify_signature": False})
            key_id = jwt.get_unverified_header(assertion).get("kid")
        except jwt.InvalidTokenError:
            raise InvalidAssertion("invalid_grant", "Invalid JWT: Failed to parse the assertion.") from None
        account = self.accounts.get(str(claims.get("iss")))
        if account is None:
            raise InvalidAssertion("invalid_grant", "Invalid grant: account not found")
        if key_id is not None and key_id != account.key_id:
            raise InvalidAssertion("invalid_grant", "Invalid JWT Signature.")
        try:
            # The times are checked below, by the clock that the caller passes in.
            claims = jwt.decode(
                assertion,
                account.public_key,
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError:
            raise InvalidAssertion("invalid_grant", "Invalid JWT Signature.") from None
        if claims.get("aud") not in (account.token_uri, GOOGLE_TOKEN_URI):
            raise InvalidAssertion(
                "invalid_grant", f"Invalid JWT: Failed audience check. The right audience is {GOOGLE_TOKEN_URI}"
            )
        if not _is_current(claims, at):
            raise InvalidAssertion("invalid_grant", _NOT_CURRENT)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes or not all(scope.startswith(SCOPES) for scope in scopes):
            raise InvalidAssertion("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return account, scopes

    def _remove_expired(self, at: float) -> None:
        # Kept for a minute after they expire, so that a late sender gets "expired" rather than "unknown".
        for header in [header for header, grant in self.grants.items() if grant.expires_at + 60 < at]:
            del self.grants[header]


def _is_current(claims: dict[str, Any], at: float) -> bool:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        return False
    return issued - MAX_CLOCK_SKEW <= at < expires and 0 < expires - issued <= MAX_ASSERTION_LIFETIME


def load_accounts(folder: Path) -> list[EmulatedAccount]:
    """Return the accounts in folder/public.json. OSError, ValueError or KeyError if `credentials` did not write that file."""
    accounts = []
    for entry in json.loads((folder / "public.json").read_text(encoding="utf-8"))["accounts"]:
        key = load_pem_public_key(entry["public_key"].encode())
        if not isinstance(key, RSAPublicKey):
            raise ValueError(f"{entry['client_email']} has no RSA key")
        accounts.append(
            EmulatedAccount(entry["project_id"], entry["client_email"], entry["private_key_id"], key, entry["token_uri"])
        )
    return accounts
