"""The demo's own secrets, created at the first start and kept in a file that only its owner can read."""

from __future__ import annotations

import base64
import secrets
from dataclasses import asdict, dataclass

from tools.sandbox.paths import Paths, read_json, write_json


@dataclass(frozen=True)
class DemoSecrets:
    """The keys and passwords that stay the same from start to start."""

    secret_key: str
    address_keys: str
    postgres_password: str
    #: Of the owner of the database, and of the role of the running product.
    database_password: str
    runtime_password: str
    #: Passwords of the demo's staff, by user name.
    staff: dict[str, str]


def load(paths: Paths, staff: tuple[str, ...]) -> DemoSecrets:
    """Return the secrets, creating those that are missing; `staff` are user names."""
    path = paths.run / "secrets.json"
    kept = read_json(path)
    passwords = kept.get("staff", {})
    loaded = DemoSecrets(
        secret_key=kept.get("secret_key") or secrets.token_urlsafe(48),
        address_keys=kept.get("address_keys") or f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        postgres_password=kept.get("postgres_password") or secrets.token_urlsafe(24),
        database_password=kept.get("database_password") or secrets.token_urlsafe(24),
        runtime_password=kept.get("runtime_password") or secrets.token_urlsafe(24),
        staff={name: passwords.get(name) or secrets.token_urlsafe(12) for name in staff},
    )
    if asdict(loaded) != kept:
        write_json(path, asdict(loaded))
    return loaded
