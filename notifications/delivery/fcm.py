"""Send prepared messages to Firebase Cloud Messaging, over a few long-lived connections.

firebase-admin supplies the credentials. Each message was encoded once (`campaigns.fcm_message`); only the address and the
remaining time to live are put in here. Nothing in this module tries again.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Iterator
from concurrent.futures import Future
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
from pyreqwest.http import Url

from core.errors import Unavailable
from core.sandbox import is_loopback
from notifications.delivery import outcomes
from notifications.delivery.outcomes import Outcome, read_response

#: Seconds that one attempt may take, from connecting to the last byte of the response.
REQUEST_TIMEOUT = 15.0
CONNECT_TIMEOUT = 5.0
MAX_RESPONSE_BYTES = 64 * 1024
#: Concurrent requests of one batch: with eight batches enough for the full rate, at 150 ms a response.
CONCURRENT_REQUESTS = 160
#: The same without TLS, where each request takes a connection of its own: only the emulator is used like that.
CONCURRENT_REQUESTS_PLAIN = 80
#: Seconds after which a response is a sign of trouble, whatever its status.
SLOW_RESPONSE = 3.0
#: Consecutive responses that are slow, or that every address may get, after which a batch is put off.
MAX_SLOW_RESPONSES = 10
#: One HTTP/2 connection carries about a hundred requests at once.
CONNECTIONS = 12
#: Seconds after which a connection that no request uses is closed: longer than the pause between two batches.
IDLE_CONNECTION = 30.0
#: https://firebase.google.com/docs/cloud-messaging/send/v1-api#authorize-http-v1-send-requests
_SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
#: Seconds of the requests that start together: to wake up for each one costs a third of a request. A quota is of a minute.
START_TOGETHER = 0.02
#: Seconds that a caller waits for a new token; the request for it goes on in the background.
_TOKEN_WAIT = 1.0
#: Time before its expiry from which a token is renewed in the background, and from which callers wait for the new one.
_REFRESH_BEFORE, _REFRESH_NOW = timedelta(minutes=5), timedelta(minutes=1)
#: What Google says when this machine's clock is more than five minutes off.
_WRONG_CLOCK = "iat and exp"
#: Seconds: the longest time to live that FCM allows.
MAX_TTL = 28 * 24 * 3600


class CredentialsRefused(Unavailable):
    """Google does not accept this project's service account."""

    code = "credentials"


class AccountMissing(Unavailable):
    """This worker has no usable service account of the project; another worker may have one."""

    code = "account-missing"


class CredentialsUnreachable(Unavailable):
    """Google's token endpoint cannot be reached."""

    code = "credentials-unreachable"


class MessageTemplate:
    """An encoded message, cut where the address and the time to live are put in; all other bytes are sent as approved."""

    # Quotes are escaped inside JSON strings, so no text of a campaign can contain these.
    _TTL = ((b'"android":{', b'"ttl":"%ds",'), (b'"webpush":{"headers":{', b'"TTL":"%d",'))

    def __init__(self, body: str) -> None:
        self._cuts, self._tail = [], body.encode()[1:]
        #: The last time to live, and the bytes before the tail that contain it: it changes once a second, not with each message.
        self._filled: tuple[int, bytes] = (-1, b"")
        # A message to topics has both, in this order.
        for anchor, form in self._TTL:
            before, found, after = self._tail.partition(anchor)
            if found:
                self._cuts.append((before + found, form))
                self._tail = after

    def fill(self, kind: str, address: str, ttl: int) -> bytes:
        """Return the body of a request; no address (`values.address`) or topic name contains a character that JSON escapes."""
        remaining = min(ttl, MAX_TTL)
        filled, head = self._filled
        if filled != remaining:
            head = b"".join([before + form % remaining for before, form in self._cuts])
            self._filled = (remaining, head)
        return b'{"message":{"%s":"%s",%s%s}' % (kind.encode(), address.encode(), head, self._tail)


class PushTarget(NamedTuple):
    """One installation or topic to send to."""

    ticket: int
    kind: str
    address: str
    template: MessageTemplate


class Sending(NamedTuple):
    """The requests of one batch: `done` when none is under way; outcomes by ticket, which grow meanwhile."""

    done: Future[None]
    results: dict[int, Outcome]


