"""Deploy checks with stable ids: a wrong deployment says so before it serves."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as Caution


@register(Tags.security, deploy=True)
def check_public_url(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Ask for HTTPS in front of the apps."""
    if urlsplit(settings.PUBLIC_URL).scheme != "https" and not settings.SANDBOX:
        return [Caution("PUBLIC_URL is not https.", hint="Put TLS in front and say so in PUBLIC_URL.", id="fingerpost.W001")]
    return []


@register(Tags.security, deploy=True)
def check_firebase(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Ask for at least one Firebase project where alerts are to be sent."""
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
    """Refuse to deploy without a key that seals push addresses."""
    if not settings.ADDRESS_KEYS:
        return [
            Error(
                "ADDRESS_KEYS is empty: no app installation can register.",
                hint='Give "id:key" with 32 random bytes in base64; the first one seals.',
                id="fingerpost.E001",
            )
        ]
    return []
