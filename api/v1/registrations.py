"""/v1/registrations: app installations that receive push messages; nothing identifies their owner."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public, RegistrationSecret, SecretHolder
from api.http.fields import Choice, PatternText, StrictSerializer
from api.http.responses import NO_STORE, no_content, respond
from api.http.schema import path_parameter
from api.http.views import ApiView
from api.v1.shapes import ResponseSerializer
from content.terms import Recipient
from core.instants import rfc3339
from notifications.models import PairingRequest, Registration
from notifications.models.registration_row import AddressKind, refresh_after
from notifications.models.segment import Platform
from notifications.models.test_phone import PairingOffer

#: The form of a time zone; a name that is no IANA zone of the country is stored as null.
_ZONE = r"[A-Za-z0-9_+/-]{0,64}"
_VERSION = r"[0-9A-Za-z.+-]{1,45}"
#: A Firebase installation ID, or a legacy registration token; `notifications.registrations.values` holds each kind's shape.
_ADDRESS = r"[A-Za-z0-9_:-]{22,315}"


class Amendment(StrictSerializer):
    """The fields to change; omitted fields keep their values."""

    address_kind = Choice(AddressKind.choices, required=False)
    address = PatternText(
        _ADDRESS, max_length=315, required=False, help_text="Firebase installation ID, or legacy registration token."
    )
    platform = Choice(Platform.choices, required=False)
    locale = PatternText(fields.TAG, max_length=100, required=False, help_text="BCP 47.")
    country = PatternText(fields.COUNTRY, max_length=2, required=False, help_text="ISO 3166-1 alpha-2.")
    region = PatternText(
        fields.REGION, max_length=6, required=False, allow_null=True, help_text="ISO 3166-2, or null if unknown."
    )
    time_zone = PatternText(
        _ZONE,
        max_length=64,
        required=False,
        allow_null=True,
        help_text="IANA zone of the country; any other is stored as null.",
    )
    audience = Choice(Recipient.choices, required=False)
    app_version = PatternText(_VERSION, max_length=45, required=False)

    def validate_country(self, value: str) -> str:
        return value.upper()


class RegistrationRequest(Amendment):
    """An app installation; `region` and `time_zone` are optional."""

    app = PatternText(fields.SLUG, max_length=40)
    address_kind = Choice(AddressKind.choices)
    address = PatternText(_ADDRESS, max_length=315, help_text="Firebase installation ID, or legacy registration token.")
    platform = Choice(Platform.choices)
    locale = PatternText(fields.TAG, max_length=100, help_text="BCP 47.")
    country = PatternText(fields.COUNTRY, max_length=2, help_text="ISO 3166-1 alpha-2.")
    audience = Choice(Recipient.choices)
    app_version = PatternText(_VERSION, max_length=45)


class RegisteredSerializer(ResponseSerializer):
    """The new registration. The secret is returned only here; the server keeps its digest."""

    id = serializers.UUIDField()
    secret = serializers.CharField()
    refresh_after = serializers.DateTimeField()
    push_mode = serializers.CharField()


class PairingOfferSerializer(ResponseSerializer):
    """For a test app: nothing is sent until a member of staff has entered the code in the console."""

    id = serializers.UUIDField(help_text="Of the registration, once the phone is paired.")
    secret = serializers.CharField()
    pairing_code = serializers.CharField(help_text="To show on the screen, such as `K7QM-3MDX`.")
    pairing_expires = serializers.DateTimeField(help_text="Ten minutes from now; then register again for another code.")


class RegistrationAnswerSerializer(ResponseSerializer):
    """The stored registration, without the push address."""

    id = serializers.UUIDField()
    app = serializers.CharField()
    address_kind = serializers.ChoiceField(AddressKind.choices)
    platform = serializers.ChoiceField(Platform.choices)
    locale = serializers.CharField()
    country = serializers.CharField()
    region = serializers.CharField(allow_null=True)
    time_zone = serializers.CharField(allow_null=True)
    audience = serializers.ChoiceField(Recipient.choices)
    app_version = serializers.CharField()
    refresh_after = serializers.DateTimeField()
    push_mode = serializers.CharField()


class RegistrationsView(ApiView):
    """All registrations."""

    permission_classes = [Public]
    throttle = "registrations"
    needs_database = True
    throttle_fails_open = False
    attested_methods = ("POST",)
    problems = (401, 403, 409)
    examples = {
        "POST": {
            "app": "parent",
            "address_kind": "fid",
            "address": "cXy0123456789abcdefghi",
            "platform": "android",
            "locale": "cy",
            "country": "GB",
            "region": None,
            "time_zone": "Europe/London",
            "audience": "parent",
            "app_version": "1.2.0",
        }
    }

    @extend_schema(
        operation_id="register_installation",
        request=RegistrationRequest,
        responses={201: RegisteredSerializer, 202: PairingOfferSerializer},
        tags=["registrations"],
    )
    def post(self, request: Request) -> HttpResponse:
        """Register an installation. A known push address keeps its id and gets a new secret.

        A test app is closed to the public: it gets 202 with a code, and is registered for 24 hours once staff have entered it.
        """
        values = {"region": None, "time_zone": None, **_validated(RegistrationRequest, request)}
        if self.attestation is not None:
            self.attestation.require(values["app"])
        proven = settings.REGISTRATIONS_COUNT_AT_ONCE or self.attestation is not None
        registered = PairingRequest.objects.register(**values, at=timezone.now(), proven=proven)
        if isinstance(registered, PairingOffer):
            return _accepted(request, registered)
        body = {
            "id": str(registered.id),
            "secret": registered.secret,
            "refresh_after": rfc3339(registered.refresh_after),
            "push_mode": registered.push_mode,
        }
        response = respond(request, body, cache=NO_STORE)
        response.status_code = 201
        response["Location"] = f"{request.path}/{registered.id}"
        return response


class RegistrationView(ApiView):
    """One registration, for the holder of its secret."""

    authentication_classes = [RegistrationSecret]
    permission_classes = [SecretHolder]
    throttle = "registrations"
    needs_database = True
    throttle_fails_open = False
    # DELETE is not: the holder of the secret may always be forgotten, by an app that attests nothing too.
    attested_methods = ("PATCH",)
    problems = (403,)
    problems_of = {"PATCH": (409,)}
    examples = {"PATCH": {"locale": "en", "app_version": "1.3.0"}}
    path_parameters = (
        path_parameter("registration_id", "[0-9a-fA-F-]{32,36}", 36, "The id that POST /v1/registrations returned."),
    )

    @extend_schema(operation_id="get_registration", responses=RegistrationAnswerSerializer, tags=["registrations"])
    def get(self, request: Request, registration_id: str) -> HttpResponse:
        """Return the stored registration."""
        return respond(request, _stored(self._found(request, registration_id)), cache=NO_STORE)

    @extend_schema(
        operation_id="change_registration", request=Amendment, responses=RegistrationAnswerSerializer, tags=["registrations"]
    )
    def patch(self, request: Request, registration_id: str) -> HttpResponse:
        """Change the given fields; an empty object counts as a refresh."""
        registration = self._found(request, registration_id)
        if self.attestation is not None:
            self.attestation.require(registration.segment.app_id)
        registration.amend(at=timezone.now(), proven=self.attestation is not None, **_validated(Amendment, request))
        return respond(request, _stored(registration), cache=NO_STORE)

    @extend_schema(
        operation_id="delete_registration", responses={204: OpenApiResponse(description="Deleted.")}, tags=["registrations"]
    )
    def delete(self, request: Request, registration_id: str) -> HttpResponse:
        """Delete the registration for good."""
        self._found(request, registration_id).unregister(at=timezone.now())
        return no_content({"Cache-Control": NO_STORE})

    def _found(self, request: Request, registration_id: str) -> Registration:
        return Registration.objects.authenticated(registration_id, str(request.auth))


def _accepted(request: Request, offer: PairingOffer) -> HttpResponse:
    body = {
        "id": str(offer.id),
        "secret": offer.secret,
        "pairing_code": offer.code,
        "pairing_expires": rfc3339(offer.expires_at),
    }
    response = respond(request, body, cache=NO_STORE)
    response.status_code = 202
    return response


def _validated(serializer: type[StrictSerializer], request: Request) -> dict[str, Any]:
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
        "refresh_after": rfc3339(refresh_after(registration.seen_on)),
        "push_mode": str(segment.app.mode_in(segment.country)),
    }
