"""GET /companion/…: the companion, the app in the browser (docs/companion.md), as the files of kit/companion and kit/resolver.

The page and the service worker name the version of all files, which is in the path of each, so that no cache mixes the files of
two versions. The worker also names their digests: during an update two versions of the server answer, also under the paths of the
other one. All files are served from memory; the app uses nothing but the public API.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import IMMUTABLE, SHORT, ReadResponse
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1.docs import HtmlRenderer
from core.canonical import digest
from core.companion_files import STYLE, kit_folder, modules
from core.errors import NotFound

PAGE, WORKER, MAIN = "companion/index.html", "companion/sw.js", "companion/main.js"
#: Of the digest over all files, in the path of each.
_VERSION_LENGTH = 16
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


class NoSuchFile(NotFound):
    """The companion has no such file."""


class ScriptRenderer(BaseRenderer):
    """The media type of scripts, for content negotiation only; the view returns the bytes of the file."""

    media_type = "text/javascript"
    format = "js"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError


class StyleRenderer(ScriptRenderer):
    """The media type of style sheets, for content negotiation only."""

    media_type = "text/css"
    format = "css"


@dataclass(frozen=True)
class Companion:
    """The app: its version, the page, the service worker, and the other files by name."""

    version: str
    page: ReadResponse
    worker: ReadResponse
    files: dict[str, bytes]


@cache
def companion() -> Companion:
    """Return the app, from the files of the kit. A process reads them once."""
    folder = kit_folder()
    files = {STYLE: (folder / STYLE).read_bytes()} | modules(MAIN)
    page, worker = ((folder / name).read_text(encoding="utf-8") for name in (PAGE, WORKER))
    # Modules that are named only inside others would be found one after the other, each after a journey to the server.
    page = page.replace("@modules@", "\n".join(_preload(name) for name in files if name not in (STYLE, MAIN)))
    parts = [page.encode(), worker.encode(), *(name.encode() + b"\0" + body for name, body in sorted(files.items()))]
    version = digest(b"\0".join(parts))[:_VERSION_LENGTH]
    start = reverse("companion")
    page_body = page.replace("@version@", version).encode()
    kept = {start: page_body} | {f"{start}{version}/{name}": files[name] for name in sorted(files)}
    listed = " ".join(f"{path}={digest(body)}" for path, body in kept.items())
    return Companion(
        version,
        _response(page_body, "text/html; charset=utf-8"),
        _response(worker.replace("@version@", version).replace("@files@", listed).encode(), _TYPES[".js"]),
        files,
    )


class CompanionView(ReadView):
    """The page of the companion."""

    permission_classes = [Public]
    renderer_classes = [HtmlRenderer]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the page: it is the same for everybody, and all of the app is at its address."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        return companion().page


class CompanionFileView(ReadView):
    """A file of the companion."""

    permission_classes = [Public]
    renderer_classes = [ScriptRenderer, StyleRenderer]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request, name: str) -> HttpResponse:
        """Return the service worker (sw.js), or a module or the style sheet by version and name."""
        return self.serve(request, name=name)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        path = request.path_params["name"]
        if path == "sw.js":
            return companion().worker
        version, _, name = path.partition("/")
        return _file(version == companion().version, name)


@cache
def _response(body: bytes, content_type: str, cache_control: str = SHORT) -> ReadResponse:
    return ReadResponse(body, cache_control, digest=digest(body), content_type=content_type)


def _file(is_current: bool, name: str) -> ReadResponse:
    """Return a file of this version, also to a page of another version that a cache still holds. Raises NoSuchFile."""
    body = companion().files.get(name)
    if body is None:
        raise NoSuchFile()
    return _response(body, _TYPES[Path(name).suffix], IMMUTABLE if is_current else SHORT)


def _preload(name: str) -> str:
    return f'<link rel="modulepreload" href="{reverse("companion")}@version@/{name}">'
