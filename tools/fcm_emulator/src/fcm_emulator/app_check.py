"""Firebase App Check as far as a backend sees it: the public keys, and tokens for a debug secret.

https://firebase.google.com/docs/reference/appcheck/rest/v1/projects.apps/exchangeDebugToken
"""

from __future__ import annotations

import re
import secrets
from functools import cached_property
from urllib.parse import unquote

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from fcm_emulator import responses
from fcm_emulator.http_messages import Request, Response

#: Seconds that a token of this emulator is valid, as Firebase's default is; limited-use ones as long as Firebase's.
LIFETIME, LIMITED_USE_LIFETIME = 3600, 300
_EXCHANGE = re.compile(r"/v1/projects/([0-9]{1,20})/apps/(1:[0-9]{1,20}:(?:android|ios|web):[0-9a-f]{1,64}):exchangeDebugToken")


class AppCheckEndpoint:
    """Signs App Check tokens with a key of its own, which is new at each start."""

    def __init__(self) -> None:
        self._key_id = secrets.token_urlsafe(6)
        #: How often the public keys were fetched.
        self.key_requests = 0

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        # Not before it is needed: to find one takes a tenth of a second of processor time.
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def respond(self, request: Request, path: str, *, at: float) -> Response | None:
        """Return the response, or None if the path is not one of App Check. Any debug secret is accepted."""
        if request.method == b"GET" and path == "/v1/jwks":
            self.key_requests += 1
            public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
            return Response(200, responses.as_json({"keys": [{**public, "kid": self._key_id, "alg": "RS256", "use": "sig"}]}))
        match = _EXCHANGE.fullmatch(unquote(path))
        if request.method != b"POST" or match is None:
            return None
        try:
            request_body = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            return responses.malformed("", "Invalid JSON payload received. Unexpected token.")
        if (
            not isinstance(request_body, dict)
            or not isinstance(request_body.get("debugToken"), str)
            or not request_body["debugToken"]
        ):
            return responses.error(403, "PERMISSION_DENIED", "App attestation failed.")
        lifetime = LIMITED_USE_LIFETIME if request_body.get("limitedUse") is True else LIFETIME
        token = self._sign(match[1], match[2], lifetime=lifetime, at=int(at))
        return Response(200, responses.as_json({"token": token, "ttl": f"{lifetime}s"}))

    def _sign(self, number: str, app: str, *, lifetime: int, at: int) -> str:
        claims = {
            "iss": f"https://firebaseappcheck.googleapis.com/{number}",
            "sub": app,
            "aud": [f"projects/{number}", f"projects/emulated-{number}"],
            "iat": at,
            "exp": at + lifetime,
            "jti": secrets.token_urlsafe(24),
            "provider": "debug",
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id, "typ": "JWT"})
