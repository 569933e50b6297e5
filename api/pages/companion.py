"""GET /companion/…: the companion, the app in the browser (docs/companion.md), as the files of kit/companion and kit/resolver.

One file has words of the published release, for readers to whom no pack has come yet: see `first_words`.

The page and the service worker name the version of all files, which is in the path of each, so that no cache mixes the files of
two versions. The worker also names their digests: during an update two versions of the server answer, also under the paths of the
other one. All files are served from memory; the app uses nothing but the public API.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import orjson
from django.db import DatabaseError
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import IMMUTABLE, SHORT, ReadResponse
from api.http.views import ReadView
from api.reads.edition import Edition
from api.reads.pack_store import PackStore
from api.reads.request import ReadRequest
from api.v1.docs import HtmlRenderer
from content.terms import WORLDWIDE
from core.canonical import canonical_json, digest
from core.companion_files import STYLE, kit_folder, modules
from core.errors import NotFound

PAGE, WORKER, MAIN = "companion/index.html", "companion/sw.js", "companion/main.js"
#: The module that runs before all others, so that a reader can leave while they are being fetched.
EARLY = "companion/early_exit.js"
#: The module with the words of the first screen, and the code before and after them.
WORDS = "companion/first_words.js"
_WORDS_MODULE = b"export const FIRST_WORDS = %b;\n"
#: By group of labels the words that a reader may see before there is a pack.
_FIRST_LABELS: Final = {
    "steps": ("danger-now",),
    "why": ("local-emergency", "trusted-adult"),
    "companion": ("clock", "empty", "leave", "not-kept", "refused", "try-again", "unchecked", "wait"),
}
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


def first_words(packs: Iterable[Mapping[str, Any]]) -> bytes:
    """Return the words of the first screen as canonical JSON, from the worldwide packs of a release: {locale: {dir, words}}.

    A word in another language than its pack is left out: it is not translated, or its translation is not approved.
    """
    found = {}
    for pack in packs:
        labels = ((name, pack["labels"].get(group, {}).get(name)) for group, names in _FIRST_LABELS.items() for name in names)
        words = {name: label["text"] for name, label in labels if label is not None and label["lang"] == pack["locale"]}
        if words and pack["locale"] != "en":
            found[pack["locale"]] = {"dir": pack["dir"], "words": words}
    return canonical_json(found)


def companion_of(edition: Edition) -> Companion:
    """Return the app with the words of the release in force."""
    digests = sorted(name for (country, _), name in edition.pack_digests.items() if country == WORLDWIDE)
    try:
        return companion(_words_of(tuple(digests), edition.packs))
    except (LookupError, DatabaseError):
        # Without these words it begins in English, and works as well.
        return companion()


@lru_cache(maxsize=2)
def _words_of(digests: tuple[str, ...], packs: PackStore) -> bytes:
    return first_words(orjson.loads(packs.body(name)) for name in digests)


@lru_cache(maxsize=4)
def companion(words: bytes = b"{}") -> Companion:
    """Return the app with these words for its first screen, from the files of the kit. A process reads them once."""
    folder = kit_folder()
    files = {STYLE: (folder / STYLE).read_bytes()} | modules(MAIN) | {WORDS: _WORDS_MODULE % words}
    page, worker = ((folder / name).read_text(encoding="utf-8") for name in (PAGE, WORKER))
    # Modules that are named only inside others would be found one after the other, each after a journey to the server.
    page = page.replace("@modules@", "\n".join(_preload(name) for name in files if name not in (STYLE, EARLY, MAIN)))
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
        return companion_of(request.edition).page


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
        app = companion_of(request.edition)
        if path == "sw.js":
            return app.worker
        version, _, name = path.partition("/")
        return _file(app, name, is_current=version == app.version)


@cache
def _response(body: bytes, content_type: str, cache_control: str = SHORT) -> ReadResponse:
    return ReadResponse(body, cache_control, digest=digest(body), content_type=content_type)


def _file(app: Companion, name: str, *, is_current: bool) -> ReadResponse:
    """Return a file of this version, also to a page of another version that a cache still holds. Raises NoSuchFile."""
    body = app.files.get(name)
    if body is None:
        raise NoSuchFile()
    return _response(body, _TYPES[Path(name).suffix], IMMUTABLE if is_current else SHORT)


def _preload(name: str) -> str:
    return f'<link rel="modulepreload" href="{reverse("companion")}@version@/{name}">'
