"""Headers of every response that Django has no setting for, or sends only on a connection that is encrypted up to it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

#: No page uses a device or a sensor: https://www.w3.org/TR/permissions-policy/
_NO_DEVICES = ", ".join(f"{name}=()" for name in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb"))


def security_headers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Return a middleware that adds Permissions-Policy, Cross-Origin-Resource-Policy and, with an https PUBLIC_URL, HSTS.

    TLS ends at the proxy in front, so the request itself does not show that it was encrypted.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Permissions-Policy", _NO_DEVICES)
        # Web apps of other origins read the API; nothing of the console is for them.
        response.setdefault(
            "Cross-Origin-Resource-Policy", "same-origin" if request.path.startswith("/console/") else "cross-origin"
        )
        if settings.SECURE_HSTS_SECONDS:
            response.setdefault("Strict-Transport-Security", f"max-age={settings.SECURE_HSTS_SECONDS}")
        return response

    return middleware
