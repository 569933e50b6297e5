"""The companion in a frame of the console, with a draft or a candidate: a signed, short-lived link, and the page behind it.

docs/adr/0054-preview-links.md says why such a link is safe. What a link shows is in the link, so that nothing is stored. The
pages of each package register in PREVIEWS how they read that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from csp.decorators import csp_update
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.decorators import method_decorator

from core.console.pages import Page, page
from core.errors import Gone
from core.models.user import User

#: Seconds for which a link opens. The frames of a page load with it, so seconds would be enough, but networks are slow.
LINK_SECONDS: Final = 300
LIGHT, DARK = "light", "dark"
#: CSS pixels: a usual Android phone, a usual iPhone, and the narrowest phone that the companion is made for.
USUAL, IPHONE, NARROW = 360, 390, 320

#: For the one page that may be in a frame, and only in one of this console. `sandbox` without `allow-same-origin` gives it an
#: origin of its own: its scripts reach neither the session nor anything that the companion keeps in this browser.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'; sandbox allow-scripts"
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    # For browsers that do not know frame-ancestors.
    "X-Frame-Options": "SAMEORIGIN",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}
_signer = TimestampSigner(salt="fingerpost.phone-preview")


class PreviewEnded(Gone):
    """This preview has ended. Reload the page that it is on."""

    code = "preview-ended"


#: Kind of preview → the function that returns the content of the frame from what the link says, at an instant.
PREVIEWS: dict[str, Callable[[Mapping[str, Any], datetime], Mapping[str, Any]]] = {}


@dataclass(frozen=True)
class PreviewPhone:
    """One phone on a page of the console: its caption, the URL in its frame, and its width in CSS pixels."""

    caption: str
    url: str
    width: int = USUAL


def preview_phone(
    caption: str, kind: str, shows: Mapping[str, Any], *, to: User, theme: str = LIGHT, width: int = USUAL
) -> PreviewPhone:
    """Return a phone that shows this kind of preview to this person, for LINK_SECONDS."""
    link = _signer.sign_object({**_holder(to), "kind": kind, "shows": {**shows, "theme": theme}}, compress=True)
    return PreviewPhone(caption, reverse("admin:phone-preview", args=[link]), width)


def shown_by(link: str, user: User) -> tuple[str, Mapping[str, Any]]:
    """Return the kind of a preview and what it shows; raise PreviewEnded for an old or changed link, and for another person's."""
    try:
        value = _signer.unsign_object(link, max_age=LINK_SECONDS)
    except (BadSignature, ValueError):
        raise PreviewEnded() from None
    if not (isinstance(value, dict) and value.items() >= _holder(user).items() and value.get("kind") in PREVIEWS):
        raise PreviewEnded()
    return value["kind"], value["shows"]


def _holder(user: User) -> dict[str, object]:
    return {"id": user.pk, "auth": user.get_session_auth_hash()[:20]}


def preview_page(content: Mapping[str, Any]) -> HttpResponse:
    """Return the page for a frame: the companion's screens with this content, which kit/companion/preview.js describes."""
    return HttpResponse(render_to_string("core/phone_preview.html", {"content": content}), headers=_HEADERS)


def preview_ended_page(detail: str, status: int) -> HttpResponse:
    """Return the page for a frame that says why there is nothing to show."""
    return HttpResponse(render_to_string("core/phone_preview_ended.html", {"detail": detail}), status=status, headers=_HEADERS)


#: For the classes of pages with frames: the policy of every other page allows none.
shows_phones = method_decorator(csp_update({"frame-src": ["'self'"]}), name="dispatch")


@page("phone-preview/<str:link>/", "phone-preview")
class PhonePreviewPage(Page):
    """What one phone shows. It opens for the person whom the link was made for, in a session of theirs."""

    def render(self, status: int = 200) -> HttpResponse:
        try:
            kind, shows = shown_by(self.kwargs["link"], self.user)
            return preview_page(PREVIEWS[kind](shows, self.at))
        except Gone as error:
            return preview_ended_page(error.detail, 410)
