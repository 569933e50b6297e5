"""One HTTP request to one pinned address: resolve the name once, check every address, and connect only to a checked one."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.response import HTTPResponse

from content.assurance.links.url_policy import Blocked, SafeUrl, is_public

#: Seconds for a URL with its redirects and robots.txt, and bytes read of one response, head included; nothing is decompressed.
TOTAL_SECONDS = 10.0
MAX_BYTES = 64 * 1024
USER_AGENT = "Fingerpost-link-check/1"

Resolver = Callable[[str, int], Sequence[str]]
Connect = Callable[[str, int, float], socket.socket]


class Unreachable(Exception):
    """The host could not be reached, or did not send a valid response."""


@dataclass(frozen=True)
class LinkResponse:
    """The parts of a response that the link checker reads; `body` is empty unless it was asked for."""

    status: int
    location: str | None
    body: bytes


def resolve(host: str, port: int) -> list[str]:
    """Return the host's numeric addresses from the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to a numeric address."""
    # Numeric flags: a name that came here by mistake would be refused and not resolved.
    [(family, kind, protocol, _, where), *_] = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )
    connected = socket.socket(family, kind, protocol)
    try:
        connected.settimeout(seconds)
        connected.connect(where)
    except BaseException:
        connected.close()
        raise
    return connected


@dataclass(frozen=True)
class LinkClient:
    """Sends requests; tests inject their own resolver and network."""

    resolve: Resolver = resolve
    connect: Connect = connect
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def request(self, method: str, url: SafeUrl, *, until: float, read_body: bool = False) -> LinkResponse:
        """Send one request and return its response.

        `until` is an instant of time.monotonic by which resolving, connecting and reading have to end.
        Raises Blocked if any address of the host is not public, and Unreachable.
        """
        try:
            address = self._public_address(url, until)
            connection = _HttpsConnection(url.host, ssl_context=self.context) if url.scheme == "https" else _Connection(url.host)
            connection.open_socket = partial(self._open_socket, address, url.port, until)
            connection.response_class = partial(_BoundedResponse, until=until)  # type: ignore[assignment]
            connection.timeout = _remaining(until)
            try:
                headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
                connection.request(
                    method, url.target, headers=headers, preload_content=False, decode_content=False, enforce_content_length=False
                )
                with closing(connection.getresponse()) as response:
                    body = _read_body(response) if read_body else b""
                    return LinkResponse(response.status, response.headers.get("Location"), body)
            finally:
                connection.close()
        except (OSError, HTTPError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(type(error).__name__) from error

    def _public_address(self, url: SafeUrl, until: float) -> str:
        addresses = _resolve_in_time(lambda: self.resolve(url.host, url.port), until)
        if not addresses:
            raise Unreachable("no address")
        # One private address among public ones is enough to refuse: the host's owner chose it.
        if not all(map(is_public, addresses)):
            raise Blocked("The host has an address that is not on the public internet.")
        return addresses[0]

    def _open_socket(self, address: str, port: int, until: float) -> socket.socket:
        connected = self.connect(address, port, _remaining(until))
        try:
            connected.settimeout(_remaining(until))
        except TimeoutError:
            connected.close()
            raise
        return connected


class _Connection(HTTPConnection):
    """A connection by name over a socket that is already pinned to an address: urllib3 never resolves the name itself."""

    open_socket: Callable[[], socket.socket]

    def _new_conn(self) -> socket.socket:
        return self.open_socket()


class _HttpsConnection(_Connection, HTTPSConnection):
    """The same with TLS: the name is in SNI, and the certificate has to be valid for it."""


class _BoundedReader(io.RawIOBase):
    """The bytes of one response, until a deadline and up to MAX_BYTES."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        # The file keeps the socket open after http.client has closed its own reference.
        self._sock, self._file = sock, sock.makefile("rb", buffering=0)
        self._until, self._left = until, MAX_BYTES
        #: A head has to arrive whole; a body may be cut off.
        self.in_head = True

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(_remaining(self._until))
        n = self._file.readinto(memoryview(buffer)[: self._left]) or 0 if self._left else 0
        if not n and self.in_head:
            raise http.client.RemoteDisconnected("the head is cut off or too long")
        self._left -= n
        return n

    def close(self) -> None:
        self._file.close()
        super().close()


class _BoundedResponse(http.client.HTTPResponse):
    """A response that is read through a _BoundedReader, after any interim responses (such as 103 Early Hints)."""

    def __init__(self, sock: socket.socket, *args: Any, until: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self._reader = _BoundedReader(sock, until)
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        while 100 <= self.status < 200:
            self.headers = self.msg = None  # type: ignore[assignment]
            super().begin()
        self._reader.in_head = False


def _read_body(response: HTTPResponse) -> bytes:
    body = bytearray()
    try:
        for part in response.stream(4096):
            body += part
    except ProtocolError as error:
        # A chunked body that was cut off at MAX_BYTES.
        if not isinstance(error.__cause__, http.client.IncompleteRead):
            raise
    return bytes(body)


def _resolve_in_time(call: Callable[[], Sequence[str]], until: float) -> Sequence[str]:
    """Resolve a name in a thread of its own, because the system's resolver has no time limit."""
    found: list[Sequence[str]] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(call())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="link-check-resolver", daemon=True)
    thread.start()
    thread.join(_remaining(until))
    if failed:
        raise Unreachable("resolver") from failed[0]
    if not found:
        raise Unreachable("resolver took too long")
    return found[0]


def _remaining(until: float) -> float:
    remaining = until - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining
