"""Typed reading of the environment; a bad value stops the start with one sentence."""

from __future__ import annotations

import base64
import binascii
import difflib
import json
import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from core.sandbox import is_loopback


class BadSetting(ImproperlyConfigured):
    """A setting in the environment is missing or invalid."""


#: The names that were read so far, so that a misspelt one can be noticed.
_READ: set[str] = set()


def text(name: str, default: str | None = None) -> str:
    """Return the value, that of the file which NAME_FILE names, or the default. Raises BadSetting without any.

    The file is for secrets: an environment variable can be seen in a list of processes or of containers.
    """
    _READ.add(name)
    value = os.environ.get(name, "").strip() or _from_file(name)
    if value:
        return value
    if default is None:
        raise BadSetting(f"{name} is not set.")
    return default


def _from_file(name: str) -> str:
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        return ""
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f"{name}_FILE names a file that cannot be read ({type(error).__name__}).") from None


def misspelt() -> dict[str, str]:
    """Return each name in the environment that no setting has but nearly, with the setting that was probably meant."""
    known = _READ | {f"{name}_FILE" for name in _READ}
    unknown = {name for name in os.environ if name not in known and re.fullmatch(r"[A-Z][A-Z_]{5,}", name)}
    close = {name: difflib.get_close_matches(name, known, n=1, cutoff=0.87) for name in sorted(unknown)}
    return {name: found[0] for name, found in close.items() if found}


