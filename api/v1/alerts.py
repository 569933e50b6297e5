"""GET /v1/alerts: the alert feed, with the same texts that are pushed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import orjson
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.fields import Choice, Instant, PatternText, StrictSerializer
from api.http.negotiation import assigned_country, check_region, explicit_location
from api.http.responses import JSON, LIVE, ReadResponse
from api.http.schema import path_parameter
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1.alert_handouts import handouts_of
from api.v1.shapes import LocaleLabelSerializer, ResponseSerializer
from content.terms import Handout, Recipient, Situation
from core.errors import NotHeld
from core.instants import rfc3339
from notifications import cap
from notifications.feed import FeedAlert
from notifications.models.campaign import CampaignKind

#: The tag for an undetermined language, which makes the feed serve a campaign's home locale.
ANY_LOCALE = "und"
#: Alerts per page.
_PAGE_SIZE = 50
#: An instant after the opening of any alert.
_FAR_FUTURE = datetime(2099, 1, 1, tzinfo=UTC)

ALERT_ID = path_parameter("alert_id", fields.NUMBER, 18, "The alert's id.")


class OuterTextSerializer(ResponseSerializer):
    """The text that may be shown on a lock screen."""

    title = serializers.CharField()
    body = serializers.CharField()


class AlertHandoutSerializer(ResponseSerializer):
    """One page to print, in the language that the reader asks for, else in that of the alert, else in English."""

    slug = serializers.CharField(help_text="The last part of the page's address.")
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2, or ZZ for the worldwide page.")
    locale = serializers.CharField()
    title = serializers.CharField()
    lang = serializers.CharField(help_text="The language of the title.")
    about = serializers.CharField(allow_null=True, help_text="What the page is about, in words. null: the usual page.")
    about_lang = serializers.CharField(allow_null=True)
    page = serializers.CharField()
    pdf = serializers.CharField()


class AlertSerializer(ResponseSerializer):
    """One alert in one language. `thread` is the id of the first alert of its thread, `rev` its number in the thread."""

    id = serializers.CharField()
    thread = serializers.CharField()
    rev = serializers.IntegerField()
    references = serializers.CharField(allow_null=True)
    superseded_by = serializers.CharField(
        allow_null=True, help_text="The id of the alert that replaces this one; show that instead. null: this is the newest."
    )
    kind = serializers.ChoiceField(CampaignKind.choices)
    status = serializers.ChoiceField(cap.AlertStatus.choices)
    severity = serializers.ChoiceField(cap.Severity.choices)
    urgency = serializers.ChoiceField(cap.Urgency.choices)
    certainty = serializers.ChoiceField(cap.Certainty.choices)
    locales = serializers.ListField(child=serializers.CharField(), help_text="All locales that the alert was written in.")
    locale = LocaleLabelSerializer()
    lang = serializers.CharField()
    dir = serializers.ChoiceField(["ltr", "rtl"])
    outer = OuterTextSerializer()
    title = serializers.CharField()
    body = serializers.CharField()
    services = serializers.ListField(child=serializers.CharField())
    tip = serializers.CharField(allow_null=True)
    handouts = serializers.ListField(
        child=serializers.ChoiceField(Handout.choices),
        help_text="Slugs of pages to print; GET /v1/handouts has their addresses in each country and language.",
    )
    handout_situations = serializers.ListField(
        child=serializers.ChoiceField(Situation.choices),
        help_text="The situations for which each handout is attached. Empty: the usual handouts.",
    )
    handout_pages = AlertHandoutSerializer(many=True, help_text="The pages of `handouts` by country and situation.")
    countries = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="null: all.")
    regions = serializers.ListField(child=serializers.CharField(), allow_null=True, help_text="null: all.")
    audiences = serializers.ListField(child=serializers.ChoiceField(Recipient.choices))
    sent = serializers.DateTimeField()
    opens = serializers.DateTimeField()
    expires = serializers.DateTimeField()


class AlertListSerializer(ResponseSerializer):
    """The unexpired alerts, newest first and one for each thread; `older` is the URL of earlier ones, expired ones too."""

    alerts = AlertSerializer(many=True)
    older = serializers.CharField(allow_null=True)


class AlertAnswerSerializer(ResponseSerializer):
    """One alert."""

    alert = AlertSerializer()


class AlertCountryQuery(StrictSerializer):
    """The country in which an alert is read."""

    country = PatternText(
        fields.COUNTRY,
        max_length=2,
        required=False,
        help_text="ISO 3166-1 alpha-2. The alert answers from its opening in this country on. Default: from its first opening.",
    )


class AlertTextQuery(StrictSerializer):
    """The audience, region and locale whose text to return."""

    audience = Choice(
        Recipient.choices,
        required=False,
        help_text="Whose alerts, in the text for them. Default: those of any audience, in the text for everybody.",
    )
    region = PatternText(fields.REGION, max_length=6, required=False, help_text="ISO 3166-2. Default: the text for every region.")
    locale = PatternText(
        fields.TAG, max_length=35, required=False, help_text="BCP 47. Default: the best match for Accept-Language."
    )


class OneAlertQuery(AlertCountryQuery, AlertTextQuery):
    """The text of one alert to return."""


class AlertQuery(AlertTextQuery):
    """The alerts to return."""

    country = PatternText(fields.COUNTRY, max_length=2, help_text="ISO 3166-1 alpha-2.")
    before = Instant(required=False, help_text="Only alerts that opened before this instant.")


class AlertsView(ReadView):
    """The alert feed."""

    permission_classes = [Public]
    query = AlertQuery

    @extend_schema(operation_id="list_alerts", responses=AlertListSerializer, tags=["alerts"])
    def get(self, request: Request) -> HttpResponse:
        """Return at most 50 alerts, the newest of each thread; without `before`, those that have not expired."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        page = read_feed(request)
        alerts = [_labelled(alert, request) for alert in page.alerts if is_for_region(alert, request)]
        body = orjson.dumps({"alerts": alerts, "older": _older(page, request.parameters)})
        return feed_response(request, body, languages=[alert["lang"] for alert in alerts])


