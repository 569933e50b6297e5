"""GET /v1/services and /v1/services/{id}: who can help, by country, region, audience, role, language and hour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api import fields, packs
from api.auth import Everybody
from api.conditional import NO_STORE, SHORT
from api.fields import Choice, Text
from api.negotiation import check_region
from api.schema import path_text
from api.v1 import shapes
from api.v1.reading import reading
from api.v1.tips import Place
from api.views import ApiView
from content.opening import answering
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


class ServicesView(ApiView):
    """The services of a country."""

    permission_classes = [Everybody]
    query = ServiceQuery

    @extend_schema(operation_id="services", responses=shapes.ServiceList, tags=["services"])
    def get(self, request: Request) -> HttpResponse:
        """Return all services that fit, in the pack's order."""
        read, wanted = reading(request, self.parameters), self.parameters
        check_region(read.country.requested, wanted.get("region"))
        at = timezone.now() if wanted.get("open_now") == "true" else None
        found = [s for s in read.pack["services"] if _fits(s, wanted, read.country.requested) and (at is None or _is_open(s, at))]
        return read.answer(cache=SHORT if at is None else NO_STORE, services=found)


class ServiceView(ApiView):
    """One service."""

    permission_classes = [Everybody]
    query = Place
    path_parameters = (path_text("service_id", fields.SLUG, 80, "The service's id."),)
    problems = (410,)

    @extend_schema(operation_id="service", responses=shapes.ServiceAnswer, tags=["services"])
    def get(self, request: Request, service_id: str) -> HttpResponse:
        """Return the service; a retired one answers 410 with its successor."""
        home = packs.current().home(service_id) if "country" not in self.parameters else None
        read = reading(request, self.parameters, country=home)
        for service in read.pack["services"]:
            if service["id"] == service_id:
                return read.answer(service=service)
        for entry in read.pack["retired"]:
            if entry["id"] == service_id:
                raise RetiredService(successor=entry["successor"])
        raise NoSuchService()


def _fits(service: Mapping[str, Any], wanted: Mapping[str, Any], country: str) -> bool:
    language, region = wanted.get("language"), wanted.get("region")
    return (
        (service["area"] is None or country in {WORLDWIDE, *service["area"]})
        and ("audience" not in wanted or wanted["audience"] in service["audiences"])
        and ("role" not in wanted or wanted["role"] in service["roles"])
        and (region is None or not service["regions"] or region in service["regions"])
        and (language is None or _primary(language) in {_primary(tag) for tag in service["languages"] or ()})
    )


def _is_open(service: Mapping[str, Any], at: datetime) -> bool:
    return any(
        answering(channel["hours"], zone=channel["zone"] or service["zone"], country=service["country"], at=at).open
        for channel in service["channels"]
    )


def _primary(tag: str) -> str:
    return tag.split("-")[0].lower()
