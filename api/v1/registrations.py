"""/v1/registrations: what an installation tells so that it can be pushed to, and nothing that says whose it is."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Everybody, RegistrationSecret, SecretHolder
from api.http.fields import Choice, Strict, Text, rfc3339
from api.http.responses import NO_STORE, answer
from api.http.schema import path_text
from api.http.views import ApiView
from api.v1.shapes import _Shape
from content.terms import Audience
from notifications.models import Registration
from notifications.models.registration import REFRESH_AFTER, AddressKind
from notifications.models.segment import Platform

#: What a zone looks like; one that is none of IANA's becomes null.
_ZONE = r"[A-Za-z0-9_+/-]{0,64}"
_VERSION = r"[0-9A-Za-z.+-]{1,45}"
_ADDRESS = r"[!-~]{1,512}"


class Amendment(Strict):
    """What may change; what is left out stays."""

    address_kind = Choice(AddressKind.choices, required=False)
    address = Text(_ADDRESS, most=512, required=False, help_text="Firebase installation ID, or legacy registration token.")
    platform = Choice(Platform.choices, required=False)
    locale = Text(fields.TAG, most=100, required=False, help_text="BCP 47.")
    country = Text(fields.COUNTRY, most=2, required=False, help_text="ISO 3166-1 alpha-2.")
    region = Text(fields.REGION, most=6, required=False, allow_null=True, help_text="ISO 3166-2, or null.")
    time_zone = Text(_ZONE, most=64, required=False, allow_null=True, help_text="IANA; another one becomes null.")
    audience = Choice(Audience.choices, required=False)
    app_version = Text(_VERSION, most=45, required=False)

    def validate_country(self, value: str) -> str:
        return value.upper()


class RegistrationRequest(Amendment):
    """An installation; `region` and `time_zone` may be left out or null."""

    app = Text(fields.SLUG, most=40)
    address_kind = Choice(AddressKind.choices)
    address = Text(_ADDRESS, most=512, help_text="Firebase installation ID, or legacy registration token.")
    platform = Choice(Platform.choices)
    locale = Text(fields.TAG, most=100, help_text="BCP 47.")
    country = Text(fields.COUNTRY, most=2, help_text="ISO 3166-1 alpha-2.")
    audience = Choice(Audience.choices)
    app_version = Text(_VERSION, most=45)


class Registered(_Shape):
    """The secret is shown this once; a digest is all that is kept."""

    id = serializers.UUIDField()
    secret = serializers.CharField()
    refresh_after = serializers.DateTimeField()
    push_mode = serializers.CharField()


class RegistrationAnswer(_Shape):
    """What is stored, apart from the address."""

    id = serializers.UUIDField()
    app = serializers.CharField()
    address_kind = serializers.ChoiceField(AddressKind.choices)
    platform = serializers.ChoiceField(Platform.choices)
    locale = serializers.CharField()
    country = serializers.CharField()
    region = serializers.CharField(allow_null=True)
    time_zone = serializers.CharField(allow_null=True)
    audience = serializers.ChoiceField(Audience.choices)
    app_version = serializers.CharField()
    refresh_after = serializers.DateTimeField()
    push_mode = serializers.CharField()


class RegistrationsView(ApiView):
    """Where installations register."""

    permission_classes = [Everybody]
    throttle = "registrations"
    asks_database = True
    throttle_fails_open = False
    problems = (409,)

    @extend_schema(operation_id="register", request=RegistrationRequest, responses={201: Registered}, tags=["registrations"])
    def post(self, request: Request) -> HttpResponse:
        """Register, or register again: a known address keeps its row and gets a new secret."""
        told = _validated(RegistrationRequest, request)
        told = {"region": None, "time_zone": None, **told}
        registered = Registration.objects.register(**told, at=timezone.now())
        body = {
            "id": str(registered.id),
            "secret": registered.secret,
            "refresh_after": rfc3339(registered.refresh_after),
            "push_mode": registered.push_mode,
        }
        response = answer(request, body, cache=NO_STORE)
        response.status_code = 201
        response["Location"] = f"{request.path}/{registered.id}"
        return response


class RegistrationView(ApiView):
    """One installation, for whoever holds its secret."""

    authentication_classes = [RegistrationSecret]
    permission_classes = [SecretHolder]
    throttle = "registrations"
    asks_database = True
    throttle_fails_open = False
    path_parameters = (path_text("registration_id", "[0-9a-fA-F-]{32,36}", 36, "The id that registering answered with."),)

    @extend_schema(operation_id="registration", responses=RegistrationAnswer, tags=["registrations"])
    def get(self, request: Request, registration_id: str) -> HttpResponse:
        """Return what is stored."""
        return answer(request, _stored(self._found(request, registration_id)), cache=NO_STORE)

    @extend_schema(operation_id="amend", request=Amendment, responses=RegistrationAnswer, tags=["registrations"])
    def patch(self, request: Request, registration_id: str) -> HttpResponse:
        """Merge changes; an empty object counts as a refresh."""
        registration = self._found(request, registration_id)
        registration.amend(at=timezone.now(), **_validated(Amendment, request))
        return answer(request, _stored(registration), cache=NO_STORE)

    @extend_schema(operation_id="forget", responses={204: OpenApiResponse(description="Forgotten.")}, tags=["registrations"])
    def delete(self, request: Request, registration_id: str) -> HttpResponse:
        """Forget the installation for good."""
        self._found(request, registration_id).forget()
        return HttpResponse(status=204, headers={"Cache-Control": NO_STORE})

    def _found(self, request: Request, registration_id: str) -> Registration:
        return Registration.objects.authenticated(registration_id, str(request.auth))


def _validated(serializer: type[Strict], request: Request) -> dict[str, Any]:
    checked = serializer(data=request.data)
    checked.is_valid(raise_exception=True)
    return dict(checked.validated_data)


def _stored(registration: Registration) -> dict[str, Any]:
    segment = registration.segment
    return {
        "id": str(registration.id),
        "app": segment.app_id,
        "address_kind": registration.address_kind,
        "platform": segment.platform,
        "locale": segment.locale,
        "country": segment.country,
        "region": segment.region or None,
        "time_zone": segment.zone or None,
        "audience": segment.audience,
        "app_version": registration.app_version,
        "refresh_after": rfc3339(datetime.combine(registration.seen_on, time(), tzinfo=UTC) + REFRESH_AFTER),
        "push_mode": str(segment.app.mode_in(segment.country)),
    }
