"""Send a correction link to the contact that the organization has on file."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from content.models import CorrectionLink, Organization
from core.errors import Conflict
from core.models import User


class LinkNotSent(Conflict):
    """The correction link could not be sent, so none was created. Try again later."""

    code = "link-not-sent"


def issue_link(organization: Organization, *, by: User, at: datetime) -> CorrectionLink:
    """Create a correction link, and send it where the organization has a contact on file.

    Otherwise its creator passes it on: `shown_url` has the URL for that person alone, who cannot accept its replies. Raises
    LinkNotSent where there is a contact and the mail server does not accept the message; then there is no link either.
    """
    with transaction.atomic():
        # The lock keeps the contact as it is until the link has been sent to it.
        current = Organization.objects.select_for_update().get(pk=organization.pk)
        link = CorrectionLink.objects.issue(current, by=by, at=at)
        if link.mailed:
            _send(link, to=current.contact)
    return link


def shown_url(link: CorrectionLink, *, to: User, at: datetime) -> str:
    """Return the full URL where this person is to pass it on, else an empty text."""
    return _url(link) if not link.mailed and link.made_by_id == to.pk and link.is_valid(at=at) else ""


def _url(link: CorrectionLink) -> str:
    return settings.PUBLIC_URL + reverse("correction-form", args=[link.token()])


def _send(link: CorrectionLink, *, to: str) -> None:
    if settings.EMAIL_BACKEND.endswith("dummy.EmailBackend"):
        raise LinkNotSent("No mail can be sent: MAIL_URL is not set. The link goes to the contact on file by mail.")
    text = (
        f"{link.organization.name} is listed in an app that helps young people find help online.\n\n"
        "Please check your entry, and confirm or correct each line. You need no account:\n\n"
        f"{_url(link)}\n\n"
        f"The link works until {link.expires_at:%-d %B %Y}. Anyone who has it can answer for your organization, so pass it on\n"
        "only to the person who maintains your entry. Nothing changes until our staff have checked your answers.\n"
    )
    try:
        send_mail("Please check your entry", text, settings.MAIL_FROM, [to])
    except OSError:
        # Without the reason: errors of mail servers may repeat the address.
        raise LinkNotSent() from None
