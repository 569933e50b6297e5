"""What keeps a demo from ever reaching real phones; standard library only, so that ./run can ask before anything is installed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address

# An allowlist of shapes rather than a parser: user information, backslashes and control characters are read differently
# by different clients, and one of them could see another host than the one checked here.
_PLAIN_URL = re.compile(r"https?://(?P<host>[0-9.]+|localhost|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


def is_loopback(url: str) -> bool:
    """Tell whether the URL's host is this machine itself (127.0.0.0/8, ::1 or localhost)."""
    match = _PLAIN_URL.fullmatch(url)
    if match is None:
        return False
    host = match["host"].strip("[]")
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def refusal(environment: Mapping[str, str], *, starts_database: bool = False) -> str | None:
    """Return the sentence that refuses a demo in this environment, or None where it may run.

    Refused: DATABASE_URL or FIREBASE_PROJECTS given from outside (they could be the real ones) and an FCM_ENDPOINT that is not
    loopback. FINGERPOST_SANDBOX=1 beside a loopback FCM_ENDPOINT says that a harness brought its own FCM: then both may be set,
    but never DATABASE_URL where the caller `starts_database` of its own (./run), because it would not be the one that is used.
    """
    endpoint = environment.get("FCM_ENDPOINT", "").strip()
    if endpoint and not is_loopback(endpoint):
        return "FCM_ENDPOINT is not on this machine: a demo never reaches real phones."
    harness = bool(endpoint) and environment.get("FINGERPOST_SANDBOX", "").strip() == "1"
    for name in ("DATABASE_URL", "FIREBASE_PROJECTS"):
        if not environment.get(name, "").strip() or (harness and not (starts_database and name == "DATABASE_URL")):
            continue
        return f"{name} is set from outside: a demo only runs on a database and a Firebase project of its own; unset it."
    return None
