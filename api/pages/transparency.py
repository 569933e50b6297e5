"""GET /trust/{country}: a public page that says what is listed, how it was checked, and what is withheld."""

from __future__ import annotations

from datetime import UTC
from typing import TypedDict

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.negotiation import assigned_country
from api.http.responses import SHORT, respond
from api.http.schema import path_parameter
from api.http.views import ApiView
from api.v1.docs import HtmlRenderer
from content.assurance.transparency import ListedChannel, ListedService, TransparencyReport, WithheldChannels, transparency_report
from content.compiling.facts import Policy
from content.exporting.home_packs import country_pack, current_release
from content.models import Country
from content.terms import ChannelType, Role

_ROLES = {
    Role.EMERGENCY: "emergency number",
    Role.POLICE_REPORT: "report to the police",
    Role.IMAGE_REMOVAL: "removal of images",
    Role.HELPLINE: "helpline",
    Role.HOTLINE_CSAM_REPORT: "reports of child sexual abuse material",
    Role.PLATFORM_REPORT: "reports to a site or app",
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


class _ShownChannel(TypedDict):
    channel: ListedChannel
    type: str


class _ShownService(TypedDict):
    service: ListedService
    roles: str
    channels: list[_ShownChannel]


class _WithheldRow(TypedDict):
    entry: WithheldChannels
    roles: str
    type: str


class _ReportContext(TypedDict):
    listed: list[_ShownService]
    listed_count: int
    withheld_count: int
    withheld: list[_WithheldRow]
    unapproved: int


class TransparencyView(ApiView):
    """What is listed for a country, and what is withheld."""

    permission_classes = [Public]
    needs_database = True
    renderer_classes = [HtmlRenderer]
    path_parameters = (path_parameter("country", fields.COUNTRY, 2, "ISO 3166-1 alpha-2, or ZZ for worldwide services."),)

    @extend_schema(operation_id="get_trust_page", responses={(200, "text/html"): OpenApiTypes.STR}, tags=["services"])
    def get(self, request: Request, country: str) -> HttpResponse:
        """Return an HTML page in English, without scripts, cookies or content from other servers."""
        code, release = assigned_country(country), current_release()
        pack = country_pack(release, code)
        day = timezone.now().astimezone(UTC).date()
        policy = Policy(day, serve_unreviewed=settings.SERVE_UNREVIEWED, sandbox=settings.SANDBOX)
        page = render_to_string(
            "api/transparency.html",
            {
                "country": Country.objects.values_list("name", flat=True).get(pk=code),
                "borrowed": pack["country"] != code,
                "release": release.number,
                "published": release.published_at,
                **_found(transparency_report(pack, country=pack["country"], policy=policy)),
            },
        )
        return respond(request, page.encode(), cache=SHORT, content_type="text/html; charset=utf-8", compressible=True)


def _found(found: TransparencyReport) -> _ReportContext:
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


def _channels(entry: ListedService) -> list[_ShownChannel]:
    return [{"channel": channel, "type": _TYPES[ChannelType(channel.type)]} for channel in entry.channels]
