"""GET /: the first minute of a sandbox (approve a campaign, see it on three phones), and links to everything that it serves.

Other installations have nothing at this path.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TypedDict

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import NO_STORE, respond
from api.reads.edition_store import store
from api.sandbox.views import SandboxView
from content.publishing.signing import jwks
from core.models import User
from core.roles import ROLES
from notifications.models import Campaign, CampaignState


class Account(TypedDict):
    """A member of the sandbox's staff; roles in words."""

    name: str
    roles: str


class WaitingCampaign(TypedDict):
    """A campaign that a second person can approve."""

    name: str
    url: str


@method_decorator(csp_update({"frame-src": ["'self'"]}), name="dispatch")
class StartView(SandboxView):
    """The start page."""

    permission_classes = [Public]
    needs_database = True

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the page, with links to what this sandbox serves. Passwords are in the terminal alone."""
        edition = store.current()
        context = {
            "release": edition.number,
            "root_key": root_key(edition.manifest),
            "accounts": accounts(),
            "console": f"{settings.CONSOLE_URL}/console/",
            "phones": f"{settings.FCM_ENDPOINT}/",
            "documents": has_documents(),
            "waiting": waiting_campaign(),
        }
        page = render_to_string("api/start.html", context)
        return respond(request, page.encode(), cache=NO_STORE, content_type="text/html; charset=utf-8")


def root_key(manifest: str | None) -> str:
    """Return the public root key in base64url, as an app of this sandbox pins it; "" before the first manifest is signed.

    It comes from the header of the key document, which proves nothing. Outside a sandbox the operator hands it over
    (docs/verifying.md).
    """
    if manifest is None:
        return ""
    header = jwks(manifest)["fingerpost_keys"].partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["x"])


def accounts() -> list[Account]:
    """Return the staff who can sign in, by name."""
    people = User.objects.filter(is_active=True, is_staff=True).prefetch_related("groups").order_by("username")
    return [
        Account(name=person.username, roles=", ".join(name.replace("-", " ") for name in ROLES if name in groups))
        for person in people
        for groups in [{group.name for group in person.groups.all()}]
    ]


def waiting_campaign() -> WaitingCampaign | None:
    """Return the newest campaign that waits for its approval and can still be sent, with the page that approves it."""
    waiting = Campaign.objects.filter(state=CampaignState.SUBMITTED, not_after__gt=timezone.now()).order_by("-pk").first()
    if waiting is None:
        return None
    return WaitingCampaign(name=waiting.name, url=settings.CONSOLE_URL + reverse("admin:campaign-approve", args=[waiting.pk]))


def has_documents() -> bool:
    """Return whether the documents are served as a site."""
    return bool(settings.DOCS_DIR) and (Path(settings.DOCS_DIR) / "index.html").exists()
