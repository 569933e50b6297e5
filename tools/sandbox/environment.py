"""The environment that every process of a sandbox gets: ours in full, and nothing of ours from outside."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tools.sandbox.demo_secrets import Keys
from tools.sandbox.paths import Places

PROJECT = "fingerpost-demo"

#: The FCM emulator is a package of its own; processes of a checkout import it from its source.
EMULATOR_SOURCE = Path(__file__).resolve().parents[1] / "fcm_emulator" / "src"

#: Settings that a harness may bring; all the others are the sandbox's own.
PASSED_ON = ("FCM_CA_BUNDLE", "FCM_MESSAGES_PER_MINUTE", "FCM_QUOTA_SHARE", "SERVE_UNREVIEWED")

_OURS = (
    *("DATABASE_URL", "BROKER_URL", "CACHE_URL", "SECRET_KEY", "ADDRESS_KEYS", "ALLOWED_HOSTS", "PUBLIC_URL", "PORT"),
    *("FIREBASE_PROJECTS", "FCM_ENDPOINT", "PACK_SIGNING_KEY", "TRUSTED_PROXIES", "FINGERPOST_SANDBOX", "BEAT_SCHEDULE_FILE"),
    *("APP_VERSIONS", "EDITION_DIR", "ASSURER_EMAIL"),
)
# These change what libpq, granian, Celery, Django, Python or an HTTP client does; a proxy could carry a loopback request away.
_FOREIGN = ("PG", "GRANIAN_", "CELERY_", "DJANGO_", "GOOGLE_", "FIREBASE_", "PYTHON")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Endpoints:
    """Where the parts of one sandbox answer."""

    database_url: str
    broker_url: str
    web_port: int
    fcm_endpoint: str
    firebase_projects: str

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.web_port}"


def harness(environment: Mapping[str, str]) -> str | None:
    """Return the FCM endpoint that a harness brought (FINGERPOST_SANDBOX=1 beside it), or None: then the emulator is started."""
    if environment.get("FINGERPOST_SANDBOX", "").strip() == "1":
        return environment.get("FCM_ENDPOINT", "").strip().rstrip("/") or None
    return None


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without anything that would steer a child's settings."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _OURS and name not in PASSED_ON and not name.startswith(_FOREIGN) and name.upper() not in _PROXIES
    }
    return {**kept, "PYTHONPATH": str(EMULATOR_SOURCE)}


def for_children(places: Places, keys: Keys, endpoints: Endpoints, outside: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the whole environment of a child process."""
    return {
        **clean(outside),
        **{name: outside[name] for name in PASSED_ON if outside.get(name)},
        "FINGERPOST_SANDBOX": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": endpoints.database_url,
        "BROKER_URL": endpoints.broker_url,
        "SECRET_KEY": keys.secret_key,
        "ADDRESS_KEYS": keys.address_keys,
        "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "PUBLIC_URL": endpoints.web,
        "PORT": str(endpoints.web_port),
        "FCM_ENDPOINT": endpoints.fcm_endpoint,
        "FIREBASE_PROJECTS": endpoints.firebase_projects,
        "SERVE_UNREVIEWED": outside.get("SERVE_UNREVIEWED") or "1",
        "EDITION_DIR": str(places.run / "edition"),
        "BEAT_SCHEDULE_FILE": str(places.run / "beat-schedule"),
        "TMPDIR": str(places.temporary),
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "PYTHONUNBUFFERED": "1",
        # Compiled code goes here and not into the checkout, which another user may start next.
        "PYTHONPYCACHEPREFIX": str(places.run / "pycache"),
    }


def filesystem_broker(places: Places) -> str:
    """Return the address of kombu's broker on this machine's disk."""
    return f"filesystem://{quote(str(places.broker))}"


def own_projects(places: Places) -> str:
    """Return FIREBASE_PROJECTS for the emulator's service account."""
    return json.dumps({PROJECT: str(places.credentials / f"{PROJECT}.json")})
