"""./run bench emulator: how many messages per second the FCM emulator accepts, and how much processor time each one takes.

The load comes from this process over raw sockets, from bytes prepared beforehand, so that the result does not depend on a client
library. The processor time is that of the emulator's process alone.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import ssl
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

import jwt
from fcm_emulator import frames
from fcm_emulator.testing import EmulatorProcess, opener, start_emulator
from hpack import Encoder

from tools.bench.usage import cpu_seconds
from tools.sandbox.paths import Paths
from tools.sandbox.terminal import say

PROJECT = "fingerpost-bench"
PATH = f"/v1/projects/{PROJECT}/messages:send"
SCOPE = "https://www.googleapis.com/auth/firebase.messaging"


def run(paths: Paths, rest: list[str]) -> int:
    """Measure and print; return 0."""
    parser = argparse.ArgumentParser(prog="./run bench emulator", description=__doc__)
    parser.add_argument("--tls", action="store_true", help="HTTP/2 over TLS, 100 streams per connection")
    parser.add_argument("--connections", type=int, help="50, or 1 with --tls")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--check-every", default="1", help="passed on to the emulator (%(default)s)")
    parser.add_argument("--p50", type=int, metavar="MS", help="median latency of responses; the 99th percentile is 6 times it")
    options = parser.parse_args(rest)
    with tempfile.TemporaryDirectory(dir=paths.temporary) as folder:
        serve = ("--quota", "0", "--check-every", options.check_every)
        emulator = start_emulator(Path(folder), PROJECT, *serve, tls=options.tls)
        try:
            if options.p50:
                spread = {"p50": options.p50, "p99": 6 * options.p50}
                emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": spread}])
            say(measure(emulator, options.connections or (1 if options.tls else 50), options.seconds))
        finally:
            emulator.stop()
    return 0


def measure(emulator: EmulatorProcess, connections: int, seconds: float) -> str:
    """Send for `seconds`; return the rate and the processor time per message as one line."""
    token = access_token(emulator)
    bodies = [body(number) for number in range(20_000)]
    sender = Http2Sender if emulator.ca_bundle else Http1Sender
    senders = [sender(emulator, token, bodies[first::connections]) for first in range(connections)]
    waiting = selectors.DefaultSelector()
    for one in senders:
        waiting.register(one.socket, selectors.EVENT_READ, one)
        one.start()
    before, started = cpu_seconds(emulator.process.pid), time.monotonic()
    answered = 0
    while time.monotonic() - started < seconds:
        for key, _ in waiting.select(0.1):
            answered += key.data.receive()
    took, used = time.monotonic() - started, cpu_seconds(emulator.process.pid) - before
    answers = emulator.counts()["by_answer"]
    if set(answers) != {"ACCEPT"}:
        raise RuntimeError(f"not all messages were accepted: {answers}")
    size = sum(map(len, bodies)) // len(bodies)
    cost = f"{used / answered * 1e6:.1f} µs of the emulator each ({used / took:.0%} of a core)"
    return f"{answered / took:,.0f} messages/s of {size} bytes, {cost}"


def body(number: int) -> bytes:
    """Return a send request as the backend sends it to an Android phone, for the address with this number."""
    data = {
        "v": "1", "alert": "a1", "rev": "1", "act": "show", "status": "Actual", "lang": "cy", "dir": "ltr", "fallback": "",
        "inner_title": "Rhybudd", "inner_body": "Dyma sut i ymateb." * 15, "tip": "first-hour", "services": "gb-childline",
        "open": "alert/a1", "sent": "2026-12-01T06:00:00Z", "expires": "2026-12-03T00:00:00Z",
    }  # fmt: skip
    notification = {
        "title": "Cyngor newydd", "body": "Darllenwch yn yr ap.", "tag": "a1", "channel_id": "updates", "visibility": "PRIVATE",
        "local_only": True,
    }  # fmt: skip
    android = {"ttl": "3600s", "priority": "high", "notification": notification}
    message = {"fid": f"{number:022d}", "data": data, "android": android}
    return json.dumps({"message": message}, separators=(",", ":")).encode()


class Http1Sender:
    """A connection that sends a request and waits for its response before it sends the next."""

    def __init__(self, emulator: EmulatorProcess, token: str, bodies: list[bytes]) -> None:
        self.socket = _connect(emulator)
        head = (
            f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
            "user-agent: bench\r\naccept: */*\r\ncontent-length: {}\r\n\r\n"
        )
        self.requests = [head.format(len(one)).encode() + one for one in bodies]
        self.next = 0

    def start(self) -> None:
        """Send the next request."""
        self.socket.sendall(self.requests[self.next % len(self.requests)])
        self.next += 1

    def receive(self) -> int:
        """Read a response and send the next request; return the number of responses."""
        # A response has a few hundred bytes and arrives in one piece.
        response = self.socket.recv(65_536)
        if not response.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"not accepted: {response[:200]!r}")
        self.start()
        return 1


class Http2Sender:
    """A connection that always has 100 open streams."""

    def __init__(self, emulator: EmulatorProcess, token: str, bodies: list[bytes]) -> None:
        context = ssl.create_default_context(cafile=str(emulator.ca_bundle))
        context.set_alpn_protocols(["h2"])
        self.socket = context.wrap_socket(_connect(emulator), server_hostname="127.0.0.1")
        headers = [
            (":method", "POST"), (":scheme", "https"), (":authority", "127.0.0.1"), (":path", PATH),
            ("authorization", f"Bearer {token}"), ("content-type", "application/json"), ("user-agent", "bench"),
            ("content-length", str(len(bodies[0]))),
        ]  # fmt: skip
        encoder = Encoder()
        self.first_block, self.next_block = encoder.encode(headers), encoder.encode(headers)
        self.bodies = bodies
        self.stream = 1
        self.unread = b""

    def start(self) -> None:
        """Open 100 streams."""
        opening = frames.PREFACE + frames.settings(initial_window_size=2**20) + frames.window_update(0, 2**30)
        self.socket.sendall(opening + b"".join(self._request() for _ in range(100)))

    def receive(self) -> int:
        """Read all responses that have arrived and open as many streams; return the number of responses."""
        data = self.unread + self.socket.recv(65_536)
        while self.socket.pending():
            data += self.socket.recv(65_536)
        position, ended = 0, 0
        while len(data) - position >= frames.HEAD_SIZE:
            joint, flags, stream = frames.HEAD.unpack_from(data, position)
            if position + frames.HEAD_SIZE + (joint >> 8) > len(data):
                break
            if joint & 255 in (frames.GOAWAY, frames.RST_STREAM):
                raise RuntimeError(f"not accepted: {data[position : position + 100]!r}")
            ended += bool(stream and flags & frames.END_STREAM)
            position += frames.HEAD_SIZE + (joint >> 8)
        self.unread = data[position:]
        if ended:
            self.socket.sendall(b"".join(self._request() for _ in range(ended)))
        return ended

    def _request(self) -> bytes:
        content = self.bodies[self.stream // 2 % len(self.bodies)]
        block = self.next_block if self.stream > 1 else self.first_block
        request = frames.frame(frames.HEADERS, frames.END_HEADERS, self.stream, block)
        request += frames.frame(frames.DATA, frames.END_STREAM, self.stream, content)
        self.stream += 2
        return request


def access_token(emulator: EmulatorProcess) -> str:
    """Return an access token for the account in the emulator's credentials file."""
    account: dict[str, Any] = json.loads(emulator.credentials_file.read_text())
    now = int(time.time())
    claims = {"iss": account["client_email"], "aud": account["token_uri"], "iat": now, "exp": now + 3600, "scope": SCOPE}
    assertion = jwt.encode(claims, account["private_key"], algorithm="RS256", headers={"kid": account["private_key_id"]})
    form = urlencode({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}).encode()
    request = Request(emulator.url + "/token", data=form, method="POST")
    with opener(emulator.ca_bundle).open(request) as response:
        return str(json.load(response)["access_token"])


def _connect(emulator: EmulatorProcess) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
