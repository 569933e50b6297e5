"""GET /handout/{country}/{locale}/{slug}.pdf: the same handout as a PDF file.

Laying out a page takes a few tenths of a second of CPU, in a process that also answers readers. So each PDF is made once per
edition and paper, and a process spends at most a tenth of its time on making new ones: beyond that, it answers 503
with the address of the page, which any browser prints.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import ClassVar, Final

from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from api.http.auth import Public
from api.http.fields import Choice, StrictSerializer
from api.http.responses import SHORT, ReadResponse, django_response
from api.http.views import ApiView
from api.pages.handout import PATH_PARAMETERS, find_handout
from api.reads.edition_store import store
from api.reads.request import ReadRequest
from core.canonical import digest
from core.errors import Unavailable
from core.lru_cache import WeightedLruCache

PAPERS: Final = {"a4": "A4", "letter": "letter"}
#: Where Letter is the usual paper (CLDR, paperSize US-Letter).
LETTER_COUNTRIES: Final = frozenset(["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"])
#: Bytes of PDF files held in memory.
MAX_BYTES: Final = 16_000_000
#: Share of a process's time for making PDF files, and the seconds that may be spent at once after a quiet time.
SHARE, BURST_SECONDS = 0.1, 5.0


class PdfUnavailable(Unavailable):
    """This server cannot make PDF files. Print the page at `page` instead."""

    code = "pdf-unavailable"


class PdfBusy(Unavailable):
    """This server is making too many PDF files. Try again later, or print the page at `page`."""

    code = "pdf-busy"


class RenderBudget:
    """Let one caller at a time render, and all of them together for at most a share of the time."""

    def __init__(self, *, share: float, burst: float) -> None:
        self._share, self._burst = share, burst
        self._seconds, self._counted_at = burst, time.monotonic()
        self._rendering = threading.Lock()

    @contextmanager
    def spend(self, *, page: str) -> Iterator[None]:
        """Run the block, and count its time. Raises PdfBusy with `page` if the time is used up or another caller renders."""
        if not self._rendering.acquire(blocking=False):
            raise PdfBusy(retry_after=1, page=page)
        try:
            began = time.monotonic()
            self._seconds = min(self._burst, self._seconds + (began - self._counted_at) * self._share)
            self._counted_at = began
            if self._seconds <= 0:
                raise PdfBusy(retry_after=math.ceil(-self._seconds / self._share) + 1, page=page)
            try:
                yield
            finally:
                self._seconds -= time.monotonic() - began
        finally:
            self._rendering.release()


budget = RenderBudget(share=SHARE, burst=BURST_SECONDS)
#: PDF files by the digest of their page and the paper.
files: WeightedLruCache[tuple[str, str], bytes] = WeightedLruCache(MAX_BYTES, weigh=len)


class PdfQuery(StrictSerializer):
    """The paper to print on."""

    paper = Choice(
        list(PAPERS), required=False, help_text="Default: letter where that is the usual paper of the country, else a4."
    )


class PdfRenderer(BaseRenderer):
    """The media type of PDF, for content negotiation only; the view writes the file itself."""

    media_type = "application/pdf"
    format = "pdf"
    charset = None

    def render(self, data: object, accepted_media_type: object = None, renderer_context: object = None) -> bytes:
        raise NotImplementedError


class HandoutPdfView(ApiView):
    """A handout as a PDF file."""

    permission_classes = [Public]
    renderer_classes = [PdfRenderer]
    path_parameters = PATH_PARAMETERS
    examples = {"slug": "for-home"}
    query = PdfQuery
    throttle = "handout-pdf"
    throttle_fails_open: ClassVar[bool] = False

    @extend_schema(operation_id="get_handout_pdf", responses={(200, "application/pdf"): OpenApiTypes.BINARY}, tags=["handouts"])
    def get(self, request: Request, country: str, locale: str, slug: str) -> HttpResponse:
        """Return the handout on one page. 503 with the member `page` where the server cannot make it now: print that page."""
        params = {"country": country, "locale": locale, "slug": slug}
        plain = request._request
        read = ReadRequest.from_http(
            plain, store.current(), at=timezone.now(), parameters=self.parameters, path_params=params, body={}
        )
        found = find_handout(read)
        default = "letter" if found.country.requested in LETTER_COUNTRIES else "a4"
        paper = self.parameters.get("paper") or default
        page = found.html(for_pdf=True)
        body = files.get((digest(page), paper), lambda: _render(page, paper, url=found.url))
        response = django_response(
            plain,
            ReadResponse(body, SHORT, content_type="application/pdf", language=found.locale.served, compressible=False),
        )
        if response.status_code == 200:
            name = f"{slug}-{found.country.requested}-{found.locale.served}-{paper}.pdf"
            response.headers["Content-Disposition"] = f'inline; filename="{name}"'
        return response


@cache
def pdf_maker() -> ModuleType | None:
    """Return WeasyPrint, or None where Pango, which it takes from the system, is missing.

    Imported on first use: it takes half a second, and most processes never make a PDF file.
    """
    try:
        return import_module("weasyprint")
    except OSError:
        return None


def _render(page: bytes, paper: str, *, url: str) -> bytes:
    """Return the PDF file of a page. Raises PdfUnavailable or PdfBusy."""
    weasyprint = pdf_maker()
    if weasyprint is None:
        raise PdfUnavailable(retry_after=86_400, page=url)
    with budget.spend(page=url):
        # Nothing may be fetched: the page holds its QR code, and the style sheet is passed in.
        nothing = weasyprint.urls.URLFetcher(allowed_protocols=())
        styles = [
            weasyprint.CSS(string=f"{_style_sheet()} @page {{ size: {PAPERS[paper]} }}", url_fetcher=nothing),
        ]
        document = weasyprint.HTML(string=page.decode(), base_url=url, url_fetcher=nothing)
        made: bytes = document.write_pdf(stylesheets=styles, pdf_tags=True)
    return made


@cache
def _style_sheet() -> str:
    path = finders.find("api/handout.css")
    assert isinstance(path, str)
    return Path(path).read_text(encoding="utf-8")
