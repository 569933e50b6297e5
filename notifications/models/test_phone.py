"""Test phones: how a phone with a test app is paired with a member of staff, and what was sent to it as a test.

Nobody registers with a test app from outside: a phone that asks gets a code, and is stored as a registration only once a member
of staff has entered the code in the console.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils.crypto import salted_hmac

from core import audit
from core.audit_verbs import Verb
from core.errors import Invalid
from core.models import User
from core.querysets import manager_of
from notifications.models.app import App
from notifications.models.campaign import Campaign
from notifications.models.registration import Registration
from notifications.models.registration_row import AddressKind, Registered, new_row
from notifications.models.segment import Segment

#: How long a code can be entered, and how long the phone is paired then.
CODE_LASTS, PAIRING_LASTS = timedelta(minutes=10), timedelta(hours=24)
#: Characters of a code: none that is read as another.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 8
#: A test that nobody could send for so long is given up.
TEST_LASTS = timedelta(minutes=10)


@dataclass(frozen=True)
class PairingOffer:
    """The answer to a phone with a test app: the code to show. The secret is shown this once."""

    id: uuid.UUID
    secret: str
    code: str
    expires_at: datetime


class PairingRequestQuerySet(models.QuerySet["PairingRequest"]):
    """Offer codes, and pair."""

    def register(self, *, app: str, at: datetime, proven: bool = True, **given: Any) -> Registered | PairingOffer:
        """Register an installation from outside: at once, or for a test app only once a member of staff has paired the phone.

        Takes the arguments of `Registration.objects.register`, and raises as that does. A paired phone is always proven.
        """
        found = App.objects.filter(name=app).first()
        if found is None or not found.test:
            return Registration.objects.register(app=app, at=at, proven=proven, **given)
        row, place, secret = new_row(found, at=at, **given)
        if PairedPhone.objects.current(at=at).filter(registration__address_digest=row["address_digest"]).exists():
            return Registration.objects.register(app=app, at=at, **given)
        code = "".join(secrets.choice(_ALPHABET) for _ in range(_CODE_LENGTH))
        del row["seen_on"]
        expires_at = at + CODE_LASTS
        with transaction.atomic():
            self.filter(address_digest=row["address_digest"]).delete()
            self.create(**row, place=place, code_digest=_code_digest(code), expires_at=expires_at)
        return PairingOffer(row["id"], secret, f"{code[:4]}-{code[4:]}", expires_at)

    def pair(self, code: str, *, name: str, by: User, at: datetime) -> PairedPhone:
        """Pair the phone that shows this code with a member of staff for 24 hours; Invalid for an unknown or expired code."""
        typed = "".join(character for character in code.upper() if character in _ALPHABET)
        with transaction.atomic():
            found = self.select_for_update().filter(code_digest=_code_digest(typed), expires_at__gt=at).first()
            if found is None:
                raise Invalid("No phone shows this code now. A code works for 10 minutes.", code="code", field="code")
            Registration.objects.filter(address_digest=found.address_digest).delete()
            registration = Registration.objects.create(
                id=found.pk,
                segment=Segment.objects.of(**found.place),
                ticket=0,
                address_kind=found.address_kind,
                address_sealed=found.address_sealed,
                address_digest=found.address_digest,
                app_version=found.app_version,
                secret_digest=found.secret_digest,
                seen_on=at.date(),
            )
            found.delete()
            phone = PairedPhone.objects.create(
                registration=registration, by=by, name=name.strip()[:40], paired_at=at, paired_until=at + PAIRING_LASTS
            )
            audit.record(by=by, verb=Verb.TEST_PHONE_PAIRED, at=at, row=phone)
        return phone


class PairingRequest(models.Model):
    """A phone with a test app that shows a code. Nothing is ever sent to it."""

    id = models.UUIDField(primary_key=True)
    #: Not a key: an empty segment may be removed in the meantime.
    place = models.JSONField(help_text="The columns of its segment.")
    address_kind = models.CharField(max_length=5, choices=AddressKind.choices)
    address_sealed = models.CharField(max_length=800)
    address_digest = models.CharField(max_length=80, unique=True)
    app_version = models.CharField(max_length=45)
    secret_digest = models.CharField(max_length=64)
    code_digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    objects: ClassVar[PairingRequestQuerySet] = manager_of(PairingRequestQuerySet)

    def __str__(self) -> str:
        return str(self.pk)


class PairedPhoneQuerySet(models.QuerySet["PairedPhone"]):
    """Find paired phones."""

    def current(self, *, at: datetime) -> PairedPhoneQuerySet:
        """Return those whose 24 hours are not over."""
        return self.filter(paired_until__gt=at)


class PairedPhone(models.Model):
    """A phone with a test app, and the member of staff who has it in their hand."""

    registration = models.OneToOneField(Registration, on_delete=models.CASCADE, related_name="paired_phone")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="test_phones")
    name = models.CharField(max_length=40, blank=True)
    paired_at = models.DateTimeField()
    paired_until = models.DateTimeField(db_index=True)

    objects: ClassVar[PairedPhoneQuerySet] = manager_of(PairedPhoneQuerySet)

    def __str__(self) -> str:
        return self.name or str(self.pk)


class TestSend(models.Model):
    """A campaign's texts, sent to one person's own phones as a rehearsal."""

    #: The name begins like that of a test, but this is no test of pytest.
    __test__ = False

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="test_sends")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    bodies = models.JSONField(help_text="Registration id to the message; emptied once it was sent.")
    phones = models.PositiveSmallIntegerField()
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    accepted = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("-at", "-id")
        indexes = (models.Index(fields=["at"], condition=models.Q(finished_at=None), name="testsend_waiting"),)

    def __str__(self) -> str:
        return f"{self.campaign_id} to {self.phones} phones"


def _code_digest(code: str) -> str:
    return salted_hmac("notifications.pairing", code, algorithm="sha256").hexdigest()