def choice(name: str, default: str, allowed: Collection[str]) -> str:
    """Read one of the allowed values."""
    value = text(name, default)
    if value not in allowed:
        raise BadSetting(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
    return value


def flag(name: str, default: bool = False) -> bool:
    """Read 1/true/yes/on or 0/false/no/off."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(f"{name} must be 1 or 0, not {value!r}.")


def number(name: str, default: float, *, low: float, high: float) -> float:
    """Read a number between two bounds, inclusive."""
    raw = text(name, str(default))
    try:
        value = float(raw)
    except ValueError:
        raise BadSetting(f"{name} must be a number, not {raw!r}.") from None
    if not low <= value <= high:
        raise BadSetting(f"{name} must be between {low:g} and {high:g}, not {raw}.")
    return value


def mailbox(name: str) -> str:
    """Read an email address; empty if not set."""
    value = text(name, "")
    if value and re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value) is None:
        raise BadSetting(f"{name} must be an email address such as listings@example.org, not {value!r}.")
    return value


def mail(name: str) -> dict[str, Any]:
    """Read smtp://user:password@host:587 (STARTTLS), smtps://… (TLS) or file:///folder into Django's settings; empty if not set.

    A mail server on this machine is used without TLS.
    """
    url = urlsplit(text(name, ""))
    if not url.geturl():
        return {}
    if url.scheme == "file" and url.path.startswith("/"):
        return {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend", "EMAIL_FILE_PATH": url.path}
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise BadSetting(f"{name} must look like smtp://user:password@host:587, smtps://host or file:///folder.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or (465 if url.scheme == "smtps" else 587),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_USE_TLS": url.scheme == "smtp" and not is_loopback(f"http://{url.hostname}"),
    }


def names(name: str, default: str) -> list[str]:
    """Read a comma-separated list."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def hosts(name: str, default: str) -> list[str]:
    """Read host names as Django's ALLOWED_HOSTS has them: "*", ".example.org" and "[::1]" among them."""
    found = names(name, default)
    if wrong := [host for host in found if re.fullmatch(r"\*|\.?[\w-]+(\.[\w-]+)*\.?|\[[0-9A-Fa-f:.]+\]", host) is None]:
        raise BadSetting(f"{name} takes host names without scheme, port and path, comma-separated. {wrong[0]} is none.")
    return found


def origin(name: str, default: str) -> str:
    """Read an http or https URL without a path; return it without a slash at its end."""
    value = text(name, default).rstrip("/")
    if re.fullmatch(r"https?://([\w.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", value) is None:
        raise BadSetting(f"{name} must look like https://host or https://host:8443, without a path.")
    return value


def broker(name: str) -> str:
    """Read the URL of a broker; memory://, which reaches no other process, if not set."""
    value = text(name, "memory://")
    if not value.startswith(("redis://", "rediss://", "amqp://", "amqps://", "pyamqp://", "filesystem:///", "memory://")):
        raise BadSetting(f"{name} must begin with redis://, rediss://, amqp://, amqps:// or filesystem:///.")
    return value


def json_object(name: str) -> dict[str, str]:
    """Read a JSON object with string values; empty if not set."""
    raw = text(name, "{}")
    try:
        value = json.loads(raw)
    except ValueError:
        raise BadSetting(f"{name} is not valid JSON.") from None
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise BadSetting(f"{name} must be a JSON object with string values.")
    return value


def firebase_apps(name: str) -> dict[str, frozenset[str]]:
    """Read a JSON object of app names to Firebase app ids, comma-separated; empty if not set.

    The form of an id, with the project's number in its second part: https://firebase.google.com/docs/projects/learn-more
    """
    found = {app: frozenset(part.strip() for part in listed.split(",")) for app, listed in json_object(name).items()}
    for listed in found.values():
        for one in listed:
            if re.fullmatch(r"1:[0-9]{1,20}:(?:android|ios|web):[0-9a-f]{1,64}", one) is None:
                raise BadSetting(f"{name}: {one!r} is no Firebase app id such as 1:1234567890:android:321abc456def7890.")
    return found


def keys(name: str) -> dict[str, bytes]:
    """Read "id:base64,id:base64" into 32-byte keys by id; the first one seals, the others only open."""
    found: dict[str, bytes] = {}
    for part in names(name, ""):
        key_id, _, encoded = part.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise BadSetting(f"{name}: the key {key_id!r} is not valid base64.") from None
        if len(key) != 32 or not key_id.isalnum() or key_id in found:
            raise BadSetting(f"{name}: {key_id!r} must be a unique alphanumeric id with a key of 32 bytes.")
        found[key_id] = key
    return found


#: libpq's options for a database that is out of reach: seconds to connect, then keepalives and 20 s (here in ms) without an
#: acknowledgement, instead of the quarter of an hour of the kernel. https://www.postgresql.org/docs/current/libpq-connect.html
_NETWORK = {
    "connect_timeout": 5, "keepalives_idle": 20, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000,
}  # fmt: skip


def database(name: str, *, password: str = "") -> dict[str, Any]:
    """Read postgresql://user:password@host:port/name?option=value into Django's DATABASES settings.

    `password` takes precedence over that of the URL, in which some characters would have to be encoded.
    """
    try:
        url = urlsplit(text(name))
        port = url.port
    except ValueError:
        raise BadSetting(f"{name} cannot be read. A password with / # ? [ or % belongs into DATABASE_PASSWORD.") from None
    if url.scheme not in {"postgresql", "postgres"} or not url.path.strip("/"):
        raise BadSetting(
            f"{name} must look like postgresql://user:password@host:5432/name; put a password with / # ? [ or % into "
            "DATABASE_PASSWORD."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.strip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": password or unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": str(port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_NETWORK, **dict(parse_qsl(url.query))},
    }


def cache(name: str) -> dict[str, Any]:
    """Read locmem:// or redis://… into Django's CACHES settings."""
    url = text(name, "locmem://")
    if url.startswith("locmem://"):
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "fingerpost",
            # One entry per client and window: Django's default of 300 would drop the counters of rate limits.
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        }
    if url.startswith(("redis://", "rediss://", "unix://")):
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        # Without the cache, reads pass and writes are refused at once; no request waits for a retry.
        options = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url, "OPTIONS": options}
    raise BadSetting(f"{name} must begin with locmem:// or redis://.")
