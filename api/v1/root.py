"""GET /v1/: the service document, with what this server offers and where."""

from __future__ import annotations

import orjson
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import SHORT, ReadResponse
from api.http.views import ReadView
from api.reads.request import ReadRequest
from api.v1 import shapes

API_VERSION = "1"
#: Names of the capabilities of this server; clients ignore unknown ones.
FEATURES = ("manifest", "packs", "tips", "services", "handouts", "help", "registrations", "topics", "alerts", "receipts")

_LINKS = ("manifest", "tips", "services", "handouts", "help", "registrations", "receipts", "schema", "docs", "hsds")


class RootView(ReadView):
    """The service document."""

    permission_classes = [Public]

    @extend_schema(operation_id="get_service_document", responses=shapes.ServiceDocumentSerializer, tags=["server"])
    def get(self, request: Request) -> HttpResponse:
        """Return the release in force, the countries and locales it covers, and links."""
        return self.serve(request)

    @classmethod
    def read(cls, request: ReadRequest) -> ReadResponse:
        edition = request.edition
        body = {
            "name": "Fingerpost",
            "api_version": API_VERSION,
            "release": edition.number,
            "features": list(FEATURES),
            "countries": list(edition.countries),
            "locales": [
                {"tag": tag, "dir": edition.locale_names[tag].dir, "name": edition.locale_names[tag].endonym}
                for tag in edition.locales
            ],
            "links": {
                "self": reverse("root"),
                **{name: reverse(name) for name in _LINKS},
                "packs": "/v1/packs/{country}/{locale}",
                "country_pack": "/v1/packs/{country}",
                "country_manifest": "/v1/manifest/{country}",
                "locale_manifest": "/v1/manifest/{country}/{locale}",
                "trust": "/trust/{country}",
                "alerts": reverse("alerts") + "?country={country}",
                "topics": reverse("topics") + "?app={app}&country={country}&locale={locale}&audience={audience}",
            },
        }
        return ReadResponse(orjson.dumps(body), SHORT)
