"""Send tests to the phones of staff, and end pairings whose 24 hours are over."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta

from django.db import transaction

from core.errors import DomainError
from notifications.delivery import fcm
from notifications.delivery.fcm import MessageTemplate, PushTarget
from notifications.delivery.outcomes import SendResult
from notifications.models.brake import Brake, BrakeState
from notifications.models.registration import Registration
from notifications.models.test_phone import TEST_LASTS, PairedPhone, PairingRequest, TestSend
from notifications.registrations import sealed

#: Seconds for which the messages are worth delivering.
_TTL = 3600
#: Seconds that one test may take.
_WAIT = 20.0
#: After this time, a test whose worker has died is sent again; a repeat replaces itself on the phone.
_CLAIM_LASTS = timedelta(minutes=1)

_logger = logging.getLogger(__name__)


class OpenGate:
    """Lets every request start: the brake was read just before, and there are only a few."""

    def remaining_ttl(self) -> int:
        """Return the seconds for which the message is worth delivering."""
        return _TTL

    def back_off(self) -> None:
        """Do nothing: there is no rate to lower."""


def end_pairings(*, at: datetime) -> None:
    """Delete the registrations of test phones whose pairing is over, and codes that can no longer be entered."""
    Registration.objects.filter(paired_phone__in=PairedPhone.objects.filter(paired_until__lte=at)).delete()
    PairingRequest.objects.filter(expires_at__lte=at).delete()


def waiting(*, at: datetime) -> bool:
    """Return whether a test waits to be sent."""
    return TestSend.objects.filter(finished_at=None).exclude(claimed_at__gt=at - _CLAIM_LASTS).exists()


def send_waiting(*, at: datetime) -> int:
    """Send every test that waits; return how many were finished."""
    done = 0
    while (test := _claim(at=at)) is not None:
        accepted, problem = _send(test, at=at)
        TestSend.objects.filter(pk=test.pk).update(finished_at=at, accepted=accepted, problem=problem[:300], bodies={})
        done += 1
    return done


def _claim(*, at: datetime) -> TestSend | None:
    with transaction.atomic():
        free = TestSend.objects.filter(finished_at=None).exclude(claimed_at__gt=at - _CLAIM_LASTS)
        test = free.select_for_update(skip_locked=True).order_by("at").first()
        if test is not None:
            TestSend.objects.filter(pk=test.pk).update(claimed_at=at)
    return test


def _send(test: TestSend, *, at: datetime) -> tuple[int, str]:
    """Send one test; return how many phones accepted it, and what went wrong in a sentence."""
    if at - test.at > TEST_LASTS:
        return 0, "Nothing was sent: no worker took the test for 10 minutes."
    if Brake.objects.filter(campaign=None).exclude(state=BrakeState.GO).exists():
        return 0, "Nothing was sent: everything is stopped."
    phones = PairedPhone.objects.current(at=at).filter(by=test.by, registration__in=test.bodies, registration__gone_at=None)
    by_project: dict[str, list[Registration]] = {}
    for phone in phones.filter(registration__segment__app__test=True).select_related("registration__segment__app"):
        by_project.setdefault(phone.registration.segment.app.project, []).append(phone.registration)
    accepted = 0
    problems: set[str] = set()
    for project, registrations in by_project.items():
        try:
            accepted += _send_to(project, registrations, test, problems)
        except (DomainError, TimeoutError) as error:
            problems.add(getattr(error, "detail", "FCM did not answer in time."))
    return accepted, " ".join(sorted(problems))


def _send_to(project: str, registrations: list[Registration], test: TestSend, problems: set[str]) -> int:
    addresses = sealed.unseal_all([(row.address_sealed, row.address_digest) for row in registrations])
    targets = [
        PushTarget(place, str(row.address_kind), address, MessageTemplate(test.bodies[str(row.pk)]))
        for place, (row, address) in enumerate(zip(registrations, addresses, strict=True))
        if address is not None
    ]
    sender = fcm.sender()
    bearer = sender.authorize(project)
    sending = sender.send(project, bearer, targets, gate=OpenGate(), starts=time.monotonic(), pause=0.0)
    sending.done.result(timeout=_WAIT)
    for outcome in sending.results.values():
        if outcome.result is not SendResult.ACCEPTED:
            problems.add(outcome.halt_reason or outcome.block_reason or "FCM refused the address of a phone: pair it again.")
    return sum(outcome.result is SendResult.ACCEPTED for outcome in sending.results.values())
