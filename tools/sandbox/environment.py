"""The environment of a sandbox's processes: all its own settings, and none from outside."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tools.sandbox.demo_secrets import DemoSecrets
from tools.sandbox.paths import Paths

PROJECT = "fingerpost-demo"
#: Folder in the run folder with the signs of life of workers and beat.
HEARTBEATS = "heartbeats"
#: Python's variable for the folder of the bytecode that it writes.
BYTECODE = "PYTHONPYCACHEPREFIX"

#: The FCM emulator is a package of its own; the processes of a checkout import it from its source.
EMULATOR_SOURCE = Path(__file__).resolve().parents[1] / "fcm_emulator" / "src"

#: Settings that are taken from outside, for example from a test; the sandbox sets all others itself.
PASSED_ON = ("FCM_CA_BUNDLE", "FCM_MESSAGES_PER_MINUTE", "FCM_QUOTA_SHARE", "SERVE_UNREVIEWED", "PSEUDO_LOCALES")

_OWN_SETTINGS = (
    *("DATABASE_URL", "BROKER_URL", "CACHE_URL", "SECRET_KEY", "ADDRESS_KEYS", "ALLOWED_HOSTS", "PUBLIC_URL", "PORT"),
    *("CONSOLE_URL", "DATABASE_PASSWORD", "SECRET_KEY_FALLBACKS", "MACHINE_TRANSLATOR"),
    *("FIREBASE_PROJECTS", "FCM_ENDPOINT", "PACK_SIGNING_KEY", "TRUSTED_PROXIES", "FINGERPOST_SANDBOX"),
    *("HEARTBEAT_DIR", "METRICS_TOKEN", "LOG_FORMAT", "LOG_LEVEL", "DATABASE_STATE_DIR"),
    *("SYNTHETIC_APP", "SYNTHETIC_ADDRESS"),
    *(
        "APP_VERSIONS",
        "EDITION_DIR",
        "DOCS_DIR",
        "ASSURER_EMAIL",
        "SECURITY_EMAIL",
        "SERVES",
        "WEB_THREADS",
        "DATABASE_RUNTIME_ROLE",
    ),
    *("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_LABEL", "OIDC_FACTORS"),
    *("MAIL_URL", "MAIL_FROM", "STAFF_WEBHOOK_URL", "STAFF_WEBHOOK_KEY", "APP_CHECK", "APP_CHECK_APPS", "APP_CHECK_ENDPOINT"),
)
# These change how libpq, granian, Celery, Django, Google's libraries or Python itself behave.
_FOREIGN_PREFIXES = ("PG", "GRANIAN_", "CELERY_", "DJANGO_", "GOOGLE_", "FIREBASE_", "PYTHON")
# A proxy could carry a loopback request to another machine.
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True)
class Endpoints:
    """The addresses of a sandbox's servers."""

    #: Of the role of the running product, and of the owner, who migrates and adds staff.
    database_url: str
    owner_url: str
    broker_url: str
    web_port: int
    console_port: int
    fcm_endpoint: str
    firebase_projects: str

    @property
    def web(self) -> str:
        """The URL of the web server."""
        return f"http://127.0.0.1:{self.web_port}"

    @property
    def console(self) -> str:
        """The URL of the server of the console, which has a process of its own."""
        return f"http://127.0.0.1:{self.console_port}"


def external_fcm(environment: Mapping[str, str]) -> str | None:
    """Return FCM_ENDPOINT if FINGERPOST_SANDBOX=1 says to use it instead of the emulator, else None."""
    if environment.get("FINGERPOST_SANDBOX", "").strip() == "1":
        return environment.get("FCM_ENDPOINT", "").strip().rstrip("/") or None
    return None


def without_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without any variable that would change a child's settings."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _OWN_SETTINGS
        and name.removesuffix("_FILE") not in _OWN_SETTINGS
        and name not in PASSED_ON
        and not name.startswith(_FOREIGN_PREFIXES)
        and name.upper() not in _PROXIES
    }
    return {**kept, "PYTHONPATH": str(EMULATOR_SOURCE)}


def for_children(
    paths: Paths, secrets: DemoSecrets, endpoints: Endpoints, outside: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """Return the complete environment of a child process."""
    return {
        **without_settings(outside),
        **{name: outside[name] for name in PASSED_ON if outside.get(name)},
        "FINGERPOST_SANDBOX": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": endpoints.database_url,
        "BROKER_URL": endpoints.broker_url,
        "SECRET_KEY": secrets.secret_key,
        "ADDRESS_KEYS": secrets.address_keys,
        "ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]",
        "PUBLIC_URL": endpoints.web,
        "CONSOLE_URL": endpoints.console,
        "PORT": str(endpoints.web_port),
        "FCM_ENDPOINT": endpoints.fcm_endpoint,
        "FIREBASE_PROJECTS": endpoints.firebase_projects,
        "SERVE_UNREVIEWED": outside.get("SERVE_UNREVIEWED") or "1",
        "EDITION_DIR": str(paths.run / "edition"),
        "DATABASE_STATE_DIR": str(paths.run / "worker-state"),
        "DOCS_DIR": str(paths.documents),
        # Messages to staff are files in this folder.
        "MAIL_URL": (paths.run / "mail").as_uri(),
        "MAIL_FROM": "fingerpost@example.org",
        "HEARTBEAT_DIR": str(paths.run / HEARTBEATS),
        "TMPDIR": str(paths.temporary),
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "PYTHONUNBUFFERED": "1",
        BYTECODE: bytecode_folder(paths, outside),
    }


def bytecode_folder(paths: Paths, outside: Mapping[str, str] = os.environ) -> str:
    """Return the folder for bytecode: that of the environment, which several runs share, or else one in the run folder.

    It is never in the checkout, because another user may start it next.
    """
    return outside.get(BYTECODE) or str(paths.run / "pycache")


def filesystem_broker(paths: Paths) -> str:
    """Return the URL of kombu's filesystem broker in the run folder."""
    return f"filesystem://{quote(str(paths.broker))}"


def demo_projects(paths: Paths) -> str:
    """Return FIREBASE_PROJECTS with the service account of the emulator."""
    return json.dumps({PROJECT: str(paths.credentials / f"{PROJECT}.json")})
