"""POST /v1/help: the resolver for thin clients. Situation and age are in the body, which is neither stored nor logged."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.serializers import ValidationError

from api.http import fields
from api.http.auth import Public
from api.http.fields import BoundedList, Choice, Flag, Instant, PatternText, StrictSerializer, WholeNumber
from api.http.negotiation import choose_country, choose_spoken
from api.http.responses import NO_STORE, ReadResponse
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1 import shapes
from api.v1.resolved_pack import ResolvedPack, pack_for
from content.resolver.availability import channel_availability, service_availability
from content.resolver.resolve import known_situation, resolve
from content.resolver.types import (
    Availability,
    PackContent,
    PackedRoute,
    PackedService,
    PackedTip,
    PackLabels,
    Plan,
    PlanStep,
    Query,
)
from content.terms import ANY_SITUATION, Audience, Where
from core.instants import rfc3339
from notifications.registrations import values

_MAX_AGE = 120
#: Tips that a response holds in full; the others are in /v1/tips.
_FIRST_TIPS = 3


class HelpRequest(StrictSerializer):
    """The reader's situation; only country and situation are required. Ages are always those of the young person."""

    country = PatternText(
        fields.COUNTRY, max_length=2, help_text="ISO 3166-1 alpha-2: the country where the young person is now."
    )
    region = PatternText(
        fields.REGION, max_length=6, required=False, allow_null=True, help_text="ISO 3166-2, a region of that country."
    )
    audience = Choice(Audience.choices, required=False, default=Audience.TEEN.value, help_text="Who is asking.")
    age = WholeNumber(
        min_value=0,
        max_value=_MAX_AGE,
        required=False,
        allow_null=True,
        help_text="The young person's age; if missing, under 18 is assumed.",
    )
    age_in_image = WholeNumber(
        min_value=0,
        max_value=_MAX_AGE,
        required=False,
        allow_null=True,
        help_text="The young person's age in the image; at most `age`.",
    )
    situation = PatternText(
        fields.SLUG,
        max_length=40,
        help_text="Id of a situation, or one of the pack's `aliases` for it; an unknown id gets the plan for `not-sure`.",
    )
    where = Choice(
        Where.choices,
        required=False,
        allow_null=True,
        help_text="Whether it is in view of everybody, or in a private chat, which no hotline can open.",
    )
    site = PatternText(
        fields.SLUG,
        max_length=40,
        required=False,
        allow_null=True,
        help_text="Id of the site where it happened, such as snapchat.",
    )
    languages = BoundedList(
        child=PatternText(fields.TAG, max_length=35),
        max_length=10,
        required=False,
        allow_null=True,
        help_text="BCP 47, in order of preference.",
    )
    can_speak = Flag(required=False, allow_null=True, help_text="false: chat, SMS and forms are listed first.")
    at = Instant(required=False, allow_null=True, help_text="The instant to answer for. Default: now.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        age, in_image = attrs.get("age"), attrs.get("age_in_image")
        if age is not None and in_image is not None and in_image > age:
            raise ValidationError({"age_in_image": ["Must not be greater than age."]})
        return attrs


class HelpView(ReadView):
    """The resolver."""

    permission_classes = [Public]
    throttle = "help"
    negotiates_language = True
    body = HelpRequest
    examples = {
        "POST": {
            "country": "GB",
            "region": "GB-WLS",
            "audience": "teen",
            "age": 15,
            "age_in_image": 15,
            "situation": "blackmail",
            "site": "snapchat",
            "languages": ["cy", "en"],
            "can_speak": True,
        }
    }

    @extend_schema(operation_id="make_plan", request=HelpRequest, responses=shapes.HelpAnswerSerializer, tags=["help"])
    def post(self, request: Request) -> HttpResponse:
        """Return a short, ordered plan with the services it names; it is never empty."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        body, edition = request.body, request.edition.require_release()
        country = choose_country(edition, body["country"])
        if body.get("region"):
            values.region(country.requested, body["region"])
        locale = choose_spoken(edition, country.served, body.get("languages") or (), request.accept_language)
        found = pack_for(request, country, locale)
        # Opening hours have a resolution of one minute, so within it the same query has the same plan.
        minute = (body.get("at") or request.at).replace(second=0, microsecond=0)
        until = math.inf if body.get("at") else (minute + timedelta(minutes=1)).timestamp()
        query = _query(body, country.requested, known_situation(found.pack, body["situation"]))
        members = _members(resolve(found.pack, query, minute), found, query, minute)
        return found.compose(members, cache=NO_STORE, until=until, has_location=False)


def _query(body: Mapping[str, Any], country: str, situation: str) -> Query:
    return Query(
        country=country,
        situation=situation,
        audience=body["audience"],
        region=body.get("region"),
        age=body.get("age"),
        age_in_image=body.get("age_in_image"),
        site=body.get("site"),
        where=body.get("where"),
        languages=tuple(body.get("languages") or ()),
        can_speak=body.get("can_speak"),
    )


def _members(plan: Plan, found: ResolvedPack, query: Query, at: datetime) -> dict[str, object]:
    """Return the members that the plan adds to the response."""
    labels = found.pack["labels"]
    steps = [_step(step, labels, plan.services.get(step.service or ""), query.situation) for step in plan.steps]
    return {
        "situation": query.situation,
        "plan": steps,
        "services": plan.services,
        "availability": {name: _service_availability(service, query, at) for name, service in plan.services.items()},
        "labels": found.service_labels(),
        "tips": plan.tips,
        "first_tips": _first_tips(found.pack, plan),
        "more_tips": plan.more_tips,
    }


def _step(step: PlanStep, labels: PackLabels, service: PackedService | None, situation: str) -> dict[str, object]:
    answers_in = service.get("answers_in") if service else None
    return {
        "step": step.step,
        "label": labels["steps"][step.step]["text"],
        "service": step.service,
        "why": [
            {"code": code, "text": answers_in["text"] if code == "other-language" and answers_in else _label(labels, code)}
            for code in step.why
        ],
        "open": step.open,
        "closes_at": _time(step.closes_at),
        "opens_at": _time(step.opens_at),
        "stale": step.stale,
        "language_match": step.language_match,
        "alternatives": list(step.alternatives),
        "conditions": _of_services(step.conditions, labels),
        "notes": _of_services(step.notes, labels),
        "route": _route(service, situation) if service else None,
    }


def _service_availability(service: PackedService, query: Query, at: datetime) -> dict[str, object]:
    """Return whether the service is open for this reader, and the same of each channel, in the order of the channels."""
    channels = [_opening(channel_availability(service, channel, at)) for channel in service["channels"]]
    return _opening(service_availability(service, at, can_speak=query.can_speak is not False)) | {"channels": channels}


def _first_tips(pack: PackContent, plan: Plan) -> list[PackedTip]:
    """Return the first tips in full, so that a thin client can show the first minute without another request."""
    by_slug = {tip["slug"]: tip for tip in pack["tips"]}
    return [by_slug[slug] for slug in plan.tips[:_FIRST_TIPS]]


def _opening(availability: Availability) -> dict[str, object]:
    change = _time(availability.changes_at)
    return {
        "open": availability.open,
        "closes_at": change if availability.open else None,
        "opens_at": change if availability.open is False else None,
    }


def _route(service: PackedService, situation: str) -> PackedRoute | None:
    # Packs of older versions have no routes.
    routes = service.get("routes", {})
    return routes.get(situation) or routes.get(ANY_SITUATION)


def _of_services(codes: Mapping[str, str], labels: PackLabels) -> list[dict[str, str | None]]:
    return [{"service": name, "code": code, "text": _label(labels, code)} for name, code in codes.items()]


def _label(labels: PackLabels, code: str) -> str | None:
    phrase = labels["why"].get(code)
    return None if phrase is None else phrase["text"]


def _time(value: datetime | None) -> str | None:
    return None if value is None else rfc3339(value)
