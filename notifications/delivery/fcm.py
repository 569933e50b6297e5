"""Firebase Cloud Messaging: the only place that imports firebase-admin and the HTTP client.

firebase-admin gives the credentials and the message classes, which check what we write; the sending itself is ours: bytes
prepared once a message, into which only the address and the remaining time to live go, over a few long-lived connections.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import cycle
from pathlib import Path
from time import monotonic
from typing import NamedTuple, Protocol

import google.auth.exceptions
import google.auth.transport.requests
import requests
import uvloop
from django.conf import settings
from firebase_admin import credentials
from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import RequestError

from core.errors import Unavailable
from core.sandbox import is_loopback
from notifications.delivery import outcomes
from notifications.delivery.outcomes import Outcome, read_answer

#: Seconds that one attempt may take, from connecting to the last byte of the answer.
DEADLINE = 15.0
CONNECT_DEADLINE = 5.0
LARGEST_ANSWER = 64 * 1024
#: Requests of one batch that are under way at once: with eight batches a second's worth at full rate, at 150 ms an answer.
REQUESTS_A_BATCH = 160
#: The same without TLS, where each takes a connection of its own: only the emulator is spoken to like that.
REQUESTS_PLAIN = 64
#: An answer that took longer is a sign of trouble, whatever it says.
SLOW = 3.0
#: Slow or refused answers in a row after which a batch is put off.
SLOW_ANSWERS = 10
#: One HTTP/2 connection carries about a hundred requests at once.
CONNECTIONS = 12
#: Waiting for less than this costs more than it spreads.
_SHORTEST_PAUSE = 0.002
#: A token is renewed in the background from the first on, and waited for from the second on.
_REFRESH_BEFORE, _REFRESH_NOW = timedelta(minutes=5), timedelta(minutes=1)
LONGEST_TTL = 28 * 24 * 3600


class CredentialsRefused(Unavailable):
    """Google does not accept this project's service account."""

    code = "credentials"


class CredentialsUnreachable(Unavailable):
    """Google's token endpoint cannot be reached."""

    code = "credentials-unreachable"


class Template:
    """A prepared message, cut where the address and the time to live go; the rest leaves byte for byte as approved."""

    # Quotes are escaped inside JSON strings, so that these cannot stand in anybody's text.
    _TTL = ((b'"android":{', b'"ttl":"%ds",'), (b'"webpush":{"headers":{', b'"TTL":"%d",'))

    def __init__(self, body: str) -> None:
        self._cuts, self._tail = [], body.encode()[1:]
        # A message to topics has both places, in this order.
        for anchor, form in self._TTL:
            before, found, after = self._tail.partition(anchor)
            if found:
                self._cuts.append((before + found, form))
                self._tail = after

    def fill(self, kind: str, address: str, ttl: int) -> bytes:
        """Return the request's body; no address (`values.address`) or topic's name holds anything that JSON would escape."""
        remaining = min(ttl, LONGEST_TTL)
        head = b"".join([before + form % remaining for before, form in self._cuts])
        return b'{"message":{"%s":"%s",%s%s}' % (kind.encode(), address.encode(), head, self._tail)


class Target(NamedTuple):
    """One installation or topic to send to."""

    ticket: int
    kind: str
    address: str
    template: Template


class Account:
    """The service account of one Firebase project and its access token, refreshed ahead of time and outside of the sending."""

    def __init__(self, project: str) -> None:
        path = settings.FIREBASE_PROJECTS.get(project)
        if not path:
            raise CredentialsRefused(f"FIREBASE_PROJECTS names no service-account file for {project}.")
        try:
            account = json.loads(Path(path).read_text("utf-8"))
            self._credentials = credentials.Certificate(account).get_credential()
        except (ValueError, AttributeError, OSError) as error:
            raise CredentialsRefused(f"The service-account file of {project} cannot be used.") from error
        session = requests.Session()
        if is_loopback(account["token_uri"]):
            # Our own emulator: past any proxy, and with the authority that signed its certificate.
            session.trust_env = False
            session.verify = settings.FCM_CA_BUNDLE or True
        self._request = partial(google.auth.transport.requests.Request(session), timeout=10)
        self._refreshing = threading.Lock()

    def bearer(self) -> str:
        """Return a token that is good for a minute yet; CredentialsRefused or CredentialsUnreachable without one."""
        remaining = self._remaining()
        if remaining < _REFRESH_NOW:
            self._refresh()
        elif remaining < _REFRESH_BEFORE and not self._refreshing.locked():
            threading.Thread(target=self._refresh_ahead, name="fcm-token", daemon=True).start()
        return str(self._credentials.token)

    def _remaining(self) -> timedelta:
        expiry = self._credentials.expiry
        return expiry.replace(tzinfo=UTC) - datetime.now(UTC) if expiry else timedelta(0)

    def _refresh(self) -> None:
        with self._refreshing:
            if self._remaining() >= _REFRESH_NOW:
                return
            try:
                self._credentials.refresh(self._request)
            except google.auth.exceptions.RefreshError as error:
                raise (CredentialsUnreachable() if error.retryable else CredentialsRefused()) from error
            except google.auth.exceptions.TransportError as error:
                raise CredentialsUnreachable() from error

    def _refresh_ahead(self) -> None:
        with self._refreshing, suppress(google.auth.exceptions.GoogleAuthError):
            # Whatever goes wrong is told when the old token is at its end: until then it may go right.
            self._credentials.refresh(self._request)


