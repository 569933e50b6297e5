"""GET /v1/sandbox/phones…: what three sample phones of the sandbox show, and an alert inside the app on one of them."""

from __future__ import annotations

from typing import Any, Final, TypedDict

import orjson
import urllib3
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.http.auth import Public
from api.http.responses import NO_STORE, respond
from api.reads.edition_store import store
from api.sandbox.views import SandboxView
from content.linting.locale_tag import direction_of
from content.terms import Recipient
from core.console.display import language_text
from core.console.phone_preview import preview_ended_page, preview_page
from core.errors import Gone, NotFound, NotHeld
from notifications.feed import FeedAlert

#: The languages of the phones on the start page, one of them written from right to left.
LOCALES: Final = ("en", "ar", "cy")
COUNTRY: Final = "GB"
AUDIENCE: Final = Recipient.PARENT.value
#: Notifications that a lock screen has room for.
MAX_SHOWN: Final = 3
#: The emulator runs on this machine; a web process has one thread, which readers wait for.
_TIMEOUT: Final = urllib3.Timeout(total=1.0)


class ShownCard(TypedDict):
    """One notification on a lock screen."""

    alert: str
    rev: str
    title: str
    body: str
    #: Seconds since 1970.
    at: float
    #: The URL of the alert inside the app; null until the feed has it.
    url: str | None


class ShownPhone(TypedDict):
    """The lock screen of the phone in one language that got a message last."""

    locale: str
    name: str
    dir: str
    shown: list[ShownCard]


class NotOnPhones(NotFound):
    """The sample phones of the start page have no such language."""


class SandboxPhonesView(SandboxView):
    """The lock screens of the sample phones."""

    permission_classes = [Public]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """Return the phones, and in `reachable` whether the emulator answers."""
        try:
            phones = [_phone(locale) for locale in LOCALES]
        except (urllib3.exceptions.HTTPError, ValueError, KeyError, TypeError):
            return respond(request, {"reachable": False, "phones": []}, cache=NO_STORE)
        return respond(request, {"reachable": True, "phones": phones}, cache=NO_STORE)


class SandboxPhoneView(SandboxView):
    """An alert inside the app: the page for a frame of the start page."""

    permission_classes = [Public]
    throttle = None

    @extend_schema(exclude=True)
    def get(self, request: Request, locale: str, alert_id: str) -> HttpResponse:
        """Return the companion's screens with the alert of the feed and the published pack."""
        if locale not in LOCALES:
            raise NotOnPhones()
        edition = store.current()
        digest = edition.pack_digests.get((COUNTRY, locale))
        try:
            alert = _in_feed(alert_id, locale)
        except (NotFound, Gone) as error:
            return preview_ended_page(error.detail, 404)
        if digest is None:
            return preview_ended_page("No release is published yet.", 404)
        shown = {name: alert[name] for name in ("title", "body", "lang", "dir", "tip", "services")}
        pack = edition.packs.parsed(digest)
        return preview_page({"pack": pack, "country": COUNTRY, "audience": AUDIENCE, "theme": None, "alert": shown})


_http = urllib3.PoolManager(maxsize=1, retries=False, timeout=_TIMEOUT)


def _phone(locale: str) -> ShownPhone:
    response = _http.request("GET", f"{settings.FCM_ENDPOINT}/emulator/phones", fields={"locale": locale}, redirect=False)
    if response.status != 200:
        raise ValueError("the server at FCM_ENDPOINT is not the emulator")
    found: list[dict[str, Any]] = orjson.loads(response.data)["phones"]
    own: list[list[dict[str, Any]]] = [phone["notifications"] for phone in found]
    # A phone in another language that gets the main language's text is none of this one.
    own = [shown for shown in own if not shown[0]["data"].get("fallback") and shown[0]["data"].get("status") == "Actual"]
    newest: list[dict[str, Any]] = max(own, key=lambda shown: float(shown[0]["at"]), default=[])
    cards = [_card(one, locale) for one in newest if one["visibility"] != "SECRET"][:MAX_SHOWN]
    return ShownPhone(locale=locale, name=language_text(locale), dir=direction_of(locale), shown=cards)


def _card(shown: dict[str, Any], locale: str) -> ShownCard:
    alert = str(shown["alert"])
    try:
        _in_feed(alert, locale)
        url = reverse("sandbox-phone", args=[locale, alert])
    except (NotFound, Gone):
        url = None
    title, body = shown["outer"]["title"], shown["outer"]["body"]
    return ShownCard(alert=alert, rev=str(shown["rev"]), title=title, body=body, at=shown["at"], url=url)


def _in_feed(alert: str, locale: str) -> FeedAlert:
    """Return the alert as the feed of these readers has it; raises NotFound before it opens, Gone once it was stopped."""
    try:
        return store.current().feed.alert(alert, locale=locale, at=timezone.now(), audience=AUDIENCE, country=COUNTRY)
    except NotHeld:
        raise NotFound("The alert is not in memory.") from None
