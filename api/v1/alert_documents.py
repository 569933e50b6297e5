"""GET /v1/alerts/{id}/cap and /v1/alerts.atom: the same alerts for other systems, as CAP 1.2 and Atom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.http.auth import Everybody
from api.http.responses import Answer
from api.http.views import ReadView
from api.reads.request import Asked
from api.v1.alerts import ALERT_ID, AlertQuery, feed_answer, is_for_region, read_feed
from core.errors import Gone, NotFound
from notifications.cap import MessageType
from notifications.models.campaign import Kind

_CAP = "urn:oasis:names:tc:emergency:cap:1.2"
_ATOM = "http://www.w3.org/2005/Atom"
#: CAP has no word for an all-clear: it updates what was said before.
_MESSAGE_TYPES = {Kind.UPDATE: MessageType.UPDATE, Kind.ALL_CLEAR: MessageType.UPDATE, Kind.CANCEL: MessageType.CANCEL}
_EVENT = "Online safety of young people"
#: Of an empty feed: the same bytes, whenever it is asked for.
_NEVER = "1970-01-01T00:00:00Z"


class _Xml(BaseRenderer):
    """XML, for content negotiation; the views write it themselves."""

    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError


class CapXml(_Xml):
    """Common Alerting Protocol."""

    media_type = "application/cap+xml"
    format = "cap"


class AtomXml(_Xml):
    """Atom."""

    media_type = "application/atom+xml"
    format = "atom"


class CapView(ReadView):
    """One alert for alerting systems."""

    permission_classes = [Everybody]
    renderer_classes = [CapXml]
    path_parameters = (ALERT_ID,)
    problems = (410,)

    @extend_schema(operation_id="alert_cap", responses={(200, "application/cap+xml"): OpenApiTypes.STR}, tags=["alerts"])
    def get(self, request: Request, alert_id: str) -> HttpResponse:
        """Return the alert in every language it was written in, as CAP 1.2."""
        return self.serve(request, alert_id=alert_id)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        at, feed = asked.at, asked.edition.feed
        first = feed.alert(asked.place["alert_id"], locale="und", at=at)
        infos = [feed.alert(first["id"], locale=locale, at=at) for locale in first["locales"]]
        referred = None
        if first["references"]:
            try:
                referred = feed.alert(first["references"], locale="und", at=at)
            except (NotFound, Gone):
                # Stopped since; the reference would lead nowhere.
                referred = None
        body = _bytes(cap_document(first, infos, referred=referred, names=asked.edition.names))
        return feed_answer(asked, body, CapXml.media_type, by_header=False)


class AtomView(ReadView):
    """The feed for feed readers."""

    permission_classes = [Everybody]
    renderer_classes = [AtomXml]
    query = AlertQuery

    @extend_schema(operation_id="alerts_atom", responses={(200, "application/atom+xml"): OpenApiTypes.STR}, tags=["alerts"])
    def get(self, request: Request) -> HttpResponse:
        """Return the same alerts as /v1/alerts, as an Atom feed."""
        return self.serve(request)

    @classmethod
    def read(cls, asked: Asked) -> Answer:
        found = [alert for alert in read_feed(asked) if is_for_region(alert, asked)]
        body = _bytes(atom_feed(found, address=settings.PUBLIC_URL + asked.address))
        return feed_answer(asked, body, AtomXml.media_type)


def cap_document(
    alert: dict[str, Any], infos: Iterable[dict[str, Any]], *, referred: dict[str, Any] | None, names: Mapping[str, str]
) -> Element:
    """Return <alert> with one <info> for each language; the schema fixes the order of the elements."""
    root = Element("alert", xmlns=_CAP)
    _add(
        root,
        identifier=_identifier(alert),
        sender=_sender(),
        sent=_cap_time(alert["sent"]),
        status=alert["status"],
        msgType=str(_MESSAGE_TYPES.get(alert["kind"], MessageType.ALERT)),
        scope="Public",
    )
    if referred is not None:
        _add(root, references=f"{_sender()},{_identifier(referred)},{_cap_time(referred['sent'])}")
    for info in infos:
        element = SubElement(root, "info")
        _add(
            element,
            language=info["lang"],
            category="Safety",
            event=_EVENT,
            urgency=info["urgency"],
            severity=info["severity"],
            certainty=info["certainty"],
            audience=", ".join(info["audiences"]),
            effective=_cap_time(info["opens"]),
            expires=_cap_time(info["expires"]),
            senderName="Fingerpost",
            headline=info["title"],
            description=info["body"],
            web=settings.PUBLIC_URL + reverse("alert", args=[info["id"]]),
        )
        _areas(element, info, names)
    return root


def atom_feed(alerts: list[dict[str, Any]], *, address: str) -> Element:
    """Return <feed> with an entry for each alert."""
    root = Element("feed", xmlns=_ATOM)
    _add(root, id=address, title="Fingerpost alerts", updated=max((a["sent"] for a in alerts), default=_NEVER))
    SubElement(root, "link", rel="self", href=address)
    SubElement(SubElement(root, "author"), "name").text = "Fingerpost"
    for alert in alerts:
        entry = SubElement(root, "entry", {"xml:lang": alert["lang"]})
        page = settings.PUBLIC_URL + reverse("alert", args=[alert["id"]])
        _add(entry, id=page, title=alert["title"], updated=alert["sent"], published=alert["opens"], summary=alert["body"])
        SubElement(entry, "link", rel="alternate", type="application/json", href=page)
        cap = settings.PUBLIC_URL + reverse("alert-cap", args=[alert["id"]])
        SubElement(entry, "link", rel="alternate", type="application/cap+xml", href=cap)
    return root


def _areas(info: Element, alert: dict[str, Any], names: Mapping[str, str]) -> None:
    if alert["countries"] is None:
        _add(SubElement(info, "area"), areaDesc="Worldwide")
        return
    for country in alert["countries"]:
        regions = [region for region in alert["regions"] or () if region.startswith(f"{country}-")]
        area = SubElement(info, "area")
        _add(area, areaDesc=names.get(country, country) + (f" ({', '.join(regions)})" if regions else ""))
        for name, code in [("ISO 3166-1", country), *(("ISO 3166-2", region) for region in regions)]:
            _add(SubElement(area, "geocode"), valueName=name, value=code)


def _add(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def _sender() -> str:
    return f"alerts@{urlsplit(settings.PUBLIC_URL).hostname}"


def _identifier(alert: dict[str, Any]) -> str:
    return f"{_sender()}/{alert['id']}"


def _cap_time(value: str) -> str:
    # CAP writes UTC as -00:00 and refuses Z.
    return value.removesuffix("Z") + "-00:00"


def _bytes(root: Element) -> bytes:
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