class ServiceAccount:
    """The service account of one Firebase project, and its access token, which is renewed ahead of its expiry."""

    def __init__(self, project: str) -> None:
        path = settings.FIREBASE_PROJECTS.get(project)
        if not path:
            raise AccountMissing(f"FIREBASE_PROJECTS names no service-account file for {project}.")
        try:
            account = json.loads(Path(path).read_text("utf-8"))
            # firebase-admin asks for everything that its other services need; a stolen token must not open those.
            self._credentials = credentials.Certificate(account).get_credential().with_scopes([_SCOPE])
        except (ValueError, AttributeError, OSError) as error:
            raise AccountMissing(f"The service-account file of {project} cannot be used.") from error
        session = requests.Session()
        if is_loopback(account["token_uri"]):
            # The emulator: no proxy, and the authority that signed its certificate.
            session.trust_env = False
            session.verify = settings.FCM_CA_BUNDLE or True
        self._request = partial(google.auth.transport.requests.Request(session), timeout=10)
        self._beginning = threading.Lock()
        #: The request for a new token that is under way, or the last one.
        self._renewal: Future[None] = Future()
        self._renewal.set_result(None)
        self._renewal_began = 0.0
        #: The token that FCM rejected last, if it has accepted none since.
        self._rejected: str | None = None

    def bearer(self) -> str:
        """Return a token that is valid for at least a minute; raises CredentialsRefused or CredentialsUnreachable."""
        remaining = self._remaining()
        if remaining < _REFRESH_NOW:
            self._wait_for_renewal()
        elif remaining < _REFRESH_BEFORE:
            # An error is reported when the old token is about to expire; until then a later try may succeed.
            self._renew()
        return str(self._credentials.token)

    def reject(self, token: str) -> bool:
        """Drop a token that FCM did not accept; return whether an earlier token was rejected too, with none accepted since."""
        again = self._rejected not in (None, token)
        self._rejected = token
        if token == self._credentials.token:
            self._credentials.expiry = None
        return again

    def accept(self) -> None:
        """Forget rejected tokens: FCM has accepted one."""
        self._rejected = None

    def _remaining(self) -> timedelta:
        expiry = self._credentials.expiry
        return expiry.replace(tzinfo=UTC) - datetime.now(UTC) if expiry else timedelta(0)

    def _renew(self) -> Future[None]:
        """Request a new token in the background, unless a request is under way; return that request."""
        with self._beginning:
            if self._renewal.done():
                self._renewal, self._renewal_began = Future(), monotonic()
                threading.Thread(target=self._request_token, args=[self._renewal], name="fcm-token", daemon=True).start()
            return self._renewal

    def _wait_for_renewal(self) -> None:
        """Wait for a new token; an endpoint that hangs holds up the callers for a second in all, and other projects no longer."""
        renewal = self._renew()
        try:
            renewal.result(timeout=max(0.0, self._renewal_began + _TOKEN_WAIT - monotonic()))
        except google.auth.exceptions.RefreshError as error:
            if _WRONG_CLOCK in str(error):
                # Another worker's clock may be right, and the service account is.
                raise AccountMissing("Google refuses this worker's requests for tokens: its clock is wrong.") from error
            raise (CredentialsUnreachable() if error.retryable else CredentialsRefused()) from error
        except (google.auth.exceptions.TransportError, TimeoutError) as error:
            raise CredentialsUnreachable() from error

    def _request_token(self, renewal: Future[None]) -> None:
        try:
            self._credentials.refresh(self._request)
        except Exception as error:
            renewal.set_exception(error)
        else:
            renewal.set_result(None)


class SendGate(Protocol):
    """Decides before each request whether it may start."""

    def remaining_ttl(self) -> int:
        """Return the seconds until the campaign's end, or 0 when no further request may start."""

    def back_off(self) -> None:
        """Stop sending to this project: FCM's response asked for it."""


