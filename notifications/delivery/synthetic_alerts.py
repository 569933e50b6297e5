"""Send the synthetic alert: every few minutes a rehearsal through worker, credentials and FCM to one device of operators.

It is off unless SYNTHETIC_APP names a test app and SYNTHETIC_ADDRESS a device of it. No campaign and no batch belongs to it, and
none of it is in the feed: nobody approves it, because nobody but operators gets it. Metrics show the age of the last one that FCM
accepted (`SyntheticAlertIsLate` in docs/runbook.md).
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from django.conf import settings

from core.errors import DomainError
from core.instants import rfc3339
from notifications import cap
from notifications.campaigns import fcm_message
from notifications.campaigns.rehearsal import MARK
from notifications.delivery import fcm
from notifications.delivery.fcm import MessageTemplate, PushTarget
from notifications.delivery.outcomes import SendResult
from notifications.delivery.test_sends import OpenGate
from notifications.models.app import App
from notifications.models.brake import Brake, BrakeState
from notifications.models.registration_row import AddressKind
from notifications.models.segment import Platform
from notifications.models.synthetic_alert import SyntheticAlert

#: How long one is worth delivering, and the seconds that sending it may take.
_LASTS, _WAIT = timedelta(minutes=10), 20.0
#: Id and tag: each one replaces the one before on the device. No campaign has this id.
_ALERT = "0"


def send_if_due(*, at: datetime) -> bool:
    """Send one if it is switched on and due; return whether this process tried to."""
    if not settings.SYNTHETIC_APP or not SyntheticAlert.objects.take_turn():
        return False
    SyntheticAlert.objects.record(problem=_send(at=at))
    return True


def _send(*, at: datetime) -> str:
    """Send one; return what went wrong in a sentence, "" if FCM has accepted it."""
    if Brake.objects.filter(campaign=None).exclude(state=BrakeState.GO).exists():
        return "Nothing was sent: everything is stopped."
    app = App.objects.filter(name=settings.SYNTHETIC_APP, test=True).first()
    if app is None:
        return "SYNTHETIC_APP does not name a test app."
    target = PushTarget(0, AddressKind.FID, settings.SYNTHETIC_ADDRESS, MessageTemplate(message(at=at)))
    try:
        sender = fcm.sender()
        bearer = sender.authorize(app.project)
        sending = sender.send(app.project, bearer, [target], gate=OpenGate(), starts=time.monotonic(), pause=0.0)
        sending.done.result(timeout=_WAIT)
    except TimeoutError:
        return "FCM did not answer in time."
    except DomainError as error:
        return error.detail
    outcome = sending.results.get(0)
    if outcome is None:
        return "FCM did not answer."
    if outcome.result is SendResult.ACCEPTED:
        return ""
    return outcome.halt_reason or outcome.block_reason or "FCM refused the address in SYNTHETIC_ADDRESS."


def message(*, at: datetime) -> str:
    """Return FCM's message resource, with the same fields as that of a campaign."""
    title, body, expires = f"{MARK}monitoring", "This message shows that alerts get through.", at + _LASTS
    data = {
        "v": "1", "alert": _ALERT, "rev": "0", "act": "show", "status": cap.AlertStatus.EXERCISE.value,
        "lang": "en", "dir": "ltr", "fallback": "",
        "inner_title": title, "inner_body": body, "tip": "", "services": "", "open": f"alert/{_ALERT}",
        "sent": rfc3339(at), "expires": rfc3339(expires),
    }  # fmt: skip
    return fcm_message.encode_message(
        fcm_message.MessageContent(
            platform=Platform.ANDROID, data=data, title=title, body=body, tag=_ALERT, expires=expires, urgent=False, audible=False
        )
    )