class AlertView(ReadView):
    """One alert."""

    permission_classes = [Public]
    query = OneAlertQuery
    path_parameters = (ALERT_ID,)
    problems = (410,)

    @extend_schema(operation_id="get_alert", responses=AlertAnswerSerializer, tags=["alerts"])
    def get(self, request: Request, alert_id: str) -> HttpResponse:
        """Return the alert, even if it has expired or is superseded; after a stop, every alert of the thread returns 410."""
        return self.serve(request, alert_id=alert_id)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found = request.edition.feed.alert(
            request.path_params["alert_id"],
            locale=_locale(request),
            at=request.at,
            audience=request.parameters.get("audience"),
            region=request.parameters.get("region"),
            country=country_of(request),
        )
        return feed_response(request, orjson.dumps({"alert": _labelled(found, request)}), languages=[found["lang"]])


@dataclass(frozen=True)
class FeedPage:
    """One page of the feed, and the instant before which the alerts of the next page opened; None: there is nothing older."""

    alerts: Sequence[FeedAlert]
    older_before: datetime | None


def read_feed(request: ReadRequest) -> FeedPage:
    """Return one page of the feed for a country, with the alerts of all its regions. Raises UnknownCountry or InvalidQuery."""
    wanted = request.parameters
    country = assigned_country(wanted["country"])
    check_region(country, wanted.get("region"))
    before = wanted.get("before")

    def newest(before: datetime | None) -> list[FeedAlert]:
        return request.edition.feed.alerts(
            country=country,
            audience=wanted.get("audience"),
            locale=_locale(request),
            at=request.at,
            region=wanted.get("region"),
            before=before,
            limit=_PAGE_SIZE + 1,
        )

    if before is None:
        page = newest(None)[:_PAGE_SIZE]
        try:
            found = newest(_FAR_FUTURE)
        except NotHeld:
            # There are alerts that this process does not hold. The first page needs no database, so it does not look.
            return FeedPage(page, _FAR_FUTURE)
    else:
        found = newest(before)
        page = found[:_PAGE_SIZE]
    shown = {alert["id"] for alert in page}
    following = next((datetime.fromisoformat(alert["opens"]) for alert in found if alert["id"] not in shown), None)
    if following is None:
        return FeedPage(page, None)
    # Times have whole seconds, and several alerts may open within one: the pages overlap by it, where that leads any further.
    overlapping = following + timedelta(seconds=1)
    return FeedPage(page, overlapping if before is None or overlapping < before else following)


