"""The emulator without a socket: the handler itself, an account, and messages as the backend sends them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import orjson
from fcm_emulator.credentials import write_credentials
from fcm_emulator.exchange import Reply, Request
from fcm_emulator.handler import Handler
from fcm_emulator.oauth import SENDING_SCOPES, Grant, TokenEndpoint, load_accounts
from fcm_emulator.options import Options

#: A fixed instant; nothing here looks at the real clock.
AT = 1_796_126_400.0
PROJECT = "fingerpost-test"
TARGET = f"/v1/projects/{PROJECT}/messages:send".encode()


def make_endpoint(folder: Path, **options: int) -> tuple[TokenEndpoint, dict[str, Any]]:
    """Return a token endpoint and the key file of the one account that it knows."""
    path = write_credentials(folder, project=PROJECT, url="http://127.0.0.1:9099")
    return TokenEndpoint(load_accounts(folder), **options), orjson.loads(path.read_bytes())


def make_assertion(key_file: dict[str, Any], **claims: Any) -> str:
    """Return a signed assertion as google-auth makes it, with claims replaced, or left out where None."""
    usual = {
        "iss": key_file["client_email"],
        "aud": key_file["token_uri"],
        "iat": int(AT),
        "exp": int(AT) + 3600,
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
    }
    given = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(given, key_file["private_key"], algorithm="RS256", headers={"kid": key_file["private_key_id"]})


def make_handler(options: Options = Options()) -> Handler:  # noqa: B008
    """Return a handler that knows one good access token, `good`."""
    tokens = TokenEndpoint([])
    tokens.grants[b"Bearer good"] = Grant(PROJECT, SENDING_SCOPES, AT + 3600)
    return Handler(tokens, options)


def make_message(**changes: Any) -> dict[str, Any]:
    """Return a message as the backend sends it to an Android phone; None takes a field away."""
    usual: dict[str, Any] = {
        "fid": "fid-1",
        "data": {
            "v": "1", "alert": "a1", "rev": "1", "act": "show", "status": "Actual", "lang": "cy", "dir": "ltr", "fallback": "",
            "inner_title": "Rhybudd", "inner_body": "Dyma sut i ymateb.", "tip": "first-hour", "services": "gb-childline",
            "open": "alert/a1", "sent": "2026-12-01T06:00:00Z", "expires": "2026-12-03T00:00:00Z",
        },
        "android": {
            "ttl": "3600s",
            "priority": "high",
            "notification": {
                "title": "Cyngor newydd", "body": "Darllenwch yn yr ap.", "tag": "a1", "channel_id": "updates",
                "visibility": "PRIVATE", "local_only": True,
            },
        },
    }  # fmt: skip
    return {name: value for name, value in (usual | changes).items() if value is not None}


def send(handler: Handler, message: dict[str, Any] | None = None, *, at: float = AT, **changes: Any) -> Reply:
    """Send one message with a good token."""
    body = {"message": make_message(**changes) if message is None else message}
    return send_bytes(handler, orjson.dumps(body), at=at)


def send_bytes(handler: Handler, body: bytes, *, at: float = AT, token: bytes | None = b"Bearer good") -> Reply:
    """Post bytes to messages:send."""
    headers = {b"authorization": token} if token is not None else {}
    return handler.answer(Request(b"POST", TARGET, headers, body), at=at)


def get(handler: Handler, path: str, host: bytes = b"127.0.0.1:9099", *, at: float = AT) -> Reply:
    """Get one of the emulator's own pages."""
    return handler.answer(Request(b"GET", path.encode(), {b"host": host}, b""), at=at)


def post(handler: Handler, path: str, document: Any, *, host: bytes = b"localhost", kind: bytes = b"application/json") -> Reply:
    """Post JSON to the emulator itself."""
    headers = {b"host": host, b"content-type": kind}
    return handler.answer(Request(b"POST", path.encode(), headers, orjson.dumps(document)), at=AT)


def error_of(reply: Reply) -> dict[str, Any]:
    """Return the error document of one of Google's answers."""
    error: dict[str, Any] = orjson.loads(reply.body)["error"]
    return error
