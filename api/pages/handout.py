"""GET /handout/{country}/{locale}/{slug}: a page to print for families, schools or a wall, made from the published pack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import segno
from babel.dates import format_date
from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http import fields
from api.http.auth import Public
from api.http.negotiation import CountryChoice, LocaleChoice, choose_country, choose_locale, nearest_pack
from api.http.responses import SHORT, ReadResponse
from api.http.schema import path_parameter
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1.docs import HtmlRenderer
from content.exporting.handouts import HandoutKind, Sheet, find_kind, make_sheet
from content.exporting.weekly_hours import babel_locale
from content.terms import WORLDWIDE, Handout

PATH_PARAMETERS = (
    path_parameter("country", fields.COUNTRY, 2, "ISO 3166-1 alpha-2, or ZZ for worldwide services."),
    path_parameter("locale", fields.TAG, 35, "A locale of the release, or a variant of it in the same language and script."),
    path_parameter(
        "slug", f"({'|'.join(Handout.values)})(-[2-9])?", 20, "Slug of the handout: neither what happened nor an age is in it."
    ),
)


@dataclass(frozen=True, slots=True)
class FoundHandout:
    """The handout that a request names, and the pack that it is made from."""

    request: ReadRequest
    kind: HandoutKind
    digest: str
    country: CountryChoice
    locale: LocaleChoice

    @property
    def path(self) -> str:
        """The canonical path of the page."""
        return reverse("handout", args=[self.country.requested, self.locale.served, self.kind.address])

    @property
    def url(self) -> str:
        """The URL of the page for people elsewhere: never from the Host header, which a client chooses."""
        return settings.PUBLIC_URL + self.path

    def html(self, *, for_pdf: bool = False) -> bytes:
        """Return the page, or the same content for the PDF library. Raises NoSuchHandout for a pack without its labels."""
        edition = self.request.edition
        released = date.fromisoformat(edition.published_on) if edition.published_on else None
        sheet = make_sheet(edition.packs.parsed(self.digest), self.kind, country=self.country.requested, released=released)
        page = render_to_string(
            "api/handout.html",
            {
                "sheet": sheet,
                "words": {name.replace("-", "_"): phrase for name, phrase in sheet.labels.items()},
                "country": _country_name(self, sheet),
                "url": self.url,
                "qr": qr_code(self.url),
                "pdf_path": reverse("handout-pdf", args=[self.country.requested, self.locale.served, self.kind.address]),
                "release": edition.number,
                "published": _day(released, sheet, self.country.requested),
                "check_after": _day(sheet.check_after, sheet, self.country.requested),
                "for_pdf": for_pdf,
            },
        )
        return page.encode()


class HandoutView(ReadView):
    """A handout as a page."""

    permission_classes = [Public]
    renderer_classes = [HtmlRenderer]
    path_parameters = PATH_PARAMETERS
    examples = {"slug": "for-home"}

    @extend_schema(operation_id="get_handout_page", responses={(200, "text/html"): OpenApiTypes.STR}, tags=["handouts"])
    def get(self, request: Request, country: str, locale: str, slug: str) -> HttpResponse:
        """Return an HTML page that prints on one sheet of A4 or Letter, without scripts or content from other servers."""
        return self.serve(request, country=country, locale=locale, slug=slug)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        found = find_handout(request)
        edition = request.edition
        return edition.packs.responses.get(
            (request.path, edition.number, found.digest, found.locale, settings.PUBLIC_URL),
            lambda: ReadResponse(
                found.html(),
                SHORT,
                content_type="text/html; charset=utf-8",
                language=found.locale.served,
                location=found.path if found.path != request.path else None,
            ),
        )


def find_handout(request: ReadRequest) -> FoundHandout:
    """Return what the path names. Raises NoRelease, NoSuchHandout, UnknownCountry or UnknownLocale."""
    edition = request.edition.require_release()
    kind = find_kind(request.path_params["slug"])
    country = choose_country(edition, request.path_params["country"])
    locale = choose_locale(edition, request.path_params["locale"], None)
    country, locale = nearest_pack(edition, country, locale)
    return FoundHandout(request, kind, edition.pack_digests[country.served, locale.served], country, locale)


@lru_cache(maxsize=4096)
def qr_code(url: str) -> SafeString:
    """Return the QR code of the URL as SVG without inline styles, readable with 15 % of it damaged."""
    code = segno.make_qr(url, error="m", boost_error=False)
    return mark_safe(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True))  # noqa: S308  made by the library


def _country_name(found: FoundHandout, sheet: Sheet) -> str:
    if found.country.requested == WORLDWIDE:
        return ""
    words = babel_locale(sheet.locale, found.country.requested)
    name = words.territories.get(found.country.requested) if words is not None else None
    return str(name or found.request.edition.country_names[found.country.requested])


def _day(day: date | None, sheet: Sheet, country: str) -> dict[str, str] | None:
    """Return a day for machines and for people."""
    if day is None:
        return None
    words = babel_locale(sheet.locale, country)
    return {"iso": day.isoformat(), "text": format_date(day, "long", locale=words) if words is not None else day.isoformat()}
