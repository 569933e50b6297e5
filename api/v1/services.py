"""GET /v1/services and /v1/services/{id}: services by country, region, audience, role, language and opening hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.fields import Choice, PatternText, QueryFlag
from api.http.negotiation import check_region
from api.http.responses import NO_STORE, ReadResponse
from api.http.schema import path_parameter
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1 import shapes
from api.v1.resolved_pack import resolve_pack
from api.v1.tips import PackQuery
from content.resolver.availability import channel_availability
from content.resolver.candidates import ADULT, primary_language
from content.resolver.types import PackContent, PackedService
from content.terms import WORLDWIDE, Recipient, Role
from core.errors import Gone, NotFound


class NoSuchService(NotFound):
    """There is no service with this id. Check the id and the country."""


class RetiredService(Gone):
    """This service is closed. `successor` is the id of the service that replaces it, if there is one."""


class ServiceQuery(PackQuery):
    """The services to return. There is neither a situation nor an age here: they are never in a URL."""

    region = PatternText(
        fields.REGION, max_length=6, required=False, help_text="ISO 3166-2, a region of the country. Default: all regions."
    )
    audience = Choice(
        Recipient.choices,
        required=False,
        help_text="Only services for this audience; a tool for adults is not for teens. Default: all.",
    )
    role = Choice(Role.choices, required=False, help_text="Only services with this role. Default: all.")
    language = PatternText(
        fields.TAG, max_length=35, required=False, help_text="BCP 47: only services known to work in this language."
    )
    open_now = QueryFlag(required=False, help_text="true: only services known to be open at this minute.")


class ServicesView(ReadView):
    """The services of a country."""

    permission_classes = [Public]
    query = ServiceQuery

    @extend_schema(operation_id="list_services", responses=shapes.ServiceListSerializer, tags=["services"])
    def get(self, request: Request) -> HttpResponse:
        """Return all matching services, in the order of the pack."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found, wanted = resolve_pack(request), request.parameters
        country = found.country.requested
        check_region(country, wanted.get("region"))

        def matching() -> list[PackedService]:
            return [service for service in found.pack["services"] if _matches(service, wanted, country)]

        if wanted.get("open_now") != "true":
            return found.respond(lambda: {"services": matching(), "labels": found.service_labels()})
        minute = request.at.replace(second=0, microsecond=0)
        return found.respond(
            lambda: {
                "services": [service for service in matching() if _is_open(service, minute)],
                "labels": found.service_labels(),
            },
            cache=NO_STORE,
            until=(minute + timedelta(minutes=1)).timestamp(),
        )


class ServiceView(ReadView):
    """One service."""

    permission_classes = [Public]
    query = PackQuery
    path_parameters = (path_parameter("service_id", fields.SLUG, 80, "The service's id."),)
    problems = (410,)

    @extend_schema(operation_id="get_service", responses=shapes.ServiceAnswerSerializer, tags=["services"])
    def get(self, request: Request, service_id: str) -> HttpResponse:
        """Return the service; a retired one returns 410 with its successor."""
        return self.serve(request, service_id=service_id)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        name = request.path_params["service_id"]
        found = resolve_pack(request, country=request.edition.service_countries.get(name))
        return found.respond(lambda: {"service": _service(found.pack, name), "labels": found.service_labels()})


def _service(pack: PackContent, name: str) -> PackedService:
    for service in pack["services"]:
        if service["id"] == name:
            return service
    for entry in pack["retired"]:
        if entry["id"] == name:
            raise RetiredService(successor=entry["successor"])
    raise NoSuchService()


def _matches(service: PackedService, wanted: Mapping[str, Any], country: str) -> bool:
    language, region = wanted.get("language"), wanted.get("region")
    area = service.get("area")
    return (
        (area is None or country in {WORLDWIDE, *area})
        and ("audience" not in wanted or _is_for(service, wanted["audience"]))
        and ("role" not in wanted or wanted["role"] in service["roles"])
        and (region is None or not service["regions"] or region in service["regions"])
        and (language is None or primary_language(language) in {primary_language(tag) for tag in service["languages"] or ()})
    )


def _is_for(service: PackedService, audience: str) -> bool:
    """Return whether the service is for the audience; a tool for adults, or for pictures of adults, is not for teens."""
    min_age = service["eligibility"]["min_age"]
    return audience in service["audiences"] and not (audience == Recipient.TEEN and min_age is not None and min_age >= ADULT)


def _is_open(service: PackedService, at: datetime) -> bool:
    return any(channel_availability(service, channel, at).open for channel in service["channels"])
