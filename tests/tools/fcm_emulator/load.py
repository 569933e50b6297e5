"""How fast the emulator is: `python -m tests.tools.fcm_emulator.load --help`; prints messages a second and its own cost.

The load is made by this process over raw sockets, from bytes prepared beforehand, so that the other core measures the emulator
and not a client library. The emulator's cost is the processor time that the kernel booked for its process.
"""

from __future__ import annotations

import argparse
import json
import os
import selectors
import socket
import ssl
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import BaseHandler, HTTPSHandler, ProxyHandler, Request, build_opener

from fcm_emulator import frames
from hpack import Encoder

from tests.processes import Emulator, start_emulator
from tests.tools.fcm_emulator.inprocess import make_assertion, make_message

PROJECT = "fingerpost-test"
PATH = f"/v1/projects/{PROJECT}/messages:send"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tls", action="store_true", help="HTTP/2 over TLS, 100 streams a connection")
    parser.add_argument("--connections", type=int, help="50, or 1 with --tls")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--all-differ", action="store_true", help="no message is like another, so that none is remembered")
    parser.add_argument("--check-every", default="1")
    parser.add_argument("--p50", type=int, metavar="MS", help="half of the answers take longer, one in a hundred 6 times as long")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        emulator = start_emulator(Path(folder), PROJECT, "--quota", "0", "--check-every", options.check_every, tls=options.tls)
        try:
            if options.p50:
                spread = {"p50": options.p50, "p99": 6 * options.p50}
                emulator.plan([{"match": {"any": True}, "answer": "ACCEPT", "latency_ms": spread}])
            measure(emulator, options.connections or (1 if options.tls else 50), options.seconds, options.all_differ)
        finally:
            emulator.stop()


def measure(emulator: Emulator, connections: int, seconds: float, all_differ: bool) -> None:
    token = access_token(emulator)
    bodies = [body(number, all_differ) for number in range(20_000)]
    wires = [
        (Http2Wire if emulator.ca_bundle else Http1Wire)(emulator, token, bodies[place::connections])
        for place in range(connections)
    ]
    waiting = selectors.DefaultSelector()
    for wire in wires:
        waiting.register(wire.socket, selectors.EVENT_READ, wire)
        wire.start()
    before, started = cpu_seconds(emulator), time.monotonic()
    answered = 0
    while time.monotonic() - started < seconds:
        for key, _ in waiting.select(0.1):
            answered += key.data.turn()
    took, used = time.monotonic() - started, cpu_seconds(emulator) - before
    counts = emulator.counts("a1") if not all_differ else emulator.counts()
    assert set(counts["by_answer"]) == {"ACCEPT"}, counts
    size = sum(map(len, bodies)) // len(bodies)
    cost = f"{used / answered * 1e6:.1f} µs of the emulator each ({used / took:.0%} of a core)"
    print(f"{answered / took:,.0f} messages/s of {size} bytes, {cost}")


def body(number: int, all_differ: bool) -> bytes:
    message = make_message()
    message["fid"] = f"{number:022d}"
    message["data"]["inner_body"] *= 15
    if all_differ:
        message["data"]["sent"] = f"{number:020d}"
    return json.dumps({"message": message}, separators=(",", ":")).encode()


class Http1Wire:
    def __init__(self, emulator: Emulator, token: str, bodies: list[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = (
            f"POST {PATH} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n"
            "user-agent: load\r\naccept: */*\r\ncontent-length: {}\r\n\r\n"
        )
        self.requests = [head.format(len(one)).encode() + one for one in bodies]
        self.next = 0

    def start(self) -> None:
        self.socket.sendall(self.requests[self.next % len(self.requests)])
        self.next += 1

    def turn(self) -> int:
        # One answer is a few hundred bytes and comes in one piece.
        assert self.socket.recv(65_536).startswith(b"HTTP/1.1 200")
        self.start()
        return 1


class Http2Wire:
    def __init__(self, emulator: Emulator, token: str, bodies: list[bytes]) -> None:
        context = ssl.create_default_context(cafile=str(emulator.ca_bundle))
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        headers = [
            (":method", "POST"), (":scheme", "https"), (":authority", "127.0.0.1"), (":path", PATH),
            ("authorization", f"Bearer {token}"), ("content-type", "application/json"), ("user-agent", "load"),
            ("content-length", str(len(bodies[0]))),
        ]  # fmt: skip
        encoder = Encoder()
        first = encoder.encode(headers)
        self.blocks = [first, encoder.encode(headers)]
        self.bodies = bodies
        self.stream = 1
        self.unread = b""

    def start(self) -> None:
        hello = frames.PREFACE + frames.settings(initial_window_size=2**20) + frames.window_update(0, 2**30)
        self.socket.sendall(hello + b"".join(self.request() for _ in range(100)))

    def request(self) -> bytes:
        content = self.bodies[self.stream // 2 % len(self.bodies)]
        block = self.blocks[self.stream > 1]
        whole = frames.frame(frames.HEADERS, frames.END_HEADERS, self.stream, block)
        whole += frames.frame(frames.DATA, frames.END_STREAM, self.stream, content)
        self.stream += 2
        return whole

    def turn(self) -> int:
        data = self.unread + self.socket.recv(65_536)
        while self.socket.pending():
            data += self.socket.recv(65_536)
        position, done = 0, 0
        while len(data) - position >= 9:
            joint, flags, stream = frames.HEAD.unpack_from(data, position)
            if position + 9 + (joint >> 8) > len(data):
                break
            assert joint & 255 not in (frames.GOAWAY, frames.RST_STREAM), data[position:]
            done += bool(stream and flags & frames.END_STREAM)
            position += 9 + (joint >> 8)
        self.unread = data[position:]
        if done:
            self.socket.sendall(b"".join(self.request() for _ in range(done)))
        return done


def access_token(emulator: Emulator) -> str:
    key_file = json.loads(emulator.credentials_file.read_text())
    assertion = make_assertion(key_file, iat=int(time.time()), exp=int(time.time()) + 3600)
    form = urlencode({"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}).encode()
    handlers: list[BaseHandler] = [ProxyHandler({})]
    if emulator.ca_bundle:
        handlers.append(HTTPSHandler(context=ssl.create_default_context(cafile=str(emulator.ca_bundle))))
    with build_opener(*handlers).open(Request(emulator.url + "/token", data=form, method="POST")) as answer:
        return str(json.load(answer)["access_token"])


def cpu_seconds(emulator: Emulator) -> float:
    fields = Path(f"/proc/{emulator.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
