"""GET /trust/{country}: a page for everybody on what is listed, how it was checked, and what is withheld."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api import fields, packs
from api.auth import Everybody
from api.conditional import SHORT, answer
from api.negotiation import CountryChoice, LocaleChoice, choose_country, settle
from api.schema import path_text
from api.v1.docs import Page
from api.views import ApiView
from content.models import Country, Release
from content.snapshot import Policy
from content.terms import SOURCE_LOCALE, ChannelType, Role
from content.trust import ListedService, Trust, trust

_ROLES = {
    Role.EMERGENCY: "emergency number",
    Role.POLICE_REPORT: "report to the police",
    Role.IMAGE_REMOVAL: "help to get an image removed",
    Role.HELPLINE: "helpline",
    Role.HOTLINE_CSAM_REPORT: "reports of child sexual abuse material",
    Role.PLATFORM_REPORT: "a site's or app's own way to report",
    Role.ADVICE: "advice",
}
_TYPES = {
    ChannelType.PHONE: "Phone",
    ChannelType.SMS: "Text message",
    ChannelType.CHAT: "Chat",
    ChannelType.EMAIL: "E-mail",
    ChannelType.URL: "Web page",
    ChannelType.APP: "Inside an app",
}


class TrustView(ApiView):
    """What is listed for a country, and what is withheld."""

    permission_classes = [Everybody]
    renderer_classes = [Page]
    path_parameters = (path_text("country", fields.COUNTRY, 2, "ISO 3166-1 alpha-2; ZZ: what works worldwide."),)

    @extend_schema(operation_id="trust", responses={(200, "text/html"): OpenApiTypes.STR}, tags=["services"])
    def get(self, request: Request, country: str) -> HttpResponse:
        """Return a page of plain HTML in English: no scripts, no cookies, nothing from elsewhere."""
        served = packs.current()
        place, locale = settle(served, choose_country(served, country), LocaleChoice(None, SOURCE_LOCALE, None))
        _, pack = served.parsed(place.served, locale.served)
        day = timezone.now().astimezone(UTC).date()
        policy = Policy(day, serve_unreviewed=settings.SERVE_UNREVIEWED, sandbox=settings.SANDBOX)
        found = trust(pack, country=place.served, policy=policy)
        page = render_to_string("api/trust.html", _words(served.number, place) | _found(found))
        return answer(request, page.encode(), cache=SHORT, content_type="text/html; charset=utf-8")


def _words(number: int, place: CountryChoice) -> dict[str, Any]:
    name = Country.objects.values_list("name", flat=True).get(pk=place.requested)
    published = Release.objects.values_list("published_at", flat=True).get(number=number)
    return {"country": name, "borrowed": place.requested != place.served, "release": number, "published": published}


def _found(found: Trust) -> dict[str, Any]:
    return {
        "listed": [{"service": entry, "roles": _kinds(entry.roles), "channels": _channels(entry)} for entry in found.listed],
        "listed_count": sum(len(entry.channels) for entry in found.listed),
        "withheld_count": sum(entry.count for entry in found.withheld),
        "withheld": [
            {"entry": entry, "roles": _kinds(entry.roles), "type": _TYPES[ChannelType(entry.type)]} for entry in found.withheld
        ],
        "unapproved": found.unapproved,
    }


def _kinds(roles: tuple[str, ...]) -> str:
    return ", ".join(_ROLES[Role(role)] for role in roles)


def _channels(entry: ListedService) -> list[dict[str, Any]]:
    return [{"channel": channel, "type": _TYPES[ChannelType(channel.type)]} for channel in entry.channels]
