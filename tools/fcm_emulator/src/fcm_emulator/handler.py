"""Routes one request to FCM's methods, to the token endpoint, or to the emulator's own pages; knows no wire protocol."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from fcm_emulator import answers, page
from fcm_emulator.exchange import HTML, Reply, Request
from fcm_emulator.oauth import TokenEndpoint
from fcm_emulator.options import Options
from fcm_emulator.phones import as_dict
from fcm_emulator.plan import BadPlan, read_plan
from fcm_emulator.sending import Sending
from fcm_emulator.subscriptions import Subscriptions

#: Every answer of ours; the page's own style sheet is all it may load.
GUARDED = (
    (b"Cache-Control", b"no-store"),
    (
        b"Content-Security-Policy",
        b"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"Referrer-Policy", b"no-referrer"),
    (b"X-Content-Type-Options", b"nosniff"),
)
_CSS = (Path(__file__).parent / "page.css").read_bytes()
_FILTERS = frozenset({"tag", "alert", "rev"})


class BadQuestion(Exception):
    """A request to the emulator itself cannot be understood."""


class Handler:
    """Answers complete requests; the clock comes with each, in seconds since 1970."""

    def __init__(self, tokens: TokenEndpoint, options: Options = Options()) -> None:  # noqa: B008
        self.tokens = tokens
        self.sending = Sending(tokens, options)
        self.subscriptions = Subscriptions(self.sending)
        #: Targets of messages:send met so far, so that the busy path parses no URL.
        self._projects: dict[bytes, str] = {}

    def answer(self, request: Request, *, at: float) -> Reply:
        """Return the reply to one request."""
        if request.method == b"POST" and (project := self._projects.get(request.target)) is not None:
            return self.sending.send(project, request, at=at)
        try:
            url = urlsplit(request.target.decode("ascii"))
        except (UnicodeDecodeError, ValueError):
            return answers.malformed("", "Invalid request target.")
        path = unquote(url.path)
        if request.method == b"POST" and path == "/token":
            return self.tokens.answer(request.body, at=at)
        if request.method == b"POST" and (project := _sending_project(path)) is not None:
            # Bounded, because a stranger may ask for any number of projects.
            if len(self._projects) < 100:
                self._projects[request.target] = project
            return self.sending.send(project, request, at=at)
        if reply := self.subscriptions.answer(request, url.path, url.query, at=at):
            return reply
        if request.method in (b"GET", b"HEAD") and path == "/healthz":
            return Reply(200, b'{"ok":true}\n')
        if path in ("/", "/page.css") or path.startswith("/emulator/"):
            return self._own(request, path, url.query, at)
        return answers.not_found()

    def _own(self, request: Request, path: str, query: str, at: float) -> Reply:
        """Answer what belongs to the emulator, and to callers on this machine only."""
        if not is_loopback(request.headers.get(b"host", b"")):
            # A web page elsewhere may have its name point at 127.0.0.1; its Host header gives it away.
            return _ours(
                403, {"error": "The emulator's own pages answer only to loopback names such as 127.0.0.1 and localhost."}
            )
        try:
            reply = self._read(path, _only(query), at) if request.method in (b"GET", b"HEAD") else self._write(request, path)
        except (BadQuestion, BadPlan) as bad:
            return _ours(400, {"error": str(bad)})
        return reply or answers.not_found()

    def _read(self, path: str, query: dict[str, str], at: float) -> Reply | None:
        if path == "/":
            _check(query, frozenset({"locale", "refresh"}))
            return Reply(
                200,
                page.render(self.sending, locale=query.get("locale"), refresh=query.get("refresh") == "5", at=at),
                HTML,
                GUARDED,
            )
        if path == "/page.css":
            return Reply(200, _CSS, b"text/css; charset=utf-8", GUARDED)
        if path == "/emulator/phones":
            _check(query, frozenset({"locale"}))
            phones = self.sending.phones.newest(query.get("locale"), limit=300)
            return _ours(200, {"phones": [as_dict(locale, phone) for locale, phone in phones]})
        if path == "/emulator/counts":
            _check(query, _FILTERS | {"full", "seconds"})
            wanted = {name: value for name, value in query.items() if name in _FILTERS}
            if query.get("full") == "1":
                lines = b"".join(orjson.dumps(one) + b"\n" for one in self.sending.counts.each(**wanted))
                return Reply(200, lines, b"application/x-ndjson", GUARDED)
            summary = self.sending.counts.summary(**wanted)
            if query.get("seconds") == "1":
                summary["seconds"] = self.sending.counts.seconds(**wanted)
            return _ours(200, summary)
        if path == "/emulator/topics":
            return _ours(200, {"topics": self.sending.topics_as_dict()})
        if path == "/emulator/quota":
            return _ours(200, {"projects": self.sending.quota(at=at)})
        if path == "/emulator/plan":
            return _ours(200, self.sending.plan.as_dict())
        return None

    def _write(self, request: Request, path: str) -> Reply | None:
        if request.method != b"POST" or path not in ("/emulator/plan", "/emulator/reset"):
            return None
        # A form of another site can post, but not with this type: the browser would ask first, and nobody answers.
        if request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
            return _ours(415, {"error": "Send application/json."})
        try:
            document = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise BadQuestion(f"This is not JSON: {error}") from None
        if path == "/emulator/plan":
            self.sending.plan = read_plan(document)
            return _ours(200, self.sending.plan.as_dict())
        if document != {}:
            raise BadQuestion("reset takes an empty object")
        self.sending.reset()
        return _ours(200, {"reset": True})


def is_loopback(host: bytes) -> bool:
    """Say whether a Host header names this machine by a loopback address or as localhost."""
    try:
        name = urlsplit("//" + host.decode("ascii")).hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except (UnicodeDecodeError, ValueError):
        return False


def _sending_project(path: str) -> str | None:
    before, send, after = path.partition("/messages:send")
    project = before.removeprefix("/v1/projects/")
    return project if send and not after and project and project != before and "/" not in project else None


def _only(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=10)
    except ValueError:
        raise BadQuestion("The query cannot be read.") from None
    return dict(pairs)


def _check(query: dict[str, str], known: frozenset[str]) -> None:
    if unknown := sorted(set(query) - known):
        raise BadQuestion(f"Unknown in the query: {', '.join(unknown)}")


def _ours(status: int, document: dict[str, Any]) -> Reply:
    return Reply(status, orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE), headers=GUARDED)
