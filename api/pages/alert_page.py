"""GET /a/{alert_id}: the current text of an alert as a page to read, print and share, with the services that it names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.fields import PatternText, StrictSerializer
from api.http.responses import LIVE, ReadResponse
from api.http.views import ReadView
from api.pages.handout import qr_code
from api.reads.edition import Edition
from api.reads.request import ReadRequest
from api.v1.alert_handouts import handouts_of
from api.v1.alert_names import country_name, region_name, world_name
from api.v1.alert_services import alert_services
from api.v1.alerts import ALERT_ID, feed_response
from api.v1.docs import HtmlRenderer
from notifications.feed import AlertStopped, FeedAlert

_HTML = "text/html; charset=utf-8"
#: Countries that the link to the text for everybody names; beyond, it says "world".
_MAX_NAMED = 5


@dataclass(frozen=True)
class LanguageLink:
    """The page in another language, by the language's own name."""

    locale: str
    name: str
    url: str


@dataclass(frozen=True)
class RegionLink:
    """The page with the text for one region, or with that for everybody; `url` is "" for the text that the page shows."""

    name: str
    url: str


class AlertPageQuery(StrictSerializer):
    """The language and the region whose text to read."""

    region = PatternText(fields.REGION, max_length=6, required=False, help_text="ISO 3166-2. Default: the text for every region.")
    locale = PatternText(
        fields.TAG, max_length=35, required=False, help_text="BCP 47. Default: the best match for Accept-Language."
    )


class AlertPageView(ReadView):
    """One alert as a page."""

    permission_classes = [Public]
    renderer_classes = [HtmlRenderer]
    query = AlertPageQuery
    path_parameters = (ALERT_ID,)

    @extend_schema(exclude=True)
    def get(self, request: Request, alert_id: str) -> HttpResponse:
        """Return an HTML page without scripts, cookies or content from other servers; 410 once the alert was stopped."""
        try:
            response = self.serve(request, alert_id=alert_id)
        except AlertStopped:
            page = render_to_string("api/alert_page_gone.html")
            response = HttpResponse(page, status=HTTPStatus.GONE, content_type=_HTML)
            response.headers["Cache-Control"] = LIVE
        return response

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        locale = request.parameters.get("locale") or request.accept_language or "und"
        region = request.parameters.get("region", "")
        alert = request.edition.feed.current(request.path_params["alert_id"], locale=locale, region=region, at=request.at)
        page = render_to_string("api/alert_page.html", _context(request.edition, alert, region))
        return feed_response(request, page.encode(), _HTML, languages=[alert["lang"]])


def _context(edition: Edition, alert: FeedAlert, region: str) -> dict[str, Any]:
    # The address of the thread's first alert stays, whichever revision is current.
    path = reverse("alert-page", args=[alert["thread"]])
    url = f"{settings.PUBLIC_URL}{path}"
    return {
        "alert": alert,
        "opened": _day(alert),
        "paragraphs": [part for part in alert["body"].split("\n") if part.strip()],
        "url": url,
        "qr": qr_code(url),
        "services": [
            {"name": service["name_display"], "channels": service["channels"]} for service in alert_services(edition, alert)
        ],
        "handouts": list(handouts_of(edition, alert)),
        "languages": [
            LanguageLink(tag, _own_name(tag), _address(path, locale=tag, region=region))
            for tag in alert["locales"]
            if tag != alert["lang"]
        ],
        "regions": list(_regions(edition, alert, region, path)),
    }


def _address(path: str, **parameters: str) -> str:
    return f"{path}?{urlencode({name: value for name, value in parameters.items() if value})}"


def _regions(edition: Edition, alert: FeedAlert, chosen: str, path: str) -> Iterator[RegionLink]:
    """Yield the text for everybody and that of each region that has its own in this language; nothing where none has."""
    language = alert["lang"]
    with_text = edition.feed.regions_with_text(alert["id"]).get(language, [])
    if not with_text:
        return
    shown = chosen if chosen in with_text else ""
    yield RegionLink(_places(alert, edition), _address(path, locale=language) if shown else "")
    for region in with_text:
        url = "" if region == shown else _address(path, locale=language, region=region)
        yield RegionLink(region_name(region, language), url)


def _places(alert: FeedAlert, edition: Edition) -> str:
    """Return the countries of an alert in its language, or "world" where it has none or many."""
    countries, language = alert["countries"] or [], alert["lang"]
    if not 0 < len(countries) <= _MAX_NAMED:
        return world_name(language)
    return ", ".join(country_name(code, language, edition) for code in countries)


def _own_name(tag: str) -> str:
    """Return the name that a language has for itself; the tag where CLDR knows none."""
    try:
        return Locale.parse(tag, sep="-").get_display_name() or tag
    except (UnknownLocaleError, ValueError):
        return tag


def _day(alert: FeedAlert) -> dict[str, str]:
    """Return the day on which the alert opened, for machines and in the page's language.

    English of no country is written as most of the world writes it: 29 November 2026.
    """
    opened = datetime.fromisoformat(alert["opens"]).date()
    try:
        text = format_date(opened, "long", locale=Locale.parse("en-001" if alert["lang"] == "en" else alert["lang"], sep="-"))
    except (UnknownLocaleError, ValueError):
        text = opened.isoformat()
    return {"iso": opened.isoformat(), "text": text}
