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

from core import roles
from core.console.pages import Page, page, status_of
from core.errors import Forbidden, Gone
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


class PreviewEnded(Gone):
    """This preview has ended. Reload the page that it is on."""

    code = "preview-ended"


@dataclass(frozen=True)
class PreviewKind:
    """One kind of preview.

    `read` returns the content of the frame from what the link says, at an instant. `readers` are the permissions of which one
    opens it; empty: it is open to everybody who has a role.
    """

    read: Callable[[Mapping[str, Any], datetime], Mapping[str, Any]]
    readers: tuple[str, ...] = ()


#: The kinds by the name that is in the link.
PREVIEWS: dict[str, PreviewKind] = {}


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
    link = _signer(to).sign_object({"kind": kind, "shows": {**shows, "theme": theme}}, compress=True)
    return PreviewPhone(caption, reverse("admin:phone-preview", args=[link]), width)


def shown_by(link: str, user: User) -> tuple[str, Mapping[str, Any]]:
    """Return the kind of a preview and what it shows; raise PreviewEnded for an old or changed link, and for another person's."""
    try:
        value = _signer(user).unsign_object(link, max_age=LINK_SECONDS)
    except (BadSignature, ValueError):
        raise PreviewEnded() from None
    if value["kind"] not in PREVIEWS:
        raise PreviewEnded()
    return value["kind"], value["shows"]


def _signer(user: User) -> TimestampSigner:
    """Return the signer of the links of one person in sessions with the present password.

    Everybody who has a link can read what is in it, so the person and the session are in the key alone.
    """
    return TimestampSigner(salt=f"fingerpost.phone-preview.{user.pk}.{user.get_session_auth_hash()}")


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
            name, shows = shown_by(self.kwargs["link"], self.user)
            kind = PREVIEWS[name]
            if kind.readers:
                roles.require(self.user, *kind.readers)
            return preview_page(kind.read(shows, self.at))
        except (Gone, Forbidden) as error:
            return preview_ended_page(error.detail, status_of(error))
