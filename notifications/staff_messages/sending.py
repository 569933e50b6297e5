"""Send messages to staff by e-mail, and to a webhook. Neither holds a name or a text of a campaign, only where to look."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
from datetime import datetime, timedelta

import urllib3
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from urllib3.exceptions import HTTPError

from core.instants import rfc3339
from core.message_kinds import MessageKind
from notifications.models.staff_message import StaffMessage

log = logging.getLogger(__name__)

#: Messages that one run sends.
_MAX_MESSAGES = 50
#: Messages are forgotten after this time.
_KEPT = timedelta(days=90)
#: Seconds for the whole request to the webhook.
_WEBHOOK_SECONDS = 5.0
_SUBJECTS = {
    MessageKind.TO_APPROVE: "A campaign waits for your approval",
    MessageKind.CAME_BACK: "A campaign that you wrote was sent back",
    MessageKind.HALTED: "A campaign was halted and sends nothing",
    MessageKind.EXPIRED: "A campaign that you wrote has expired, and nothing of it was sent",
    MessageKind.STARTS_SOON: "A campaign starts within the hour",
    MessageKind.TRANSLATION_REQUEST: "A campaign needs a text in one of your languages",
    MessageKind.TRANSLATION_DUE: "A text in one of your languages is due within the hour",
    MessageKind.TRANSLATION_BACK: "A translation that you requested was handed in",
    MessageKind.HELP_LAPSED: "A service in a campaign that is sent within a day no longer helps",
}
_CAMPAIGN = "admin:campaign"
#: Where to look, where that is not the campaign's own page: translators see the texts alone.
_PAGES = {
    MessageKind.TRANSLATION_REQUEST: "admin:my-work",
    MessageKind.TRANSLATION_DUE: "admin:my-work",
    MessageKind.TRANSLATION_BACK: "admin:campaign-translators",
}


class NotSent(Exception):
    """The mail server or the webhook did not accept a message."""


def send_waiting(*, at: datetime) -> int:
    """Send what has not been sent, each message in a transaction of its own, and return how many were accepted.

    A process that ends between the acceptance and the commit sends one message twice; a failure is tried five times.
    """
    StaffMessage.objects.filter(made_at__lt=at - _KEPT).delete()
    sent = 0
    for pk in list(StaffMessage.objects.unsent().values_list("pk", flat=True)[:_MAX_MESSAGES]):
        with transaction.atomic():
            message = StaffMessage.objects.unsent().select_for_update(skip_locked=True, of=("self",)).filter(pk=pk).first()
            if message is not None:
                sent += _try(message, at=at)
    return sent


def _try(message: StaffMessage, *, at: datetime) -> bool:
    message.tries += 1
    try:
        if message.user is None:
            _post(message, at=at)
        else:
            _mail(message)
    except NotSent as error:
        # The address is not logged, nor the campaign.
        log.error("A message to staff was not sent (try %s of %s): %s", message.tries, message.MAX_TRIES, error)
    else:
        message.sent_at = at
    StaffMessage.objects.filter(pk=message.pk).update(tries=message.tries, sent_at=message.sent_at)
    return message.sent_at is not None


def _mail(message: StaffMessage) -> None:
    assert message.user is not None
    subject = _SUBJECTS[MessageKind(message.kind)]
    body = (
        f"{subject}.\n\n{_url(message)}\n\nThis message says no more on purpose. "
        f"Choose your messages: {settings.PUBLIC_URL}{reverse('admin:my-settings')}\n"
    )
    mail = EmailMessage(
        f"Fingerpost: {subject[:1].lower()}{subject[1:]}", body, settings.MAIL_FROM, [message.user.email],
        headers={"Auto-Submitted": "auto-generated"},
    )  # fmt: skip
    try:
        mail.send()
    except OSError as error:
        # smtplib's errors are OSErrors; their text may repeat the address.
        raise NotSent(type(error).__name__) from error


def _post(message: StaffMessage, *, at: datetime) -> None:
    """Send the message to the webhook, signed as https://github.com/standard-webhooks/standard-webhooks says."""
    body = json.dumps({"type": message.kind, "timestamp": rfc3339(message.made_at), "data": {"url": _url(message)}})
    name, stamp = f"msg_{message.pk}", str(int(at.timestamp()))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(name, stamp, body),
    }
    try:
        with urllib3.PoolManager(timeout=urllib3.Timeout(total=_WEBHOOK_SECONDS), retries=False) as pool:
            answer = pool.request("POST", settings.STAFF_WEBHOOK_URL, body=body.encode(), headers=headers, redirect=False)
    except HTTPError as error:
        raise NotSent(type(error).__name__) from error
    if not 200 <= answer.status < 300:
        raise NotSent(f"the webhook answered {answer.status}")


def signature(name: str, stamp: str, body: str) -> str:
    """Return the signature of a webhook message: HMAC-SHA256 over id, timestamp and body, in base64."""
    made = hmac.new(settings.STAFF_WEBHOOK_KEY.encode(), f"{name}.{stamp}.{body}".encode(), hashlib.sha256)
    return f"v1,{base64.b64encode(made.digest()).decode()}"


def _url(message: StaffMessage) -> str:
    page = _PAGES.get(MessageKind(message.kind), _CAMPAIGN)
    path = reverse(page) if page == "admin:my-work" else reverse(page, args=[message.campaign_id])
    return f"{settings.PUBLIC_URL}{path}"
