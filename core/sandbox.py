"""What keeps a demo from ever reaching real phones; standard library only, so that ./run can ask before anything is installed."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Tell whether the URL's host is this machine itself (127.0.0.0/8, ::1 or localhost)."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def refusal(environment: Mapping[str, str]) -> str | None:
    """Return the sentence that refuses a demo in this environment, or None where it may run.

    Refused: DATABASE_URL or FIREBASE_PROJECTS given from outside (they could be the real ones) and an FCM_ENDPOINT that is not
    loopback. FINGERPOST_SANDBOX=1 beside a loopback FCM_ENDPOINT says that a harness brought its own FCM: then both may be set.
    """
    endpoint = environment.get("FCM_ENDPOINT", "").strip()
    if endpoint and not is_loopback(endpoint):
        return "FCM_ENDPOINT is not on this machine: a demo never reaches real phones."
    if environment.get("FINGERPOST_SANDBOX", "").strip() == "1" and endpoint:
        return None
    for name in ("DATABASE_URL", "FIREBASE_PROJECTS"):
        if environment.get(name, "").strip():
            return f"{name} is set from outside: a demo only runs on a database and a Firebase project of its own; unset it."
    return None
