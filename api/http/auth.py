"""Permissions: public resources, and registrations for the holder of their secret."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission

_BEARER = re.compile(r"[Bb]earer +([A-Za-z0-9_~+/.=-]{1,200})")


class DenyAll(BasePermission):
    """Refuse every request: the default, so that a view must state its permission."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return False


class Public(BasePermission):
    """Allow every request: the response is the same for everyone, and no record of the client is kept."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return True


class SecretHolder(BasePermission):
    """Allow requests that carry a secret; the view checks that it belongs to the registration."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return request.auth is not None


class RegistrationSecret(BaseAuthentication):
    """Read the secret from `Authorization: Bearer`; the view answers 404 for an unknown id and for a wrong secret."""

    def authenticate(self, request: Any) -> tuple[None, str]:
        match = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        if match is None:
            raise NotAuthenticated("Send the registration's secret in the header Authorization: Bearer <secret>.")
        return None, match[1]

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


class RegistrationSecretSchema(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Describe the bearer secret in the OpenAPI schema."""

    target_class = "api.http.auth.RegistrationSecret"
    name = "registrationSecret"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The secret that POST /v1/registrations returned."}
