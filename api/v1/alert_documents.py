"""GET /v1/alerts/{id}/cap and /v1/alerts.atom: alerts as CAP 1.2 and Atom, for other systems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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

from api.http.auth import Public
from api.http.responses import ReadResponse
from api.http.views import ReadView
from api.reads.edition import Edition
from api.reads.request import ReadRequest
from api.v1.alert_handouts import handouts_of
from api.v1.alert_names import country_name, event_name, readers_text, region_name, world_name
from api.v1.alert_services import alert_services
from api.v1.alerts import ALERT_ID, ANY_LOCALE, AlertCountryQuery, AlertQuery, country_of, feed_response, is_for_region, read_feed
from content.resolver.types import PackedService
from core.errors import Gone, NotFound
from notifications.cap import MessageType
from notifications.feed import FeedAlert
from notifications.models.campaign import CampaignKind

_CAP = "urn:oasis:names:tc:emergency:cap:1.2"
_ATOM = "http://www.w3.org/2005/Atom"
#: CAP has no message type for an all-clear: it is an update of the earlier alert.
_MESSAGE_TYPES = {
    CampaignKind.UPDATE: MessageType.UPDATE,
    CampaignKind.ALL_CLEAR: MessageType.UPDATE,
    CampaignKind.CANCEL: MessageType.CANCEL,
}
#: The `updated` time of an empty feed, constant so that its bytes do not change.
_EPOCH = "1970-01-01T00:00:00Z"


class _XmlRenderer(BaseRenderer):
    """An XML media type, for content negotiation only; the views write the XML themselves."""

    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: Any = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError


class CapRenderer(_XmlRenderer):
    """Common Alerting Protocol."""

    media_type = "application/cap+xml"
    format = "cap"


class AtomRenderer(_XmlRenderer):
    """Atom."""

    media_type = "application/atom+xml"
    format = "atom"


class CapView(ReadView):
    """One alert as CAP 1.2."""

    permission_classes = [Public]
    renderer_classes = [CapRenderer]
    query = AlertCountryQuery
    path_parameters = (ALERT_ID,)
    problems = (410,)

    @extend_schema(operation_id="get_alert_as_cap", responses={(200, "application/cap+xml"): OpenApiTypes.STR}, tags=["alerts"])
    def get(self, request: Request, alert_id: str) -> HttpResponse:
        """Return the alert in all its languages, as CAP 1.2."""
        return self.serve(request, alert_id=alert_id)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        at, feed, country = request.at, request.edition.feed, country_of(request)
        first = feed.alert(request.path_params["alert_id"], locale=ANY_LOCALE, at=at, country=country)
        in_regions = feed.regions_with_text(first["id"])
        alerts = [
            _in_region(feed.alert(first["id"], locale=locale, region=region, at=at, country=country), region)
            for locale in first["locales"]
            for region in (None, *in_regions.get(locale, ()))
        ]
        edition = request.edition
        infos = [CapInfo(alert, list(alert_services(edition, alert))) for alert in alerts]
        body = _bytes(cap_document(first, infos, earlier=feed.earlier(first, at=at, country=country), edition=edition))
        return feed_response(request, body, CapRenderer.media_type, languages=first["locales"], depends_on_language=False)


class AtomView(ReadView):
    """The alert feed as Atom."""

    permission_classes = [Public]
    renderer_classes = [AtomRenderer]
    query = AlertQuery

    @extend_schema(
        operation_id="list_alerts_as_atom", responses={(200, "application/atom+xml"): OpenApiTypes.STR}, tags=["alerts"]
    )
    def get(self, request: Request) -> HttpResponse:
        """Return the same alerts as /v1/alerts, as an Atom feed."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found = [alert for alert in read_feed(request).alerts if is_for_region(alert, request)]
        entries = [AtomEntry(alert, list(alert_services(request.edition, alert)), _published(request, alert)) for alert in found]
        body = _bytes(atom_feed(entries, url=settings.PUBLIC_URL + request.full_path, country=request.parameters["country"]))
        return feed_response(request, body, AtomRenderer.media_type, languages=[alert["lang"] for alert in found])


@dataclass(frozen=True)
class CapInfo:
    """An alert in one language, and the services that it names."""

    alert: FeedAlert
    services: Sequence[PackedService]


@dataclass(frozen=True)
class AtomEntry:
    """The newest alert of a thread, the services that it names, and the opening of the thread's first alert."""

    alert: FeedAlert
    services: Sequence[PackedService]
    published: str


