"""GET /v1/: what this server serves, and where."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api import packs
from api.auth import Everybody
from api.conditional import SHORT, answer
from api.v1 import shapes
from api.views import ApiView
from content.models import Locale
from content.models.release import NoRelease

API_VERSION = "1"
#: What a client may find or miss here; unknown names are to be ignored.
FEATURES = ("manifest", "packs", "tips", "services", "help", "registrations", "topics", "alerts", "receipts")

_LINKS = ("manifest", "tips", "services", "help", "registrations", "receipts", "schema", "docs", "hsds")


class RootView(ApiView):
    """The service document."""

    permission_classes = [Everybody]

    @extend_schema(operation_id="service_document", responses=shapes.ServiceDocument, tags=["service"])
    def get(self, request: Request) -> HttpResponse:
        """Return the release in force, the countries and locales it covers, and links."""
        try:
            served: packs.Served | None = packs.current()
        except NoRelease:
            served = None
        tags = served.locales if served else ()
        names = {row.code: row for row in Locale.objects.all()}
        body = {
            "name": "Fingerpost",
            "api_version": API_VERSION,
            "release": served.number if served else None,
            "features": list(FEATURES),
            "countries": list(served.countries) if served else [],
            "locales": [{"tag": tag, "dir": names[tag].dir, "name": names[tag].endonym} for tag in tags],
            "links": {
                "self": reverse("root"),
                **{name: reverse(name) for name in _LINKS},
                "packs": "/v1/packs/{country}/{locale}",
                "trust": "/trust/{country}",
                "alerts": reverse("alerts") + "?country={country}",
                "topics": reverse("topics") + "?app={app}&country={country}&locale={locale}&audience={audience}",
            },
        }
        return answer(request, body, cache=SHORT)
