"""Route a request to FCM's methods, to the token endpoint or to the emulator's own pages, for any wire protocol."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

from fcm_emulator import page, responses
from fcm_emulator.app_check import AppCheckEndpoint
from fcm_emulator.fault_plan import read_plan
from fcm_emulator.fault_plan_document import InvalidFaultPlan
from fcm_emulator.http_messages import HTML, Request, Response
from fcm_emulator.oauth import TokenEndpoint
from fcm_emulator.phones import as_dict
from fcm_emulator.send_endpoint import SendEndpoint
from fcm_emulator.server_options import ServerOptions
from fcm_emulator.subscription_endpoint import SubscriptionEndpoint

#: Headers of the emulator's own pages, which may load nothing but their own style sheet.
PAGE_HEADERS = (
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


class InvalidRequest(Exception):
    """A request to the emulator's own pages is invalid; the message says how."""


class Handler:
    """Responds to complete requests."""

    def __init__(self, tokens: TokenEndpoint, options: ServerOptions = ServerOptions()) -> None:  # noqa: B008
        self.tokens = tokens
        self.send_endpoint = SendEndpoint(tokens, options)
        self.subscriptions = SubscriptionEndpoint(self.send_endpoint)
        self.app_check = AppCheckEndpoint()
        #: Project by request target of messages:send, so that most requests need no parsing of their URL.
        self._projects: dict[bytes, str] = {}

    def respond(self, request: Request, *, at: float) -> Response:
        """Return the response to a request that arrived `at` seconds since 1970."""
        if request.method == b"POST" and (project := self._projects.get(request.target)) is not None:
            return self.send_endpoint.send(project, request, at=at)
        try:
            url = urlsplit(request.target.decode("ascii"))
        except (UnicodeDecodeError, ValueError):
            return responses.malformed("", "Invalid request target.")
        path = unquote(url.path)
        if request.method == b"POST" and path == "/token":
            return self.tokens.respond(request.body, at=at)
        if request.method == b"POST" and (project := _sending_project(path)) is not None:
            # Bounded, because the path is the client's choice.
            if len(self._projects) < 100:
                self._projects[request.target] = project
            return self.send_endpoint.send(project, request, at=at)
        if response := self.subscriptions.respond(request, url.path, url.query, at=at):
            return response
        if response := self.app_check.respond(request, url.path, at=at):
            return response
        if request.method in (b"GET", b"HEAD") and path == "/healthz":
            return Response(200, b'{"ok":true}\n')
        if path in ("/", "/page.css") or path.startswith("/emulator/"):
            return self._page(request, path, url.query, at)
        return responses.not_found()

    def _page(self, request: Request, path: str, query: str, at: float) -> Response:
        """Respond to a request for the emulator's own pages, which are only for this machine."""
        if not is_loopback(request.headers.get(b"host", b"")):
            # A web page elsewhere may let its host name resolve to 127.0.0.1. Its Host header shows that.
            return _json(
                403, {"error": "The emulator's own pages are served only under loopback names such as 127.0.0.1 and localhost."}
            )
        try:
            response = (
                self._read(path, _parameters(query), at) if request.method in (b"GET", b"HEAD") else self._write(request, path)
            )
        except (InvalidRequest, InvalidFaultPlan) as error:
            return _json(400, {"error": str(error)})
        return response or responses.not_found()

    def _read(self, path: str, query: dict[str, str], at: float) -> Response | None:
        if path == "/":
            _require_known(query, frozenset({"locale", "refresh"}))
            return Response(
                200,
                page.render(self.send_endpoint, locale=query.get("locale"), refresh=query.get("refresh") == "5", at=at),
                HTML,
                PAGE_HEADERS,
            )
        if path == "/page.css":
            return Response(200, _CSS, b"text/css; charset=utf-8", PAGE_HEADERS)
        if path == "/emulator/phones":
            _require_known(query, frozenset({"locale"}))
            phones = self.send_endpoint.phones.newest(query.get("locale"), limit=300)
            return _json(200, {"phones": [as_dict(locale, phone) for locale, phone in phones]})
        if path == "/emulator/counts":
            _require_known(query, _FILTERS | {"full", "seconds"})
            wanted = {name: value for name, value in query.items() if name in _FILTERS}
            if query.get("full") == "1":
                lines = b"".join(orjson.dumps(one) + b"\n" for one in self.send_endpoint.counts.each(**wanted))
                return Response(200, lines, b"application/x-ndjson", PAGE_HEADERS)
            summary = self.send_endpoint.counts.summary(**wanted)
            if query.get("seconds") == "1":
                summary["seconds"] = self.send_endpoint.counts.seconds(**wanted)
            return _json(200, summary)
        if path == "/emulator/topics":
            return _json(200, {"topics": self.send_endpoint.topics_as_dict()})
        if path == "/emulator/quota":
            return _json(200, {"projects": self.send_endpoint.quota(at=at)})
        if path == "/emulator/app-check":
            return _json(200, {"key_requests": self.app_check.key_requests})
        if path == "/emulator/plan":
            return _json(200, self.send_endpoint.plan.as_dict())
        return None

    def _write(self, request: Request, path: str) -> Response | None:
        if request.method != b"POST" or path not in ("/emulator/plan", "/emulator/reset"):
            return None
        # A form on another site cannot post this type: the browser would send a preflight request first, which is rejected.
        if request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
            return _json(415, {"error": "Content-Type must be application/json."})
        try:
            document = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise InvalidRequest(f"The body is not valid JSON: {error}") from None
        if path == "/emulator/plan":
            self.send_endpoint.plan = read_plan(document)
            return _json(200, self.send_endpoint.plan.as_dict())
        if document != {}:
            raise InvalidRequest("The body of reset must be an empty object.")
        self.send_endpoint.reset()
        return _json(200, {"reset": True})


def is_loopback(host: bytes) -> bool:
    """Return whether a Host header contains a loopback address or localhost."""
    try:
        name = urlsplit("//" + host.decode("ascii")).hostname or ""
        return name == "localhost" or ip_address(name).is_loopback
    except (UnicodeDecodeError, ValueError):
        return False


def _sending_project(path: str) -> str | None:
    before, send, after = path.partition("/messages:send")
    project = before.removeprefix("/v1/projects/")
    return project if send and not after and project and project != before and "/" not in project else None


def _parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=10)
    except ValueError:
        raise InvalidRequest("The query string is invalid.") from None
    return dict(pairs)


def _require_known(query: dict[str, str], known: frozenset[str]) -> None:
    if unknown := sorted(set(query) - known):
        raise InvalidRequest(f"Unknown query parameters: {', '.join(unknown)}.")


def _json(status: int, document: dict[str, Any]) -> Response:
    return Response(status, orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE), headers=PAGE_HEADERS)
