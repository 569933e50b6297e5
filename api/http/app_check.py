"""Firebase App Check: whether a request comes from an app of ours, before it may write or add a topic.

The rules of the check: https://firebase.google.com/docs/app-check/custom-resource-backend. A token is a JWT that Firebase signs
for one registered app. The keys are fetched here and not by firebase-admin, which asks Google again for each unknown key id, so
that a stranger with invented ids would decide how often this server does.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import jwt
import orjson
import urllib3
from django.conf import settings
from django.core.cache import cache
from jwt.algorithms import RSAAlgorithm
from rest_framework.request import Request

from core.errors import Forbidden, Unavailable

log = logging.getLogger(__name__)

#: https://firebase.google.com/docs/app-check/custom-resource-backend names this header for a backend of one's own.
HEADER: Final = "X-Firebase-AppCheck"
_ISSUER: Final = "https://firebaseappcheck.googleapis.com/"
#: "Do not cache the keys longer than six hours", the page above.
_KEYS_VALID = 6 * 3600.0
#: Seconds between two requests for the keys, whatever key ids strangers invent.
_KEYS_AGAIN = 60.0
_KEYS_BYTES = 64 * 1024
_TOKEN_CHARACTERS = 4096
#: Seconds by which the clocks of Google and of this machine may differ.
_LEEWAY = 30
#: Limited-use tokens are valid for five minutes, others for half an hour at least:
#: https://firebase.google.com/docs/app-check/custom-resource
_LIMITED_USE = 300
_CLAIMS: Final = ("iss", "aud", "sub", "exp", "iat")


class NotAttested(Forbidden):
    """The request is not known to come from an app of ours."""


class KeysUnavailable(Unavailable):
    """The origin of the request cannot be checked at the moment. Reading is not affected. Try again later."""


@dataclass(frozen=True)
class Attestation:
    """What a valid token says: the Firebase app that sent the request, and which of our apps it may act for."""

    firebase_app: str
    apps: frozenset[str]

    def require(self, app: str) -> None:
        """Raise NotAttested unless the request may act for this app."""
        if app not in self.apps:
            raise _not_allowed()


class SigningKeys:
    """The public keys of App Check by key id, fetched when one is missing or old, and at most once a minute.

    While they cannot be fetched, the known ones stay in use.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._http = urllib3.PoolManager(maxsize=1, retries=False, timeout=urllib3.Timeout(total=3.0))
        self._keys: dict[str, Any] = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._failed = False

    def find(self, key_id: str, *, at: float) -> Any:
        """Return the key, or None if App Check has no such key. `at` is in seconds of a monotonic clock.

        Raises KeysUnavailable if the key is not known and the keys cannot be fetched.
        """
        with self._lock:
            if (key_id not in self._keys or at - self._fetched_at >= _KEYS_VALID) and at - self._tried_at >= _KEYS_AGAIN:
                self._tried_at = at
                self._fetch(at)
            key = self._keys.get(key_id)
            if key is None and self._failed:
                raise KeysUnavailable(retry_after=60)
            return key

    def _fetch(self, at: float) -> None:
        try:
            self._keys = self._read_keys()
        except (urllib3.exceptions.HTTPError, jwt.InvalidKeyError, ValueError, KeyError, TypeError, AttributeError) as error:
            self._failed = True
            log.warning("The keys of App Check cannot be fetched (%s); known ones stay in use.", type(error).__name__)
        else:
            self._failed, self._fetched_at = False, at

    def _read_keys(self) -> dict[str, Any]:
        url = f"{settings.APP_CHECK_ENDPOINT}/v1/jwks"
        response = self._http.request("GET", url, redirect=False, preload_content=False)
        try:
            body = response.read(_KEYS_BYTES, decode_content=True)
        finally:
            response.release_conn()
        if response.status != 200:
            raise ValueError(f"status {response.status}")
        return {str(one["kid"]): RSAAlgorithm.from_jwk(one) for one in orjson.loads(body)["keys"] if one.get("kty") == "RSA"}


class _MinuteLog:
    """Counts of results, written to the log once a minute: no line names a request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._since = float("-inf")

    def add(self, result: str, *, at: float) -> None:
        with self._lock:
            if self._counts and at - self._since >= 60:
                log.info("App Check: %s", ", ".join(f"{number} {name}" for name, number in sorted(self._counts.items())))
                self._counts.clear()
            if not self._counts:
                self._since = at
            self._counts[result] += 1


signing_keys = SigningKeys()
_minutes = _MinuteLog()


def attest(request: Request) -> Attestation | None:
    """Return what the request's token shows; None without a valid one where APP_CHECK does not enforce it.

    With APP_CHECK=enforce, raises NotAttested without a valid token, and KeysUnavailable while Google's keys cannot be fetched.
    """
    if settings.APP_CHECK == "off":
        return None
    now = time.monotonic()
    try:
        attestation = _checked(request.headers.get(HEADER, ""), at=now)
    except (NotAttested, KeysUnavailable) as error:
        _minutes.add(error.code_name, at=now)
        if settings.APP_CHECK == "enforce":
            raise
        return None
    _minutes.add("valid", at=now)
    return attestation


def _checked(token: str, *, at: float) -> Attestation:
    if not token:
        raise NotAttested(f"Send the app's App Check token in the header {HEADER}.", code="app-check-missing")
    claims = _claims(token, at=at)
    firebase_app = claims["sub"]
    if claims["exp"] - claims["iat"] <= _LIMITED_USE and not _first_use(token, claims["exp"]):
        raise NotAttested("This App Check token was used before. Get a new one for each request.", code="app-check-replayed")
    apps = frozenset(name for name, listed in settings.APP_CHECK_APPS.items() if firebase_app in listed)
    if not apps:
        raise _not_allowed()
    return Attestation(firebase_app, apps)


def _claims(token: str, *, at: float) -> dict[str, Any]:
    invalid = NotAttested("The App Check token is not valid. Get a new one and send it again.", code="app-check-invalid")
    if len(token) > _TOKEN_CHARACTERS:
        raise invalid
    numbers = {app.split(":")[1] for listed in settings.APP_CHECK_APPS.values() for app in listed}
    try:
        header = jwt.get_unverified_header(token)
        key_id = header.get("kid")
        if header.get("alg") != "RS256" or header.get("typ") != "JWT" or not isinstance(key_id, str):
            raise invalid
        key = signing_keys.find(key_id, at=at)
        if key is None:
            raise invalid
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=[_ISSUER + number for number in numbers],
            audience=[f"projects/{number}" for number in numbers],
            options={"require": list(_CLAIMS)},
            leeway=_LEEWAY,
        )
    except jwt.InvalidTokenError:
        raise invalid from None
    # The project that signed must be the one of the app that it signed for.
    if not isinstance(claims["sub"], str) or claims["sub"].split(":")[1:2] != [claims["iss"].removeprefix(_ISSUER)]:
        raise invalid
    return claims


def _first_use(token: str, expires: float) -> bool:
    """Return whether a limited-use token was not seen before; only its digest is kept, until it expires."""
    seconds = max(1, int(expires + _LEEWAY - time.time()))
    try:
        return bool(cache.add(f"app-check:{hashlib.sha256(token.encode()).hexdigest()}", 1, seconds))
    except Exception:
        # Without the cache nobody can tell whether it was used before.
        raise KeysUnavailable(retry_after=30) from None


def _not_allowed() -> NotAttested:
    return NotAttested("This app may not do this: it is not in APP_CHECK_APPS for the app that it names.", code="app-not-allowed")
