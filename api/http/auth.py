"""Who may call: everybody for what is public, and the holder of a registration's secret for that registration."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9_~+/.=-]{1,200})")


class Nobody(BasePermission):
    """Refuse: the default, so that a view without a permission of its own is shut."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return False


class Everybody(BasePermission):
    """Public: the answer is the same for whoever asks, and no record is kept of who did."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return True


class SecretHolder(BasePermission):
    """Only with the secret that this registration was given."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return request.auth is not None


class RegistrationSecret(BaseAuthentication):
    """Read `Authorization: Bearer`; the view asks once whether it belongs to the id (unknown id and wrong secret: 404)."""

    def authenticate(self, request: Any) -> tuple[None, str]:
        match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            raise NotAuthenticated("Send the registration's secret: Authorization: Bearer <secret>.")
        return None, match[1]

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


class RegistrationSecretSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tell the schema about the bearer secret."""

    target_class = "api.http.auth.RegistrationSecret"
    name = "registrationSecret"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The secret that POST /v1/registrations answered with."}