def cap_document(alert: FeedAlert, infos: Iterable[CapInfo], *, earlier: Sequence[FeedAlert], edition: Edition) -> Element:
    """Return <alert> with one <info> per language, and per region with its own text; the CAP schema prescribes the order.

    <references> names every earlier alert of the thread: a system that has one of them alone would keep it in force otherwise.
    """
    root = Element("alert", xmlns=_CAP)
    _add(
        root,
        identifier=_identifier(alert["id"]),
        sender=_sender(),
        sent=_cap_time(alert["sent"]),
        status=alert["status"],
        msgType=str(_MESSAGE_TYPES.get(CampaignKind(alert["kind"]), MessageType.ALERT)),
        scope="Public",
    )
    if alert["superseded_by"]:
        # CAP has no element for the reverse of <references>; <note> is text for people, and comes before it.
        _add(root, note=f"Superseded by {_identifier(alert['superseded_by'])}.")
    if earlier:
        _add(root, references=" ".join(f"{_sender()},{_identifier(one['id'])},{_cap_time(one['sent'])}" for one in earlier))
    for one in infos:
        info = one.alert
        element = SubElement(root, "info")
        _add(
            element,
            language=info["lang"],
            category="Safety",
            event=event_name(info["lang"], edition),
            urgency=info["urgency"],
            severity=info["severity"],
            certainty=info["certainty"],
            audience=readers_text(info, edition),
            effective=_cap_time(info["opens"]),
            expires=_cap_time(info["expires"]),
            senderName="Fingerpost",
            headline=info["title"],
            description=info["body"],
            web=_page_url(info),
        )
        if one.services:
            _add(element, contact="; ".join(map(_service_text, one.services)))
        for service in one.services:
            resource = SubElement(element, "resource")
            _add(resource, resourceDesc=_service_text(service), mimeType="application/json", uri=_service_url(service))
        for handout in handouts_of(edition, info):
            _add(SubElement(element, "resource"), resourceDesc=handout.name, mimeType="application/pdf", uri=handout.pdf)
        _areas(element, info, edition)
    return root


def atom_feed(entries: Sequence[AtomEntry], *, url: str, country: str) -> Element:
    """Return <feed> with one entry per thread, whose id stays the same when a correction replaces it (RFC 4287, 4.2.6).

    An entry is published when the thread's first alert opens in the country, and updated when its newest one does: an alert that
    was written on Monday for Friday is new on Friday. Its categories are the alert's kind, status and severity, as in /v1/alerts.
    """
    root = Element("feed", xmlns=_ATOM)
    _add(root, id=url, title="Fingerpost alerts", updated=max((entry.alert["opens"] for entry in entries), default=_EPOCH))
    SubElement(root, "link", rel="self", href=url)
    SubElement(SubElement(root, "author"), "name").text = "Fingerpost"
    for one in entries:
        alert = one.alert
        entry = SubElement(root, "entry", {"xml:lang": alert["lang"]})
        thread_url = settings.PUBLIC_URL + reverse("alert", args=[alert["thread"]])
        _add(entry, id=thread_url, title=alert["title"], updated=alert["opens"], published=one.published, summary=alert["body"])
        for scheme, term in (("kind", alert["kind"]), ("status", alert["status"]), ("severity", alert["severity"])):
            SubElement(entry, "category", scheme=f"{settings.PUBLIC_URL}{reverse('schema')}#{scheme}", term=term)
        SubElement(entry, "link", rel="alternate", type="text/html", href=_page_url(alert))
        for name, media_type in (("alert", "application/json"), ("alert-cap", CapRenderer.media_type)):
            address = f"{settings.PUBLIC_URL}{reverse(name, args=[alert['id']])}?country={country}"
            SubElement(entry, "link", rel="alternate", type=media_type, href=address)
        for service in one.services:
            SubElement(
                entry, "link", rel="related", type="application/json", title=_service_text(service), href=_service_url(service)
            )
    return root


def _published(request: ReadRequest, alert: FeedAlert) -> str:
    """Return when the first alert of the thread opened in the requested country; this one, where the first has no opening."""
    try:
        first = request.edition.feed.alert(
            alert["thread"], locale=ANY_LOCALE, at=request.at, country=request.parameters["country"]
        )
    except (NotFound, Gone):
        return alert["opens"]
    return min(first["opens"], alert["opens"])


def _page_url(alert: FeedAlert) -> str:
    """Return the address of the public page, which shows the newest alert of the thread."""
    return settings.PUBLIC_URL + reverse("alert-page", args=[alert["id"]])


def _service_url(service: PackedService) -> str:
    return settings.PUBLIC_URL + reverse("hsds-service", args=[service["id"]])


def _service_text(service: PackedService) -> str:
    """Return a service with its contacts, as people read it: "Childline: 0800 1111, childline.org.uk"."""
    contacts = ", ".join(" ".join(filter(None, (channel["keyword"], channel["display"]))) for channel in service["channels"])
    return f"{service['name_display']}: {contacts}" if contacts else service["name_display"]


def _in_region(info: FeedAlert, region: str | None) -> FeedAlert:
    """Return the text for one region with that region as its area."""
    return info if region is None else {**info, "countries": [region[:2]], "regions": [region]}


def _areas(info: Element, alert: FeedAlert, edition: Edition) -> None:
    """Add an <area> for each country, in words in the alert's language and with codes for machines."""
    language = alert["lang"]
    if alert["countries"] is None:
        _add(SubElement(info, "area"), areaDesc=world_name(language))
        return
    for country in alert["countries"]:
        regions = [region for region in alert["regions"] or () if region.startswith(f"{country}-")]
        area = SubElement(info, "area")
        names = ", ".join(region_name(region, language) for region in regions)
        _add(area, areaDesc=country_name(country, language, edition) + (f" ({names})" if names else ""))
        for name, code in [("ISO 3166-1", country), *(("ISO 3166-2", region) for region in regions)]:
            _add(SubElement(area, "geocode"), valueName=name, value=code)


def _add(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text


def _sender() -> str:
    return f"alerts@{urlsplit(settings.PUBLIC_URL).hostname}"


def _identifier(alert_id: str) -> str:
    return f"{_sender()}/{alert_id}"


def _cap_time(value: str) -> str:
    # CAP requires -00:00 for UTC and does not allow Z.
    return value.removesuffix("Z") + "-00:00"


def _bytes(root: Element) -> bytes:
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