class Leave(Protocol):
    """Whether the next request may leave, asked before each."""

    def ttl(self) -> int:
        """Return the seconds until the campaign's last instant, or 0 when none may be started any more."""

    def hush(self) -> None:
        """Hear that FCM asked for silence."""


class Sender:
    """One event loop in a thread of its own, kept as long as the process, and the connections that live in it."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._accounts: dict[str, Account] = {}
        self._clients: Iterator[Client] | None = None
        threading.Thread(target=self._loop.run_forever, name="fcm", daemon=True).start()

    def authorize(self, project: str) -> str:
        """Return a bearer token for the project; call it before `send`, in the caller's own thread."""
        if project not in self._accounts:
            self._accounts[project] = Account(project)
        try:
            return self._accounts[project].bearer()
        except CredentialsRefused:
            # The next try reads the file again: a rotated key is taken up without a restart.
            del self._accounts[project]
            raise

    def send(
        self, project: str, bearer: str, targets: list[Target], *, leave: Leave, starts: float, pause: float
    ) -> Future[dict[int, Outcome]]:
        """Send to each target once; the future gives the outcome by ticket, and leaves out those never started.

        The first request leaves at `starts` (of time.monotonic), each further one `pause` seconds after the one before it, and
        none for which `leave` says no.
        """
        return asyncio.run_coroutine_threadsafe(self._send(project, bearer, targets, leave, starts, pause), self._loop)

    async def _send(
        self, project: str, bearer: str, targets: list[Target], leave: Leave, starts: float, pause: float
    ) -> dict[int, Outcome]:
        clients, under_way = self._connections(), REQUESTS_A_BATCH if _encrypted() else REQUESTS_PLAIN
        url = f"{settings.FCM_ENDPOINT}/v1/projects/{project}/messages:send"
        authorization = f"Bearer {bearer}"
        results: dict[int, Outcome] = {}
        waiting = iter(enumerate(targets))
        ended, slow = False, 0

        async def work() -> None:
            nonlocal ended, slow
            for place, (ticket, kind, address, template) in waiting:
                if (early := starts + place * pause - monotonic()) > _SHORTEST_PAUSE:
                    await asyncio.sleep(early)
                if ended or (ttl := leave.ttl()) < 1:
                    return
                began = monotonic()
                outcome = await _post(next(clients), url, authorization, template.fill(kind, address, ttl))
                if monotonic() - began > SLOW:
                    outcome = replace(outcome, slow=True)
                if outcome.block:
                    leave.hush()
                results[ticket] = outcome
                slow = slow + 1 if outcome.slow else 0
                ended = ended or outcome.ends_batch or slow >= SLOW_ANSWERS

        async with asyncio.TaskGroup() as group:
            for _ in range(min(under_way, len(targets))):
                group.create_task(work())
        return results

    def _connections(self) -> Iterator[Client]:
        if self._clients is None:
            self._clients = cycle([_client() for _ in range(CONNECTIONS if _encrypted() else 1)])
        return self._clients


def _encrypted() -> bool:
    return bool(settings.FCM_ENDPOINT.startswith("https://"))


def _client() -> Client:
    builder = (
        ClientBuilder()
        .http2(_encrypted())
        .timeout(timedelta(seconds=DEADLINE))
        .connect_timeout(timedelta(seconds=CONNECT_DEADLINE))
        .follow_redirects(False)
        .default_headers({"Content-Type": "application/json"})
        .user_agent("fingerpost")
    )
    if is_loopback(settings.FCM_ENDPOINT):
        builder = builder.no_proxy()
    if settings.FCM_CA_BUNDLE:
        builder = builder.add_root_certificate_pem(Path(settings.FCM_CA_BUNDLE).read_bytes())
    return builder.build()


async def _post(client: Client, url: str, authorization: str, body: bytes) -> Outcome:
    """Make one attempt; nothing here tries again."""
    try:
        request = client.post(url).header("Authorization", authorization).body_bytes(body).build_streamed()
        async with request as response:
            # Read by hand: an answer without end must not fill the memory.
            answer = bytes(await response.body_reader.read(LARGEST_ANSWER + 1) or b"")
            if len(answer) > LARGEST_ANSWER:
                answer = b""
            return read_answer(response.status, response.get_header("Retry-After"), answer)
    except RequestError as error:
        # The class alone does not tell: a reset after the request left is a ConnectError too. Only a failure inside the
        # connector is one where the request never left.
        causes = error.details.get("causes") or []
        never_left = any(cause["message"] == "client error (Connect)" for cause in causes)
        return outcomes.UNREACHABLE if never_left else outcomes.UNSURE


@cache
def _sender_of(process: int) -> Sender:
    return Sender()


def sender() -> Sender:
    """Return this process's sender; a forked child makes its own."""
    return _sender_of(os.getpid())
