"""Google's token endpoint for service accounts: a signed assertion in, an opaque access token out (RFC 7523)."""

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

from fcm_emulator import answers
from fcm_emulator.exchange import Reply

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: google-auth signs for Google's own endpoint whatever the key file's token_uri says, so both are right here.
GOOGLE_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105
SCOPES = "https://www.googleapis.com/auth/"
#: Either scope lets a token send: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send
SENDING_SCOPES = frozenset({SCOPES + "firebase.messaging", SCOPES + "cloud-platform"})
_UNTIMELY = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
LONGEST_ASSERTION = 3600
#: How far the clocks of the two machines may be apart.
SKEW = 300


class Refused(Exception):
    """The assertion earns no token; `code` and `detail` are what Google would answer."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Account:
    """A service account that may ask for tokens."""

    project: str
    email: str
    key_id: str
    public_key: RSAPublicKey
    token_uri: str


@dataclass(frozen=True, slots=True)
class Grant:
    """What one access token allows, until when (seconds since 1970)."""

    project: str
    scopes: frozenset[str]
    expires_at: float

    @property
    def may_send(self) -> bool:
        """Say whether the token carries a scope that FCM accepts."""
        return not SENDING_SCOPES.isdisjoint(self.scopes)


class TokenEndpoint:
    """Checks assertions and remembers the tokens that it gave."""

    def __init__(self, accounts: list[Account], lifetime: int = 3600) -> None:
        self.accounts = {account.email: account for account in accounts}
        self.lifetime = lifetime
        #: By the whole Authorization header, so that a send needs one look-up.
        self.grants: dict[bytes, Grant] = {}

    def answer(self, body: bytes, *, at: float) -> Reply:
        """Answer a form with grant_type and assertion: a token, or Google's OAuth error."""
        try:
            form = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=20)
        except (UnicodeDecodeError, ValueError):
            form = {}
        try:
            if form.get("grant_type") != [GRANT_TYPE]:
                raise Refused("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type', [''])[0]}")
            account, scopes = self._check(form.get("assertion", [""])[0], at)
        except Refused as refusal:
            return Reply(400, answers.as_json({"error": refusal.code, "error_description": refusal.detail}))
        token = "ya29.c." + secrets.token_urlsafe(64)
        self._forget_expired(at)
        self.grants[f"Bearer {token}".encode()] = Grant(account.project, scopes, at + self.lifetime)
        return Reply(200, answers.as_json({"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"}))

    def _check(self, assertion: str, at: float) -> tuple[Account, frozenset[str]]:
        try:
            claims = jwt.decode(assertion, options={"verify_signature": False})
            key_id = jwt.get_unverified_header(assertion).get("kid")
        except jwt.InvalidTokenError:
            raise Refused("invalid_grant", "Invalid JWT: Failed to parse the assertion.") from None
        account = self.accounts.get(str(claims.get("iss")))
        if account is None:
            raise Refused("invalid_grant", "Invalid grant: account not found")
        if key_id is not None and key_id != account.key_id:
            raise Refused("invalid_grant", "Invalid JWT Signature.")
        try:
            # The times are judged below, by the clock that the caller passes in.
            claims = jwt.decode(
                assertion,
                account.public_key,
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False},
            )
        except jwt.InvalidTokenError:
            raise Refused("invalid_grant", "Invalid JWT Signature.") from None
        if claims.get("aud") not in (account.token_uri, GOOGLE_TOKEN_URI):
            raise Refused("invalid_grant", f"Invalid JWT: Failed audience check. The right audience is {GOOGLE_TOKEN_URI}")
        if not _timely(claims, at):
            raise Refused("invalid_grant", _UNTIMELY)
        scopes = frozenset(str(claims.get("scope", "")).split())
        if not scopes or not all(scope.startswith(SCOPES) for scope in scopes):
            raise Refused("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
        return account, scopes

    def _forget_expired(self, at: float) -> None:
        # A minute longer than they are good, so that a late sender still hears "expired" rather than "unknown".
        for header in [header for header, grant in self.grants.items() if grant.expires_at + 60 < at]:
            del self.grants[header]


def _timely(claims: dict[str, Any], at: float) -> bool:
    issued, expires = claims.get("iat"), claims.get("exp")
    if not isinstance(issued, int | float) or not isinstance(expires, int | float):
        return False
    return issued - SKEW <= at < expires and 0 < expires - issued <= LONGEST_ASSERTION


def load_accounts(folder: Path) -> list[Account]:
    """Return the accounts that `credentials` wrote to folder/public.json; OSError, ValueError or KeyError if it did not."""
    accounts = []
    for entry in json.loads((folder / "public.json").read_text(encoding="utf-8"))["accounts"]:
        key = load_pem_public_key(entry["public_key"].encode())
        if not isinstance(key, RSAPublicKey):
            raise ValueError(f"{entry['client_email']} has no RSA key")
        accounts.append(Account(entry["project_id"], entry["client_email"], entry["private_key_id"], key, entry["token_uri"]))
    return accounts