class Sender:
    """An event loop in a thread of its own, and its connections; both live as long as the process."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._accounts: dict[str, ServiceAccount] = {}
        self._clients: Iterator[Client] | None = None
        threading.Thread(target=self._loop.run_forever, name="fcm", daemon=True).start()

    def authorize(self, project: str) -> str:
        """Return a bearer token for the project; blocks, so call it in the caller's own thread before `send`."""
        if project not in self._accounts:
            self._accounts[project] = ServiceAccount(project)
        try:
            return self._accounts[project].bearer()
        except CredentialsRefused:
            # The next try reads the file again, so that a rotated key needs no restart.
            del self._accounts[project]
            raise

    def reject(self, project: str, bearer: str) -> bool:
        """Drop a token that FCM did not accept; return whether an earlier one was rejected too, with none accepted since."""
        account = self._accounts.get(project)
        return account is not None and account.reject(bearer)

    def accept(self, project: str) -> None:
        """Note that FCM has accepted a token of the project."""
        if (account := self._accounts.get(project)) is not None:
            account.accept()

    def send(
        self, project: str, bearer: str, targets: list[PushTarget], *, gate: SendGate, starts: float, pause: float
    ) -> Sending:
        """Send to each target once; the outcomes are by ticket, without the requests that were never started.

        The first request starts at `starts` (clock of time.monotonic), each further one `pause` seconds after the one before
        it, or up to START_TOGETHER sooner, and none when `gate` does not allow it.
        """
        results: dict[int, Outcome] = {}
        sending = self._send(project, bearer, targets, gate=gate, pace=(starts, pause), results=results)
        done = asyncio.run_coroutine_threadsafe(sending, self._loop)
        return Sending(done, results)

    async def _send(
        self, project: str, bearer: str, targets: list[PushTarget], *, gate: SendGate, pace: tuple[float, float],
        results: dict[int, Outcome],
    ) -> None:  # fmt: skip
        starts, pause = pace
        clients, concurrency = self._connections(), CONCURRENT_REQUESTS if _encrypted() else CONCURRENT_REQUESTS_PLAIN
        url = Url(f"{settings.FCM_ENDPOINT}/v1/projects/{project}/messages:send")
        authorization = f"Bearer {bearer}"
        waiting = iter(enumerate(targets))
        ended, in_trouble = False, 0

        async def work() -> None:
            nonlocal ended, in_trouble
            for place, (ticket, kind, address, template) in waiting:
                if (early := starts + place * pause // START_TOGETHER * START_TOGETHER - monotonic()) > 0:
                    await asyncio.sleep(early)
                if ended or (ttl := gate.remaining_ttl()) < 1:
                    return
                began = monotonic()
                outcome = await _post(next(clients), url, authorization, template.fill(kind, address, ttl))
                if monotonic() - began > SLOW_RESPONSE:
                    outcome = replace(outcome, slow=True)
                if outcome.block_reason:
                    gate.back_off()
                results[ticket] = outcome
                in_trouble = in_trouble + 1 if outcome.slow or outcome.needs_majority else 0
                ended = ended or outcome.ends_batch or in_trouble >= MAX_SLOW_RESPONSES

        async with asyncio.TaskGroup() as group:
            for _ in range(min(concurrency, len(targets))):
                group.create_task(work())

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
        .timeout(timedelta(seconds=REQUEST_TIMEOUT))
        .connect_timeout(timedelta(seconds=CONNECT_TIMEOUT))
        .pool_idle_timeout(timedelta(seconds=IDLE_CONNECTION))
        .follow_redirects(False)
        .referer(False)
        # A response has a few hundred bytes: to offer and to undo a compression costs more than it saves.
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .default_headers({"Content-Type": "application/json"})
        .user_agent("fingerpost")
    )
    if is_loopback(settings.FCM_ENDPOINT):
        builder = builder.no_proxy()
    if settings.FCM_CA_BUNDLE:
        builder = builder.add_root_certificate_pem(Path(settings.FCM_CA_BUNDLE).read_bytes())
    return builder.build()


async def _post(client: Client, url: Url, authorization: str, body: bytes) -> Outcome:
    """Make one attempt, and return its outcome."""
    try:
        request = client.post(url).header("Authorization", authorization).body_bytes(body).build_streamed()
        async with request as response:
            # With a limit: an endless response must not fill the memory.
            answer = bytes(await response.body_reader.read(MAX_RESPONSE_BYTES + 1) or b"")
            if len(answer) > MAX_RESPONSE_BYTES:
                answer = b""
            status = response.status
            return read_response(status, None if status == 200 else response.get_header("Retry-After"), answer)
    except RequestError as error:
        # The class is not enough: a reset after the request was sent is a ConnectError too. Only a failure inside the
        # connector means that the request was never sent.
        causes = error.details.get("causes") or []
        never_sent = any(cause["message"] == "client error (Connect)" for cause in causes)
        return outcomes.UNREACHABLE if never_sent else outcomes.UNCERTAIN


@cache
def _sender_of(process: int) -> Sender:
    return Sender()


def sender() -> Sender:
    """Return this process's sender; a forked child makes its own."""
    return _sender_of(os.getpid())
