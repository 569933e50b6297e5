"""Every state that an app can meet, by name: what the server would answer if it were so."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils.http import http_date

from api.http.errors import KINDS, ProblemResponse
from api.reads.edition import Edition
from api.reads.pack_store import PackWithdrawn
from api.sandbox.next_year import of_next_year

#: Seconds that the slow answer takes, and after which a problem says to try again.
SLOW, RETRY_AFTER = 3, 30
_VECTORS = Path(__file__).resolve().parents[2] / "docs" / "manifest-vectors.json"
_JOSE = "application/jose"

#: Members that a problem of this kind has besides those of all.
_MEMBERS: dict[str, dict[str, Any]] = {
    "unknown-country": {"available": ["DE", "GB", "ZZ"]},
    "unknown-locale": {"available": ["cy", "en"]},
    "push-mode": {"push_mode": "topics"},
    "no-teens": {"missing": ["legal-basis"]},
    "gone": {"successor": "gb-childline"},
}
_ERRORS = {
    "invalid": [{"field": "age", "detail": "Must be at most 120."}],
    "invalid-query": [{"field": "country", "detail": "This parameter may appear only once."}],
}
_HEADERS = {
    "not-authenticated": {"WWW-Authenticate": "Bearer"},
    "app-check-missing": {"WWW-Authenticate": "AppCheck"},
    "app-check-invalid": {"WWW-Authenticate": "AppCheck"},
    "app-check-replayed": {"WWW-Authenticate": "AppCheck"},
    "method-not-allowed": {"Allow": "GET, HEAD, OPTIONS"},
}


@dataclass(frozen=True)
class State:
    """One state: what it is, and the response to a request for it."""

    about: str
    respond: Callable[[Edition], HttpResponse]


def states() -> Mapping[str, State]:
    """Return every state by its name."""
    found = {code: State(f"{kind.status}: {kind.title}", _problem(code)) for code, kind in KINDS.items()}
    for code in ("too-many-requests", "unavailable"):
        about = f"{KINDS[code].status} with Retry-After as an HTTP date"
        found[f"{code}-by-date"] = State(about, _problem(code, by_date=True))
    found["gone-without-successor"] = State("410: a service that nothing replaces", _problem("gone", successor=None))
    found["withdrawn-pack"] = State("410: a pack by a digest from before a withdrawal; fetch the manifest", _withdrawn_pack)
    found["slow"] = State(f"An answer that takes {SLOW} seconds", _slow)
    found["pack-of-next-year"] = State("The British pack with new values in every list and new members", _next_year)
    found |= {name: State(about, respond) for name, about, respond in _manifests()}
    return found


def root_key() -> str:
    """Return the root key of the manifests among the states."""
    return str(_vectors()["root"])


def _problem(code: str, *, by_date: bool = False, **members: Any) -> Callable[[Edition], HttpResponse]:
    def respond(edition: Edition) -> HttpResponse:
        headers = dict(_HEADERS.get(code, {}))
        if KINDS[code].status in {429, 503}:
            headers["Retry-After"] = http_date(time.time() + RETRY_AFTER) if by_date else str(RETRY_AFTER)
        return ProblemResponse(code, errors=_ERRORS.get(code, ()), extra={**_MEMBERS.get(code, {}), **members}, headers=headers)

    return respond


def _withdrawn_pack(edition: Edition) -> HttpResponse:
    raise PackWithdrawn()


def _slow(edition: Edition) -> HttpResponse:
    time.sleep(SLOW)
    return HttpResponse(b"{}", content_type="application/json")


def _next_year(edition: Edition) -> HttpResponse:
    digest = edition.require_release().pack_digests["GB", "en"]
    return HttpResponse(orjson.dumps(of_next_year(edition.packs.parsed(digest))), content_type="application/json")


def _manifests() -> list[tuple[str, str, Callable[[Edition], HttpResponse]]]:
    """Return name, description and response of each manifest of docs/manifest-vectors.json."""
    found = []
    for kind, prefix in (("manifests", "manifest"), ("country_manifests", "country-manifest")):
        for case in _vectors()[kind]:
            name = f"{prefix}-{re.sub('[^a-z0-9]+', '-', case['name'].lower()).strip('-')}"
            outcome = case["expect"].get("refused", "accepted")
            found.append((name, f"A manifest: {case['name']} ({outcome})", _jose(case["jws"])))
    return found


def _jose(jws: str) -> Callable[[Edition], HttpResponse]:
    return lambda edition: HttpResponse(jws.encode(), content_type=_JOSE)


@cache
def _vectors() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_VECTORS.read_text(encoding="utf-8"))
    return found
