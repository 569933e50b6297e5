"""Correction links go to the contact on file; where there is none, their creator alone sees them and accepts no replies."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.assurance.correction_links import LinkNotSent, issue_link
from content.compiling.compiler import build_packs
from content.compiling.facts import Policy
from content.compiling.snapshot import read_snapshot
from content.models import Assurance, Channel, CorrectionLink, Organization, OrganizationRevision
from content.models.reply import Reply
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db
CONTACT = "listings@trust.example"
PAGE = "/console/organizations/org/"


@pytest.fixture
def on_file(asta: User, ola: User) -> Organization:
    own = Organization.objects.get()
    revision = OrganizationRevision.objects.propose(organization=own, name=own.name, contact=CONTACT, by=ola, at=timezone.now())
    revision.approve(by=make.checker(), at=timezone.now())
    return Organization.objects.get()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_link_goes_to_the_contact_on_file_and_no_member_of_staff_sees_it(
    on_file: Organization, asta: User, ola: User, api: Client
) -> None:
    made = signed_in(asta).post(PAGE, {"action": "make"}, follow=True).content.decode()

    (message,) = mail.outbox
    assert message.to == [CONTACT]
    assert "Correction link sent to the contact on file." in made
    assert "Sent to the contact on file by asta" in made
    pages = [made, *(signed_in(person).get(PAGE).content.decode() for person in (asta, ola))]
    assert not [page for page in pages if "/listed/" in page]

    # The organization answers at the address in the mail; the person who made the link does not take the answer.
    (path,) = re.findall(r"http://[^/]+(/listed/\S+)", str(message.body))
    revision = Channel.objects.get(service="gb-line").revision_id
    answer = api.post(path, f"c{revision}-answer=confirm", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    reply = {"action": "take-reply", "reply": str(Reply.objects.get().pk)}
    channel = reverse("admin:channel", args=["gb-line", 1])
    assert signed_in(asta).post(channel, reply).status_code == 403
    assert not Assurance.objects.exists()
    assert signed_in(ola).post(channel, reply).status_code == 302
    assert Assurance.objects.get().by == ola


def test_without_a_contact_the_creator_alone_sees_the_link(asta: User, ola: User) -> None:
    made = signed_in(asta).post(PAGE, {"action": "make"}, follow=True).content.decode()

    assert made.count("/listed/") == 1
    assert "another assurer must accept the replies" in made
    assert "/listed/" not in signed_in(ola).get(PAGE).content.decode()
    assert mail.outbox == []


def test_a_link_that_cannot_be_sent_is_not_made(on_file: Organization, asta: User, settings: Any, monkeypatch: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    with pytest.raises(LinkNotSent, match="MAIL_URL is not set"):
        issue_link(on_file, by=asta, at=timezone.now())

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", _refuse)
    answer = signed_in(asta).post(PAGE, {"action": "make"})

    assert answer.status_code == 409
    assert "The correction link could not be sent, so none was created." in answer.content.decode()
    assert "550" not in answer.content.decode()
    assert not CorrectionLink.objects.exists()


def _refuse(self: object, messages: object) -> int:
    raise OSError(f"550 {CONTACT} is unknown")


@pytest.mark.parametrize("mailed", [True, False])
def test_no_statement_makes_a_link_that_goes_elsewhere(asta: User, ola: User, mailed: bool, request: Any) -> None:
    if not mailed:
        request.getfixturevalue("on_file")
    now = timezone.now()

    with pytest.raises(DatabaseError, match="goes to the contact on file"), transaction.atomic():
        CorrectionLink.objects.create(
            organization=Organization.objects.get(), made_by=asta, made_at=now, expires_at=now + timedelta(1), mailed=mailed
        )


def test_a_contact_is_in_no_pack(on_file: Organization) -> None:
    packs = build_packs(read_snapshot(Policy(date(2026, 12, 1), serve_unreviewed=True, sandbox=True)))

    assert any(b"An Organization" in pack.body for pack in packs.values())
    assert not any(CONTACT.encode() in pack.body for pack in packs.values())
