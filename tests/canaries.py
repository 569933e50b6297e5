"""Requests of every kind, each with values that no log may hold: addresses, secrets, situations, queries, headers."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

#: The network address that the requests come from. All of 127.0.0.0/8 is this machine.
CLIENT: Final = "127.0.0.77"
#: No log may hold any of these.
CANARIES: Final = (
    CLIENT,
    "203.0.113.77",
    "telltale",
    "grooming",
    "roblox",
    "GB-NIR",
    "cTelltaleInBelfast001a",
    "cTelltaleLegacyToken001",
    "9.7.5",
)
_TOKEN: Final = "cTelltaleLegacyToken001:APA91b" + "T" * 120
_HEADERS: Final = {
    "User-Agent": "telltale-agent/1",
    "Referer": "https://telltale.example/page?telltale=1",
    "X-Forwarded-For": "203.0.113.77",
    "Forwarded": "for=203.0.113.77",
    "Accept-Language": "cy-x-telltale, en",
    "Cookie": "sessionid=telltalesession; csrftoken=telltaletoken",
}
_HELP: Final[dict[str, Any]] = {
    "country": "GB",
    "region": "GB-NIR",
    "situation": "grooming",
    "site": "roblox",
    "audience": "teen",
}
_PHONE: Final[dict[str, Any]] = {
    "app": "parent",
    "address_kind": "fid",
    "address": "cTelltaleInBelfast001a",
    "platform": "android",
    "locale": "cy",
    "country": "GB",
    "region": "GB-NIR",
    "time_zone": "Europe/London",
    "audience": "parent",
    "app_version": "9.7.5",
}


def send_canaries(port: int) -> dict[str, int]:
    """Send all of them to a server on this machine; return the status of each, by what was sent."""
    statuses = {f"{method} {path}": _send(port, method, path, body, more)[0] for method, path, body, more in _requests()}
    statuses |= _send_registration(port)
    for request in _malformed():
        with socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(CLIENT, 0)) as connection:
            connection.sendall(request)
            with suppress(OSError):
                connection.recv(4096)
    return statuses


def _requests() -> Iterator[tuple[str, str, bytes | None, dict[str, str]]]:
    for path in (
        "/v1/packs/GB/cy-x-telltale",
        "/v1/tips?country=GB&locale=cy&situation=grooming",
        "/v1/topics?app=teen&country=GB&region=GB-NIR&locale=cy&audience=teen&time_zone=Europe/London",
        "/v1/telltale-path",
        "/v1/registrations/telltale-id",
        "/v1/alerts?country=GB&telltale=1",
        "/hsds/services?telltale=1",
        "/hsds/services/telltale",
        "/handout/GB/en/telltale",
        "/companion/telltale",
        "/listed/telltale",
        "/reading/telltale",
        "/a/telltale",
        "/console/audit/?by=telltale",
        "/console/telltale/",
        "/console/login/?next=/telltale",
        "/static/telltale.js",
    ):
        yield "GET", path, None, {}
    yield "POST", "/v1/help", json.dumps(_HELP).encode(), {}
    yield "POST", "/v1/help?situation=grooming", json.dumps(_HELP).encode(), {}
    for wrong in ({"age": 999}, {"telltale": "grooming"}, {"situation": "telltale"}):
        yield "POST", "/v1/help#" + next(iter(wrong)), json.dumps(_HELP | wrong).encode(), {}
    yield "POST", "/v1/help#text", b'{"telltale', {}
    for path in ("/v1/receipts", "/v1/corrections", "/v1/registrations", "/listed/telltale", "/reading/telltale"):
        yield "POST", path, b'{"app": "telltale", "address": "cTelltaleInBelfast001a"}', {}
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://telltale.example"}
    for path in ("/console/login/", "/console/telltale/"):
        yield "POST", path, b"username=telltale&password=telltale-password&csrfmiddlewaretoken=telltale", form
    yield "GET", "/v1/#host", None, {"Host": "telltale.example"}
    yield "DELETE", "/v1/registrations/telltale", None, {"Authorization": "Bearer telltale"}


def _malformed() -> Iterator[bytes]:
    yield b"GET /telltale\x01\xff HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    yield b"TELLTALE /telltale telltale\r\n\r\n"
    yield b"GET /telltale HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Telltale: " + b"telltale" * 20_000 + b"\r\n\r\n"
    yield b"POST /v1/help HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\ntelltale"


def _send_registration(port: int) -> dict[str, int]:
    """Register, change and delete one installation."""
    created, answer = _send(port, "POST", "/v1/registrations", json.dumps(_PHONE).encode(), {})
    statuses = {"register": created}
    if created == 201:
        given = json.loads(answer)
        path, bearer = f"/v1/registrations/{given['id']}", {"Authorization": f"Bearer {given['secret']}"}
        change = json.dumps({"address_kind": "token", "address": _TOKEN}).encode()
        statuses["change"] = _send(port, "PATCH", path, change, bearer)[0]
        statuses["other secret"] = _send(port, "GET", path, None, {"Authorization": "Bearer telltale"})[0]
        statuses["delete"] = _send(port, "DELETE", path, None, bearer)[0]
    return statuses


def _send(port: int, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20, source_address=(CLIENT, 0))
    given = {**_HEADERS, **({"Content-Type": "application/json"} if body is not None else {}), **headers}
    try:
        # What follows a # names the request for the caller and is never sent.
        connection.request(method, path.partition("#")[0], body, given)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
