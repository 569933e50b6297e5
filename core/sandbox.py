"""Keep a demo from reaching real phones; standard library only, because ./run checks this before anything is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address

# An allowlist rather than a parser: clients differ in how they read user information, backslashes and control
# characters, so that one of them could connect to another host than the one checked here.
_PLAIN_URL = re.compile(r"https?://(?P<host>[0-9.]+|localhost|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


def is_loopback(url: str) -> bool:
    """Return whether the URL's host is this machine (127.0.0.0/8, ::1 or localhost)."""
    match = _PLAIN_URL.fullmatch(url)
    if match is None:
        return False
    host = match["host"].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def refusal(environment: Mapping[str, str], *, starts_database: bool = False) -> str | None:
    """Return the reason to refuse a demo in this environment, or None if it may run.

    DATABASE_URL and FIREBASE_PROJECTS must not be set, because they could be those of production, and FCM_ENDPOINT must be
    loopback. FINGERPOST_SANDBOX=1 with a loopback FCM_ENDPOINT means that a test harness runs its own FCM: then both may
    be set, except DATABASE_URL if the caller `starts_database` itself (./run), which would ignore it.
    """
    endpoint = environment.get("FCM_ENDPOINT", "").strip()
    if endpoint and not is_loopback(endpoint):
        return "FCM_ENDPOINT is not on this machine: a demo must not reach real phones."
    harness = bool(endpoint) and environment.get("FINGERPOST_SANDBOX", "").strip() == "1"
    for name in ("DATABASE_URL", "FIREBASE_PROJECTS"):
        if not environment.get(name, "").strip() or (harness and not (starts_database and name == "DATABASE_URL")):
            continue
        return f"{name} is set: a demo uses only its own database and Firebase project. Unset it."
    return None
