"""Two HTTP/2 clients: one with the h2 library, and one with raw frames for what that library would not send."""

from __future__ import annotations

import json
import socket
import ssl
from types import TracebackType
from typing import Any, Self

from fcm_emulator import frames
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, Event, ResponseReceived, StreamEnded, StreamReset
from hpack import Encoder

from tests.processes import Emulator
from tests.tools.fcm_emulator.in_process import make_message

PATH = "/v1/projects/fingerpost-test/messages:send"


def connect(emulator: Emulator, protocol: str = "h2") -> ssl.SSLSocket:
    """Return a TLS socket for which `protocol` was negotiated."""
    context = ssl.create_default_context(cafile=str(emulator.ca_bundle))
    context.set_alpn_protocols([protocol])
    plain = socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2])), timeout=10)
    # A connection that ends without close_notify is an error, so that a reset does not look like an orderly close.
    return context.wrap_socket(plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False)


class Client:
    """A client with the h2 library over one connection; responses are collected by stream."""

    def __init__(self, emulator: Emulator, token: str, **settings: int) -> None:
        self.wire = connect(emulator)
        self.token = token
        self.h2 = H2Connection(H2Configuration(client_side=True))
        self.h2.initiate_connection()
        if settings:
            self.h2.update_settings({getattr(frames, name.upper()): value for name, value in settings.items()})
        self.status: dict[int, int] = {}
        self.headers: dict[int, dict[str, str]] = {}
        #: The first 100,000 bytes of each response, and how many bytes there were.
        self.body: dict[int, bytes] = {}
        self.taken: dict[int, int] = {}
        self.ended: list[int] = []
        self.reset: dict[int, int] = {}
        self.events: list[Event] = []
        self.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.wire.close()

    def post(self, body: bytes, *, path: str = PATH, **headers: str) -> int:
        """Send a request; return the number of its stream."""
        stream = self.h2.get_next_available_stream_id()
        usual = {
            ":method": "POST", ":scheme": "https", ":authority": "127.0.0.1", ":path": path,
            "authorization": f"Bearer {self.token}", "content-type": "application/json", "content-length": str(len(body)),
        }  # fmt: skip
        self.h2.send_headers(stream, list((usual | headers).items()))
        for place in range(0, len(body), 8_192):
            while self.h2.local_flow_control_window(stream) < 8_192:
                self.flush()
                self.receive()
            self.h2.send_data(stream, body[place : place + 8_192])
        self.h2.end_stream(stream)
        self.flush()
        return stream

    def flush(self) -> None:
        if data := self.h2.data_to_send():
            self.wire.sendall(data)

    def receive(self, *, acknowledge: bool = True) -> bool:
        """Receive what the server has sent; return False once it has closed the connection."""
        data = self.wire.recv(65_536)
        for event in self.h2.receive_data(data) if data else ():
            self.events.append(event)
            if isinstance(event, ResponseReceived):
                pairs = {str(name, "ascii"): str(value, "ascii") for name, value in event.headers}
                self.status[event.stream_id] = int(pairs.pop(":status"))
                self.headers[event.stream_id] = pairs
            elif isinstance(event, DataReceived):
                self.taken[event.stream_id] = self.taken.get(event.stream_id, 0) + len(event.data)
                self.body[event.stream_id] = (self.body.get(event.stream_id, b"") + event.data)[:100_000]
                if acknowledge and event.flow_controlled_length:
                    self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                self.ended.append(event.stream_id)
            elif isinstance(event, StreamReset):
                self.reset[event.stream_id] = int(event.error_code)
        self.flush()
        return bool(data)

    def until(self, *streams: int) -> list[int]:
        """Wait for complete responses; return their statuses, 0 for a stream that was reset."""
        while not set(streams) <= {*self.ended, *self.reset}:
            assert self.receive(), "The connection ended before the responses"
        return [self.status.get(stream, 0) for stream in streams]


class Raw:
    """A client that sends any bytes."""

    def __init__(self, emulator: Emulator, *, settings: bytes | None = None) -> None:
        self.wire = connect(emulator)
        self.encoder = Encoder()
        self.unread = b""
        self.wire.sendall(frames.PREFACE + (frames.settings() if settings is None else settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: Any) -> None:
        self.wire.close()

    def block(self, *without: str, method: str = "GET", path: str = "/healthz", **headers: str) -> bytes:
        """Return a header block; underscores in names become hyphens."""
        pairs = {":method": method, ":scheme": "https", ":authority": "127.0.0.1", ":path": path}
        pairs |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.encoder.encode([(name, value) for name, value in pairs.items() if name not in without])

    def send(self, *data: bytes) -> None:
        self.wire.sendall(b"".join(data))

    def frame(self) -> tuple[int, int, int, bytes]:
        """Return the next frame as kind, flags, stream and payload. EOFError at the end of the connection."""
        while len(self.unread) < 9 or len(self.unread) < 9 + (int.from_bytes(self.unread[:3])):
            data = self.wire.recv(65_536)
            if not data:
                raise EOFError
            self.unread += data
        joint, flags, stream = frames.HEAD.unpack_from(self.unread)
        payload, self.unread = self.unread[9 : 9 + (joint >> 8)], self.unread[9 + (joint >> 8) :]
        return joint & 255, flags, stream, payload

    def expect(self, kind: int) -> tuple[int, int, bytes]:
        """Return flags, stream and payload of the next frame of this kind."""
        while True:
            found, flags, stream, payload = self.frame()
            if found == kind:
                return flags, stream, payload

    def goaway(self) -> int:
        """Wait until the server ends the connection; return the code in its GOAWAY."""
        _, _, payload = self.expect(frames.GOAWAY)
        try:
            while True:
                self.frame()
        except (EOFError, ssl.SSLEOFError, ConnectionError):
            return int.from_bytes(payload[4:8])


def body(**changes: Any) -> bytes:
    """Return the body of a request that sends a message."""
    return json.dumps({"message": make_message(**changes)}).encode()


def post(raw: Raw, stream: int, token: str, content: bytes) -> tuple[bytes, bytes]:
    """Return the frames of a request that sends `content`."""
    block = raw.block(method="POST", path=PATH, authorization=f"Bearer {token}")
    return (
        frames.frame(frames.HEADERS, frames.END_HEADERS, stream, block),
        frames.frame(frames.DATA, frames.END_STREAM, stream, content),
    )


def padded(length: int) -> bytes:
    """Return the body of a request, padded to so many bytes."""
    return body().ljust(length)
