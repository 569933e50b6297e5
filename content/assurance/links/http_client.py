"""One request to one pinned address: resolved once, checked, and only then connected to; bounded in time and bytes."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from content.assurance.links.url_policy import Blocked, Place, is_public

#: Seconds for an address with all its redirects, and bytes of one answer as they come: nothing is unpacked.
MOST_SECONDS = 10.0
MOST_BYTES = 64 * 1024
AGENT = "Fingerpost-link-check/1"

Resolver = Callable[[str, int], Sequence[str]]
Connect = Callable[[str, int, float], socket.socket]


class Unreachable(Exception):
    """The host could not be reached, or gave no answer that can be read."""


@dataclass(frozen=True)
class Reply:
    """What is looked at of an answer; the body only where it was asked for."""

    status: int
    location: str | None
    body: bytes


def resolve(host: str, port: int) -> list[str]:
    """Return the host's numeric addresses as the system finds them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Connect to a numeric address."""
    # Numeric flags: should a name ever come here, it is refused and not looked up.
    [(family, kind, protocol, _, where), *_] = socket.getaddrinfo(
        address, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    )
    made = socket.socket(family, kind, protocol)
    try:
        made.settimeout(seconds)
        made.connect(where)
    except BaseException:
        made.close()
        raise
    return made


@dataclass(frozen=True)
class Wire:
    """How hosts are found and reached; tests give their own resolver."""

    resolve: Resolver = resolve
    connect: Connect = connect
    context: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def ask(self, method: str, place: Place, *, until: float, body: bool = False) -> Reply:
        """Send one request and return its answer.

        `until` is an instant of time.monotonic. Raises Blocked where any address of the host is not public, and Unreachable.
        """
        try:
            with self._open(place, until) as line:
                line.settimeout(_left(until))
                line.sendall(_request(method, place))
                raw = _received(line, until, whole=body)
            return _read(raw, method, body=body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unreachable(type(error).__name__) from None

    def _open(self, place: Place, until: float) -> socket.socket:
        addresses = _in_time(lambda: self.resolve(place.host, place.port), until)
        if not addresses:
            raise Unreachable("no address")
        # One private address among public ones is reason enough: the host's owner, not chance, chose it.
        if not all(map(is_public, addresses)):
            raise Blocked("It leads to an address that is not on the public internet.")
        # The very address that was checked: no second look-up stands between, whatever the name says by then.
        line = self.connect(addresses[0], place.port, _left(until))
        if place.scheme == "http":
            return line
        try:
            line.settimeout(_left(until))
            return self.context.wrap_socket(line, server_hostname=place.host)
        except BaseException:
            line.close()
            raise


def _in_time(call: Callable[[], Sequence[str]], until: float) -> Sequence[str]:
    """Look a name up in a thread of its own, because the system's resolver knows no time limit."""
    found: list[Sequence[str]] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(call())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="link-check-resolver", daemon=True)
    thread.start()
    thread.join(_left(until))
    if failed:
        raise Unreachable("resolver") from failed[0]
    if not found:
        raise Unreachable("resolver took too long")
    return found[0]


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _request(method: str, place: Place) -> bytes:
    lines = [
        f"{method} {place.target} HTTP/1.1",
        f"Host: {place.host}",
        f"User-Agent: {AGENT}",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _received(line: socket.socket, until: float, *, whole: bool) -> bytes:
    """Read up to the end of the head, or with `whole` of the answer; never more than MOST_BYTES."""
    raw = bytearray()
    while len(raw) < MOST_BYTES:
        line.settimeout(_left(until))
        part = line.recv(min(8192, MOST_BYTES - len(raw)))
        raw += part
        if not part or (not whole and b"\r\n\r\n" in _final(bytes(raw))):
            break
    return bytes(raw)


def _final(raw: bytes) -> bytes:
    """Return the answer without the interim ones (such as 103) before it."""
    while raw.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")) and b"\r\n\r\n" in raw:
        raw = raw.partition(b"\r\n\r\n")[2]
    return raw


class _Received:
    """Bytes in the shape that http.client reads from."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw

    def makefile(self, *_: object) -> io.BytesIO:
        return io.BytesIO(self.raw)


def _read(raw: bytes, method: str, *, body: bool) -> Reply:
    raw = _final(raw)
    if b"\r\n\r\n" not in raw:
        raise Unreachable("no whole head")
    answer = http.client.HTTPResponse(_Received(raw), method=method)  # type: ignore[arg-type]
    answer.begin()
    content = b""
    if body:
        try:
            content = answer.read()
        except http.client.IncompleteRead as cut:
            content = cut.partial
    return Reply(answer.status, answer.getheader("Location"), content)
