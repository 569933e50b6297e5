"""A server of the companion and of the public API that it reads, with answers that a test chooses."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from api.http.responses import ReadResponse
from api.pages.companion import companion
from content.publishing import signing_keys
from content.publishing.signing_keys import SigningKey
from content.publishing.verify import COUNTRY_MANIFEST
from content.terms import WORLDWIDE
from core.canonical import canonical_json, digest
from core.instants import rfc3339
from tests.manifest_vectors import KEY, ROOT

#: What the web role sends with every response; `tests/api/pages/test_companion.py` compares it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class CompanionSite:
    """The server, and what it answers with."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.packs: dict[str, dict[str, bytes]] = {}
        self.manifests: dict[str, str] = {}
        #: The words that the app has before there is a pack.
        self.words = b"{}"
        #: Paths of requests to the API, in order.
        self.requests: list[str] = []
        #: Whether the API fails.
        self.is_down = False
        #: What the feed has.
        self.alerts: list[Any] = []
        #: By audience, "" where none is asked for: what the feed has for it instead.
        self.alerts_by_audience: dict[str, list[Any]] = {}
        #: Answers to If-None-Match that say that nothing has changed.
        self.unchanged = 0
        #: By path: files of another version, as during an update of the server, and packs that somebody has changed.
        self.altered: dict[str, bytes] = {}
        #: By the beginning of a path: requests are accepted and not answered before this is set.
        self.held: dict[str, threading.Event] = {}

    def close(self) -> None:
        self.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def hold(self, *beginnings: str) -> None:
        """Accept requests for these paths, and do not answer them until `release`."""
        self.held |= {beginning: threading.Event() for beginning in beginnings}

    def release(self, *beginnings: str) -> None:
        """Answer the requests for these paths; by default all of them."""
        for beginning in beginnings or (*self.held,):
            self.held.pop(beginning).set()

    def publish(
        self,
        packs: Mapping[tuple[str, str], Any],
        places: Iterable[tuple[str, str]],
        *,
        release: int = 7,
        key: SigningKey = KEY,
        issued: datetime | None = None,
        days: int = 7,
        **changed: Any,
    ) -> None:
        """Serve these packs, and manifests of them."""
        made: dict[str, dict[str, bytes]] = {}
        manifests: dict[str, str] = {}
        self.alerts, self.alerts_by_audience, self.unchanged, self.altered = [], {}, 0, {}
        signed_at = (issued or datetime.now(UTC)).replace(microsecond=0)
        document = signing_keys.rotate(
            ROOT, None, add=[KEY.public], retire=[], at=datetime.now(UTC) - timedelta(days=90), days=400
        )
        for country, locale in places:
            made.setdefault(country, {})[locale] = canonical_json(packs[country, locale])
        for country, bodies in made.items():
            listed = [{"locale": locale, "digest": digest(body), "size": len(body)} for locale, body in bodies.items()]
            payload = {
                "v": 1,
                "country": country,
                "countries": sorted(made),
                "release": release,
                "min_release": 1,
                "issued": rfc3339(signed_at),
                "expires": rfc3339(signed_at + timedelta(days=days)),
                "packs": listed,
                "withdrawn": [],
                "apps": {},
                "keys": document,
            }
            manifests[country] = key.sign(payload | changed, kind=COUNTRY_MANIFEST)
        # A page of the test before may still be asking.
        self.release()
        self.packs, self.manifests, self.is_down, self.requests, self.words = made, manifests, False, [], b"{}"

    def answer(self, path: str) -> tuple[str, bytes] | None:
        """Return the content type and body at a path."""
        app = companion(self.words)
        if path in ("/companion/", "/companion/sw.js"):
            found: ReadResponse = app.page if path.endswith("/") else app.worker
            return found.content_type, found.body
        if path.startswith(f"/companion/{app.version}/"):
            name = path.removeprefix(f"/companion/{app.version}/")
            return ("text/css" if name.endswith(".css") else "text/javascript"), self.altered.get(path, app.files[name])
        self.requests.append(path)
        if self.is_down:
            return None
        parts = path.split("/")[2:] or [""]
        if parts[0] == "manifest":
            country = parts[1] if parts[1] in self.manifests else WORLDWIDE
            return "application/jose", self.manifests[country].encode()
        if parts[0] == "packs":
            # Without a locale, as the server does for a language that it has no pack for.
            country, locale, *named = parts[1:] if len(parts) > 2 else (parts[1], "en")
            body = self.packs[country][locale]
            return ("application/json", self.altered.get(path, body)) if named in ([], [digest(body)]) else None
        if parts[0].startswith("alerts"):
            alerts = self.alerts_by_audience.get(path.partition("audience=")[2], self.alerts)
            return "application/json", json.dumps({"alerts": alerts, "older": None}).encode()
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                for gate in [gate for beginning, gate in [*site.held.items()] if self.path.startswith(beginning)]:
                    gate.wait(120)
                found = site.answer(self.path)
                kind, body = found or ("application/problem+json", b"{}")
                etag = f'"{digest(body)}"'
                if found and self.headers["If-None-Match"] == etag:
                    site.unchanged += self.path.startswith("/v1/")
                    self.send_response(304)
                    self.end_headers()
                    return
                self.send_response(200 if found else 503)
                # The browser may keep everything, where the app lets it.
                self.send_header("Cache-Control", "max-age=3600" if self.path.startswith("/v1/") else "no-cache")
                self.send_header("ETag", etag)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Content-Security-Policy", POLICY)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Write nothing."""

        return Handler
