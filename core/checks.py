"""Deployment checks with stable ids (manage.py check --deploy)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import DatabaseError

from core.sandbox import is_loopback


@register(Tags.security, deploy=True)
def check_public_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn if apps reach the server without HTTPS."""
    if urlsplit(settings.PUBLIC_URL).scheme != "https" and not settings.SANDBOX:
        return [
            Caution(
                "PUBLIC_URL does not start with https.",
                hint="Put a TLS proxy in front, and set PUBLIC_URL to its URL.",
                id="fingerpost.W001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_firebase(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn if there is no Firebase project to send alerts with."""
    if not settings.FIREBASE_PROJECTS:
        return [
            Caution(
                "FIREBASE_PROJECTS is empty: campaigns can be approved but not sent.",
                hint="Map each Firebase project id to its service-account file.",
                id="fingerpost.W002",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_address_keys(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report an error without a key that seals push addresses."""
    if not settings.ADDRESS_KEYS:
        return [
            Error(
                "ADDRESS_KEYS is empty: no app installation can register.",
                hint='Set it to "id:key" with 32 random bytes in base64; the first key seals.',
                id="fingerpost.E001",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_database_state(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn if nothing outside of the database says how far it has come."""
    if not settings.DATABASE_STATE_DIR:
        return [
            Caution(
                "DATABASE_STATE_DIR is empty: a backup that is restored while all workers are stopped is not noticed.",
                hint="Name a folder that workers can write to, on a disk that no snapshot of the database contains.",
                id="fingerpost.W004",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_setting_names(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn of names in the environment that are nearly those of settings."""
    return [
        Caution(
            f"{name} is set, but no setting has this name.",
            hint=f"Is {meant} meant? .env.example lists all settings.",
            id="fingerpost.W003",
        )
        for name, meant in settings.MISSPELT_SETTINGS.items()
    ]


@register(Tags.security, deploy=True)
def check_limits(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn if rate limits cannot tell clients apart, or are counted by each process alone."""
    if settings.SANDBOX:
        return []
    found: list[CheckMessage] = []
    if urlsplit(settings.PUBLIC_URL).scheme == "https" and not settings.TRUSTED_PROXIES:
        found.append(
            Caution(
                "TRUSTED_PROXIES is 0, but a proxy ends TLS: all clients share one rate limit.",
                hint="Set it to the number of proxies that append to X-Forwarded-For: docs/operations.md, A proxy in front.",
                id="fingerpost.W005",
            )
        )
    if isinstance(caches["default"], LocMemCache):
        found.append(
            Caution(
                "CACHE_URL is the memory of one process: each process counts rate limits for itself.",
                hint="Set it to redis://… where more than one process serves.",
                id="fingerpost.W006",
            )
        )
    return found


@register(Tags.security, deploy=True)
def check_broker_password(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report an error for a broker on another machine that takes messages from anyone."""
    url = urlsplit(settings.BROKER_URL)
    if url.hostname and not url.password and not is_loopback(f"http://{url.netloc.rpartition('@')[2]}"):
        return [
            Error(
                "BROKER_URL has no password: anyone who reaches the broker can hold back alerts.",
                hint="Give the broker a password, and write it into BROKER_URL, better by BROKER_URL_FILE.",
                id="fingerpost.E003",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_mail(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Warn if no e-mail can be sent: invitations and notices of a changed sign-in go by e-mail."""
    if not settings.MAIL and not settings.SANDBOX:
        return [
            Caution(
                "MAIL_URL is empty: nobody can be invited or warned of a changed password.",
                hint="Set MAIL_URL and MAIL_FROM.",
                id="fingerpost.W007",
            )
        ]
    return []


@register(Tags.security, deploy=True)
def check_superusers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Report an error for superusers, who have no rights outside the sandbox, and should have no account."""
    from core.models.user import User

    try:
        names = [] if settings.SANDBOX else list(User.objects.filter(is_superuser=True).values_list("username", flat=True))
    except DatabaseError:
        names = []
    if names:
        return [
            Error(
                f"There are superusers: {', '.join(names)}.",
                hint="Give them roles by two administrators, then set is_superuser to false.",
                id="fingerpost.E002",
            )
        ]
    return []
