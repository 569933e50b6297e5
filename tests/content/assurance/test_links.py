"""The link checker: which URLs it refuses, how it reads responses, and that no server can hold it up."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from content.assurance.links import visit as visiting
from content.assurance.links.http_client import MAX_BYTES, LinkClient
from content.assurance.links.url_policy import Blocked, SafeUrl, is_public
from content.assurance.links.visit import Visitor, VisitResult
from content.models.link import LinkResult
from tests.certificate import self_signed
from tests.content.assurance.refused_addresses import NUMERIC, REDIRECTS, WRITTEN

PUBLIC = "93.184.215.14"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
NO_ROBOTS = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"


class Host:
    """A web server on loopback that sends given responses and records the requests."""

    def __init__(self, answer: Callable[[str], bytes | Iterator[bytes]]) -> None:
        self.answer = answer
        self.requests: list[str] = []
        self.heads: list[str] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connected: list[tuple[str, int]] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def connect(self, address: str, port: int, seconds: float) -> socket.socket:
        """Connect to this server in place of the pinned public address."""
        self.connected.append((address, port))
        return socket.create_connection(("127.0.0.1", self.port), seconds)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=[line], daemon=True).start()

    def _one(self, line: socket.socket) -> None:
        with line:
            head = line.recv(65536).decode()
            self.heads.append(head)
            method, target, _ = head.split(" ", 2)
            self.requests.append(f"{method} {target}")
            response = self.answer(f"{method} {target}")
            try:
                for part in [response] if isinstance(response, bytes) else response:
                    line.sendall(part)
            except OSError:
                return


@contextmanager
def host(answer: Callable[[str], bytes | Iterator[bytes]]) -> Iterator[Host]:
    made = Host(answer)
    try:
        yield made
    finally:
        made.listener.close()


def plain(answers: dict[str, bytes], *, otherwise: bytes = OK) -> Callable[[str], bytes]:
    return lambda request: (
        NO_ROBOTS if request.endswith("/robots.txt") and request not in answers else answers.get(request, otherwise)
    )


def public(name: str, port: int) -> list[str]:
    return [PUBLIC]


def visitor(web: Host, resolve: Callable[[str, int], Sequence[str]] = public) -> Visitor:
    return Visitor(LinkClient(resolve=resolve, connect=web.connect))


def to(place: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {place}\r\nContent-Length: 0\r\n\r\n".encode()


def must_not_be_called(*_: object) -> socket.socket:
    raise AssertionError("resolved or connected")


def test_the_corpus_has_at_least_180_addresses() -> None:
    assert len(set(NUMERIC)) + len(set(WRITTEN)) >= 180


@pytest.mark.parametrize("address", NUMERIC)
def test_special_purpose_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.215.14", "100.63.255.255", "100.128.0.0", "172.32.0.1", "2606:4700::1111"]
)
def test_addresses_next_to_special_purpose_blocks_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.sampled
@pytest.mark.parametrize("address", NUMERIC)
def test_a_name_with_a_special_purpose_address_is_not_connected_to(address: str) -> None:
    found = Visitor(LinkClient(resolve=lambda name, port: [PUBLIC, address], connect=must_not_be_called)).visit(
        "https://line.example.org/"
    )

    assert found == VisitResult(LinkResult.BLOCKED, None, "line.example.org")


@pytest.mark.sampled
@pytest.mark.parametrize("address", WRITTEN)
def test_a_misleading_url_is_neither_resolved_nor_connected_to(address: str) -> None:
    found = Visitor(LinkClient(resolve=must_not_be_called, connect=must_not_be_called)).visit(address)  # type: ignore[arg-type]

    assert found.result == LinkResult.BLOCKED
    with pytest.raises(Blocked):
        SafeUrl.parse(address)


@pytest.mark.parametrize("place", REDIRECTS)
def test_a_redirect_is_checked_like_the_first_url(place: str) -> None:
    def resolve(name: str, port: int) -> list[str]:
        return ["10.0.0.1"] if name.startswith("private") else [PUBLIC]

    with host(plain({}, otherwise=to(place))) as web:
        found = visitor(web, resolve).visit("http://line.example.org/")

    assert found.result == LinkResult.BLOCKED
    assert web.requests == ["GET /robots.txt", "HEAD /"]


def test_a_name_that_turns_private_between_requests_is_blocked() -> None:
    answers = iter([[PUBLIC], [PUBLIC], ["127.0.0.1"]])

    with host(plain({}, otherwise=b"HTTP/1.1 405 Not Allowed\r\n\r\n")) as web:
        found = visitor(web, lambda name, port: next(answers)).visit("http://line.example.org/")

    assert found.result == LinkResult.BLOCKED
    assert web.connected == [(PUBLIC, 80), (PUBLIC, 80)]


def test_a_request_resolves_once_and_connects_to_the_checked_address() -> None:
    resolved: list[str] = []

    def rebinding(name: str, port: int) -> list[str]:
        resolved.append(name)
        return [PUBLIC] if len(resolved) % 2 else ["127.0.0.1"]

    with host(plain({})) as web:
        LinkClient(resolve=rebinding, connect=web.connect).request(
            "HEAD", SafeUrl.parse("http://line.example.org/"), until=time.monotonic() + 5
        )

    assert resolved == ["line.example.org"]
    assert web.connected == [(PUBLIC, 80)]
    assert "Host: line.example.org\r\n" in web.heads[0]


def test_three_redirects_are_followed_and_a_fourth_is_not() -> None:
    steps = {f"HEAD /{n}": to(f"/{n + 1}") for n in range(4)}

    with host(plain(steps)) as web:
        three, four = visitor(web).visit("http://line.example.org/1"), visitor(web).visit("http://line.example.org/0")

    assert three == VisitResult(LinkResult.WORKS, 200, "line.example.org")
    assert four == VisitResult(LinkResult.FAILING, 302, "line.example.org")


@pytest.mark.parametrize(
    ("head", "get", "result"),
    [
        (b"200 OK", b"200 OK", LinkResult.WORKS),
        (b"405 Method Not Allowed", b"200 OK", LinkResult.WORKS),
        (b"404 Not Found", b"200 OK", LinkResult.WORKS),
        (b"404 Not Found", b"404 Not Found", LinkResult.GONE),
        (b"410 Gone", b"410 Gone", LinkResult.GONE),
        (b"403 Forbidden", b"403 Forbidden", LinkResult.FAILING),
        (b"500 Fault", b"500 Fault", LinkResult.FAILING),
        (b"304 Not Modified", b"200 OK", LinkResult.FAILING),
        (b"103 Early Hints\r\n\r\nHTTP/1.1 200 OK", b"200 OK", LinkResult.WORKS),
        (b"what", b"what", LinkResult.UNREACHABLE),
    ],
)
def test_the_result_of_each_response(head: bytes, get: bytes, result: LinkResult) -> None:
    answers = {"HEAD /": b"HTTP/1.1 " + head + b"\r\n\r\n", "GET /": b"HTTP/1.1 " + get + b"\r\n\r\n"}

    with host(plain(answers)) as web:
        assert visitor(web).visit("http://line.example.org/").result == result


def test_another_host_counts_as_moved_and_www_does_not() -> None:
    with host(plain({"HEAD /a": to("http://other.example.org/"), "HEAD /b": to("http://www.line.example.org/")})) as web:
        moved, same = visitor(web).visit("http://line.example.org/a"), visitor(web).visit("http://line.example.org/b")

    assert moved == VisitResult(LinkResult.MOVED, 200, "other.example.org")
    assert same.result == LinkResult.WORKS


def test_an_endless_response_is_cut_off_at_64_kib(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = 0

    def endless(request: str) -> bytes | Iterator[bytes]:
        nonlocal sent
        if request.endswith("robots.txt"):
            return NO_ROBOTS

        def parts() -> Iterator[bytes]:
            nonlocal sent
            yield b"HTTP/1.1 200 OK\r\n"
            while True:
                sent += 4096
                yield b"x-filler: " + b"x" * 4084 + b"\r\n"

        return parts()

    with host(endless) as web:
        found = visitor(web).visit("http://line.example.org/")

    assert found.result == LinkResult.UNREACHABLE
    # What the kernel holds on its way counts too; without a limit this would run for the ten seconds.
    assert sent < MAX_BYTES + 16 * 1024 * 1024


def test_a_slow_response_ends_at_the_limit_shared_with_redirects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "TOTAL_SECONDS", 1.0)

    def drip(request: str) -> bytes | Iterator[bytes]:
        if request.endswith("robots.txt"):
            return NO_ROBOTS

        def parts() -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\nx: "
            while True:
                time.sleep(0.1)
                yield b"x"

        return parts()

    begun = time.monotonic()
    with host(drip) as web:
        found = visitor(web).visit("http://line.example.org/")

    assert found.result == LinkResult.UNREACHABLE
    assert time.monotonic() - begun < 2


def test_a_resolver_that_hangs_does_not_hold_up_the_visit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "TOTAL_SECONDS", 0.3)
    free = threading.Event()

    def slow(name: str, port: int) -> list[str]:
        free.wait(10)
        return [PUBLIC]

    found = Visitor(LinkClient(resolve=slow, connect=must_not_be_called)).visit("http://line.example.org/")
    free.set()

    assert found.result == LinkResult.UNREACHABLE


def test_time_spent_resolving_counts_towards_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "TOTAL_SECONDS", 1.0)

    def slow(name: str, port: int) -> list[str]:
        time.sleep(0.4)
        return [PUBLIC]

    begun = time.monotonic()
    with host(plain({"HEAD /": to("/a")})) as web:
        found = visitor(web, slow).visit("http://line.example.org/")

    # Each redirect resolves the name again: robots.txt and the first request fit, the next does not.
    assert found == VisitResult(LinkResult.UNREACHABLE, 302, "line.example.org")
    assert time.monotonic() - begun < 2


def test_a_tls_handshake_that_never_ends_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visiting, "TOTAL_SECONDS", 0.5)
    servers = []

    def silent(address: str, port: int, seconds: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        servers.append(theirs)
        return ours

    begun = time.monotonic()
    found = Visitor(LinkClient(resolve=public, connect=silent)).visit("https://line.example.org/")
    for server in servers:
        server.close()

    assert found.result == LinkResult.UNREACHABLE
    assert time.monotonic() - begun < 2


def test_a_head_that_is_cut_off_is_not_a_response() -> None:
    with host(plain({}, otherwise=b"HTTP/1.1 200 OK\r\nServer: x\r\n")) as web:
        assert visitor(web).visit("http://line.example.org/").result == LinkResult.UNREACHABLE


def test_a_robots_txt_of_more_than_64_kib_is_cut_off_and_obeyed() -> None:
    rules = b"User-agent: *\nDisallow: /\n" + b"#" * MAX_BYTES
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(rules), rules)

    for answer in (chunked, b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(rules), rules)):
        with host(plain({"GET /robots.txt": answer})) as web:
            assert visitor(web).visit("http://line.example.org/").result == LinkResult.DISALLOWED


def test_a_compressed_response_is_never_decompressed() -> None:
    bomb = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 20\r\n\r\n\x1f\x8b" + bytes(18)

    with host(lambda request: bomb) as web:
        found = visitor(web).visit("http://line.example.org/")

    assert found.result == LinkResult.WORKS
    assert all("Accept-Encoding: identity" in head for head in web.heads)


def test_a_url_disallowed_by_robots_txt_is_not_visited() -> None:
    rules = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1a\r\nUser-agent: *\nDisallow: /\n\r\n0\r\n\r\n"

    with host(plain({"GET /robots.txt": rules})) as web:
        found = visitor(web).visit("http://line.example.org/report")

    assert found.result == LinkResult.DISALLOWED
    assert web.requests == ["GET /robots.txt"]


def test_a_host_whose_robots_txt_fails_is_not_visited() -> None:
    with host(plain({"GET /robots.txt": b"HTTP/1.1 503 Busy\r\n\r\n"})) as web:
        assert visitor(web).visit("http://line.example.org/").result == LinkResult.DISALLOWED


def test_a_url_cannot_inject_into_the_request_line() -> None:
    for address in ("http://line.example.org/\r\nX: y", "http://line.example.org/ HTTP/1.1", "http://line.example.org/\tx"):
        with pytest.raises(Blocked):
            SafeUrl.parse(address)


def test_a_certificate_for_another_name_is_refused(tmp_path: Path) -> None:
    secret, certificate = self_signed("line.example.org")
    (tmp_path / "server.pem").write_bytes(secret + certificate)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tmp_path / "server.pem")
    server_names: list[str | None] = []
    server.sni_callback = lambda line, name, context: server_names.append(name)
    trust = ssl.create_default_context(cadata=certificate.decode())

    def secure(address: str, port: int, seconds: float) -> socket.socket:
        ours, theirs = socket.socketpair()
        ours.settimeout(seconds)

        def serve() -> None:
            try:
                with server.wrap_socket(theirs, server_side=True) as line:
                    request = line.recv(4096)
                    line.sendall(NO_ROBOTS if b"robots" in request else OK)
            except OSError:
                theirs.close()

        threading.Thread(target=serve, daemon=True).start()
        return ours

    wire = LinkClient(resolve=public, connect=secure, context=trust)
    right, wrong = Visitor(wire).visit("https://line.example.org/"), Visitor(wire).visit("https://other.example.org/")

    assert right.result == LinkResult.WORKS
    assert wrong.result == LinkResult.UNREACHABLE
    assert set(server_names) == {"line.example.org", "other.example.org"}
