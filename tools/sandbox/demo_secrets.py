"""The sandbox's own secrets: made once, kept in a file for its owner alone."""

from __future__ import annotations

import base64
import secrets
from dataclasses import asdict, dataclass

from tools.sandbox.paths import Places, read_json, write_json


@dataclass(frozen=True)
class Keys:
    """What has to stay the same from start to start."""

    secret_key: str
    address_keys: str
    postgres_password: str
    database_password: str
    staff: dict[str, str]


def load(places: Places, people: tuple[str, ...]) -> Keys:
    """Return the keys, making those that are missing; `people` are the demo's members of staff."""
    path = places.run / "secrets.json"
    kept = read_json(path)
    staff = kept.get("staff", {})
    keys = Keys(
        secret_key=kept.get("secret_key") or secrets.token_urlsafe(48),
        address_keys=kept.get("address_keys") or f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        postgres_password=kept.get("postgres_password") or secrets.token_urlsafe(24),
        database_password=kept.get("database_password") or secrets.token_urlsafe(24),
        staff={name: staff.get(name) or secrets.token_urlsafe(12) for name in people},
    )
    if asdict(keys) != kept:
        write_json(path, asdict(keys))
    return keys