def country_of(request: ReadRequest) -> str | None:
    """Return the country in which one alert is read, or None; raises UnknownCountry."""
    wanted = request.parameters.get("country")
    return assigned_country(wanted) if wanted else None


def is_for_region(alert: FeedAlert, request: ReadRequest) -> bool:
    """Return whether the alert is for the requested region; without one, every alert is."""
    wanted = request.parameters.get("region")
    return wanted is None or alert["regions"] is None or wanted in alert["regions"]


def feed_response(
    request: ReadRequest,
    body: bytes,
    content_type: str = JSON,
    *,
    languages: Iterable[str],
    depends_on_language: bool = True,
) -> ReadResponse:
    """Return a response in these languages that is valid until the next alert opens or expires.

    Content-Location names the locale where it is one alone; a list in several has no other address.
    """
    changes = request.edition.feed.changes_at(request.at)
    found = sorted(set(languages))
    location = None
    if depends_on_language and len(found) == 1 and request.parameters.get("locale") != found[0]:
        location = explicit_location(request.path, request.query, locale=found[0])
    return ReadResponse(
        body,
        LIVE,
        content_type=content_type,
        language=", ".join(found) or None,
        location=location,
        vary=("Accept-Language",) if depends_on_language and "locale" not in request.parameters else (),
        until=changes.timestamp() if changes else math.inf,
    )


def _locale(request: ReadRequest) -> str:
    """Return what to match each alert's locales with: the requested tag, Accept-Language, or `und`."""
    # Alerts differ in their locales, so the whole Accept-Language list is passed on.
    return request.parameters.get("locale") or request.accept_language or ANY_LOCALE


def _labelled(alert: FeedAlert, request: ReadRequest) -> dict[str, Any]:
    pages = [
        {
            **{name: getattr(page, name) for name in ("slug", "country", "locale", "title", "lang", "page", "pdf")},
            "about": page.about or None,
            "about_lang": page.about_lang or None,
        }
        for page in handouts_of(request.edition, alert)
    ]
    requested, served = request.parameters.get("locale"), alert["locale"]["served"]
    locale = {"requested": requested, "served": served, "reason": _reason(alert, requested, request.accept_language)}
    return {**alert, "locale": locale, "handout_pages": pages}


def _reason(alert: FeedAlert, requested: str | None, header: str | None) -> str | None:
    """Return why this locale is served, in the words that all responses use; the feed knows only whether it has the language."""
    served, translated = alert["locale"]["served"], alert["locale"]["reason"] is None
    if requested is None:
        return "accept-language" if header and translated else "default"
    if not translated:
        return "not-translated"
    return None if requested.lower() == served.lower() else "same-language"


def _older(page: FeedPage, wanted: Mapping[str, Any]) -> str | None:
    """Return the URL of the next older page, or None where there is nothing older."""
    if page.older_before is None:
        return None
    kept: dict[str, str] = {name: wanted[name] for name in ("country", "region", "audience", "locale") if name in wanted}
    return f"{reverse('alerts')}?{urlencode({**kept, 'before': rfc3339(page.older_before)})}"
