"""The emulator without a socket: the handler, an account, and messages as the backend sends them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jwt
import orjson
from fcm_emulator.credentials import write_credentials
from fcm_emulator.handler import Handler
from fcm_emulator.http_messages import Request, Response
from fcm_emulator.oauth import SENDING_SCOPES, Grant, TokenEndpoint, load_accounts
from fcm_emulator.server_options import ServerOptions

#: A fixed instant in seconds since 1970; the real clock is not used.
AT = 1_796_126_400.0
PROJECT = "fingerpost-test"
TARGET = f"/v1/projects/{PROJECT}/messages:send".encode()


def make_endpoint(folder: Path, **options: int) -> tuple[TokenEndpoint, dict[str, Any]]:
    """Return a token endpoint with one account, and the key file of that account."""
    path = write_credentials(folder, project=PROJECT, url="http://127.0.0.1:9099")
    return TokenEndpoint(load_accounts(folder), **options), orjson.loads(path.read_bytes())


def make_assertion(key_file: dict[str, Any], **claims: Any) -> str:
    """Return a signed assertion as google-auth creates it, with some claims replaced, or omitted if None."""
    usual = {
        "iss": key_file["client_email"],
        "aud": key_file["token_uri"],
        "iat": int(AT),
        "exp": int(AT) + 3600,
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
    }
    given = {name: value for name, value in (usual | claims).items() if value is not None}
    return jwt.encode(given, key_file["private_key"], algorithm="RS256", headers={"kid": key_file["private_key_id"]})


def make_handler(options: ServerOptions = ServerOptions()) -> Handler:  # noqa: B008
    """Return a handler with one valid access token, `good`."""
    tokens = TokenEndpoint([])
    tokens.grants[b"Bearer good"] = Grant(PROJECT, SENDING_SCOPES, AT + 3600)
    return Handler(tokens, options)


def make_message(**changes: Any) -> dict[str, Any]:
    """Return a message as the backend sends it to an Android phone, with some fields replaced, or omitted if None."""
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


def send(handler: Handler, message: dict[str, Any] | None = None, *, at: float = AT, **changes: Any) -> Response:
    """Send a message with the valid token."""
    body = {"message": make_message(**changes) if message is None else message}
    return send_bytes(handler, orjson.dumps(body), at=at)


def send_bytes(handler: Handler, body: bytes, *, at: float = AT, token: bytes | None = b"Bearer good") -> Response:
    """Post bytes to messages:send."""
    headers = {b"authorization": token} if token is not None else {}
    return handler.respond(Request(b"POST", TARGET, headers, body), at=at)


def get(handler: Handler, path: str, host: bytes = b"127.0.0.1:9099", *, at: float = AT) -> Response:
    """Get one of the emulator's own pages."""
    return handler.respond(Request(b"GET", path.encode(), {b"host": host}, b""), at=at)


def post(
    handler: Handler, path: str, document: Any, *, host: bytes = b"localhost", kind: bytes = b"application/json"
) -> Response:
    """Post JSON to one of the emulator's own pages."""
    headers = {b"host": host, b"content-type": kind}
    return handler.respond(Request(b"POST", path.encode(), headers, orjson.dumps(document)), at=AT)


def error_of(reply: Response) -> dict[str, Any]:
    """Return the error document of one of Google's responses."""
    error: dict[str, Any] = orjson.loads(reply.body)["error"]
    return error
