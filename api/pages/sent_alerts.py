"""GET /transparency: a public page that says which alerts were sent, to how many phones, and with what outcome."""

from __future__ import annotations

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import SHORT, respond
from api.http.views import ApiView
from api.v1.docs import HtmlRenderer
from content.models import Country
from notifications.campaigns.public_counts import month_counts


class SentAlertsView(ApiView):
    """What was sent, as a page."""

    permission_classes = [Public]
    needs_database = True
    renderer_classes = [HtmlRenderer]

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return an HTML page in English, without scripts, cookies or content from other servers."""
        counts = month_counts(at=timezone.now())
        names = dict(Country.objects.values_list("pk", "name"))
        rows = [(count, names.get(count.country, count.country) if count.country else "Several countries") for count in counts]
        page = render_to_string("api/sent_alerts.html", {"rows": rows})
        return respond(request, page.encode(), cache=SHORT, content_type="text/html; charset=utf-8")
