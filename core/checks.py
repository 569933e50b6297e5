"""Deployment checks with stable ids (manage.py check --deploy)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution
from django.db import DatabaseError


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
