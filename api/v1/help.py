"""POST /v1/help: the resolver for thin clients. Situation and age come in the body, which is kept and logged nowhere."""

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
from api.http.auth import Everybody
from api.http.fields import Choice, Flag, Instant, Listing, Strict, Text, Whole, rfc3339
from api.http.negotiation import choose_country, choose_spoken
from api.http.responses import NO_STORE, Answer
from api.http.views import ReadView
from api.reads.request import Asked
from api.v1 import shapes
from api.v1.pack_answer import Reading, settled
from content.resolver.resolve import known_situation, resolve
from content.resolver.types import PackedRoute, PackedService, PackLabels, Plan, PlanStep, Query
from content.terms import ANY_SITUATION, Audience
from notifications.registrations import values

_OLDEST = 120


class HelpRequest(Strict):
    """What the reader tells; only country and situation are needed. The ages are the young person's, whoever asks."""

    country = Text(fields.COUNTRY, most=2, help_text="ISO 3166-1 alpha-2: where the young person is now.")
    region = Text(fields.REGION, most=6, required=False, allow_null=True, help_text="ISO 3166-2 of that country.")
    audience = Choice(Audience.choices, required=False, default=Audience.TEEN.value, help_text="Who asks.")
    age = Whole(min_value=0, max_value=_OLDEST, required=False, allow_null=True, help_text="Missing means under 18.")
    age_in_image = Whole(min_value=0, max_value=_OLDEST, required=False, allow_null=True, help_text="At most `age`.")
    situation = Text(fields.SLUG, most=40, help_text="An id; one that is not known gets the plan for not-sure.")
    site = Text(fields.SLUG, most=40, required=False, allow_null=True, help_text="Where it happened, such as snapchat.")
    languages = Listing(
        child=Text(fields.TAG, most=35), max_length=10, required=False, allow_null=True, help_text="BCP 47, best first."
    )
    can_speak = Flag(required=False, allow_null=True, help_text="false: chat, SMS and forms come first.")
    at = Instant(required=False, allow_null=True, help_text="The instant to answer for; left out: now.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        age, in_image = attrs.get("age"), attrs.get("age_in_image")
        if age is not None and in_image is not None and in_image > age:
            raise ValidationError({"age_in_image": ["Nobody is older in a picture than now."]})
        return attrs


class HelpView(ReadView):
    """The resolver."""

    permission_classes = [Everybody]
    throttle = "help"
    body = HelpRequest

    @extend_schema(operation_id="help", request=HelpRequest, responses=shapes.HelpAnswer, tags=["help"])
    def post(self, request: Request) -> HttpResponse:
        """Return a short ordered plan with the services it names; never empty."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        told, edition = asked.told, asked.edition.released()
        country = choose_country(edition, told["country"])
        if told.get("region"):
            values.region(country.requested, told["region"])
        locale = choose_spoken(edition, told.get("languages") or (), asked.languages)
        found = settled(asked, country, locale)
        # Opening hours are told to the minute, so within one the same question has the same answer.
        minute = (told.get("at") or asked.at).replace(second=0, microsecond=0)
        until = math.inf if told.get("at") else (minute + timedelta(minutes=1)).timestamp()
        query = _query(told, country.requested, known_situation(found.pack, told["situation"]))
        body = _body(resolve(found.pack, query, minute), found, query)
        return found.compose(body, cache=NO_STORE, until=until, elsewhere=False)


def _query(told: Mapping[str, Any], country: str, situation: str) -> Query:
    return Query(
        country=country,
        situation=situation,
        audience=told["audience"],
        region=told.get("region"),
        age=told.get("age"),
        age_in_image=told.get("age_in_image"),
        site=told.get("site"),
        languages=tuple(told.get("languages") or ()),
        can_speak=told.get("can_speak"),
    )


def _body(plan: Plan, found: Reading, query: Query) -> dict[str, object]:
    labels = found.pack["labels"]
    steps = [_step(step, labels, plan.services.get(step.service or ""), query.situation) for step in plan.steps]
    return {
        "situation": query.situation,
        "plan": steps,
        "services": plan.services,
        "labels": found.notice_labels(),
        "tips": plan.tips,
    }


def _step(step: PlanStep, labels: PackLabels, service: PackedService | None, situation: str) -> dict[str, object]:
    answers_in = service.get("answers_in") if service else None
    return {
        "step": step.step,
        "label": labels["steps"][step.step]["text"],
        "service": step.service,
        "why": [
            {"code": code, "text": answers_in["text"] if code == "other-language" and answers_in else _word(labels, code)}
            for code in step.why
        ],
        "open": step.open,
        "closes_at": _time(step.closes_at),
        "opens_at": _time(step.opens_at),
        "stale": step.stale,
        "language_match": step.language_match,
        "alternatives": list(step.alternatives),
        "conditions": [{"service": name, "code": code, "text": _word(labels, code)} for name, code in step.conditions.items()],
        "route": _route(service, situation) if service else None,
    }


def _route(service: PackedService, situation: str) -> PackedRoute | None:
    routes = service.get("routes", {})
    return routes.get(situation) or routes.get(ANY_SITUATION)


def _word(labels: PackLabels, code: str) -> str | None:
    phrase = labels["why"].get(code)
    return None if phrase is None else phrase["text"]


def _time(value: datetime | None) -> str | None:
    return None if value is None else rfc3339(value)
