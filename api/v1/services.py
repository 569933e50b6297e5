"""GET /v1/services and /v1/services/{id}: who can help, by country, region, audience, role, language and hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Everybody
from api.http.fields import Choice, Text
from api.http.negotiation import check_region
from api.http.responses import NO_STORE, Answer
from api.http.schema import path_text
from api.http.views import ReadView
from api.reads.request import Asked
from api.v1 import shapes
from api.v1.pack_answer import reading
from api.v1.tips import Place
from content.resolver.availability import channel_availability
from content.resolver.types import PackContent, PackedService
from content.terms import WORLDWIDE, Audience, Role
from core.errors import Gone, NotFound


class NoSuchService(NotFound):
    """This pack holds no such service."""


class RetiredService(Gone):
    """This service is no more."""


class ServiceQuery(Place):
    """Which services. Neither situation nor age: they are never in a URL."""

    region = Text(fields.REGION, most=6, required=False, help_text="ISO 3166-2 of the country; left out: all regions.")
    audience = Choice(Audience.choices, required=False)
    role = Choice(Role.choices, required=False)
    language = Text(fields.TAG, most=35, required=False, help_text="Only services known to work in this language.")
    open_now = Choice(["true", "false"], required=False, help_text="true: only services known to answer at this minute.")


class ServicesView(ReadView):
    """The services of a country."""

    permission_classes = [Everybody]
    query = ServiceQuery

    @extend_schema(operation_id="services", responses=shapes.ServiceList, tags=["services"])
    def get(self, request: Request) -> HttpResponse:
        """Return all services that fit, in the pack's order."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        found, wanted = reading(asked), asked.parameters
        country = found.country.requested
        check_region(country, wanted.get("region"))

        def fitting() -> list[PackedService]:
            return [service for service in found.pack["services"] if _fits(service, wanted, country)]

        if wanted.get("open_now") != "true":
            return found.answer(lambda: {"services": fitting(), "labels": found.notice_labels()})
        minute = asked.at.replace(second=0, microsecond=0)
        return found.answer(
            lambda: {
                "services": [service for service in fitting() if _is_open(service, minute)],
                "labels": found.notice_labels(),
            },
            cache=NO_STORE,
            until=(minute + timedelta(minutes=1)).timestamp(),
        )


class ServiceView(ReadView):
    """One service."""

    permission_classes = [Everybody]
    query = Place
    path_parameters = (path_text("service_id", fields.SLUG, 80, "The service's id."),)
    problems = (410,)

    @extend_schema(operation_id="service", responses=shapes.ServiceAnswer, tags=["services"])
    def get(self, request: Request, service_id: str) -> HttpResponse:
        """Return the service; a retired one answers 410 with its successor."""
        return self.serve(request, service_id=service_id)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        name = asked.place["service_id"]
        found = reading(asked, country=asked.edition.homes.get(name))
        return found.answer(lambda: {"service": _service(found.pack, name), "labels": found.notice_labels()})


def _service(pack: PackContent, name: str) -> PackedService:
    for service in pack["services"]:
        if service["id"] == name:
            return service
    for entry in pack["retired"]:
        if entry["id"] == name:
            raise RetiredService(successor=entry["successor"])
    raise NoSuchService()


def _fits(service: PackedService, wanted: Mapping[str, Any], country: str) -> bool:
    language, region = wanted.get("language"), wanted.get("region")
    area = service.get("area")
    return (
        (area is None or country in {WORLDWIDE, *area})
        and ("audience" not in wanted or wanted["audience"] in service["audiences"])
        and ("role" not in wanted or wanted["role"] in service["roles"])
        and (region is None or not service["regions"] or region in service["regions"])
        and (language is None or _primary(language) in {_primary(tag) for tag in service["languages"] or ()})
    )


def _is_open(service: PackedService, at: datetime) -> bool:
    return any(channel_availability(service, channel, at).open for channel in service["channels"])


def _primary(tag: str) -> str:
    return tag.split("-")[0].lower()
