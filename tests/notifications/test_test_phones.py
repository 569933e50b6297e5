"""Test phones: closed to the public, paired by a code for 24 hours, and sent to by one person as a rehearsal."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.errors import Invalid
from core.models import AuditEntry, User
from notifications import feed_query, tasks
from notifications.campaigns import lifecycle
from notifications.campaigns.rehearsal import NoTestPhone, send_test
from notifications.delivery import polling, test_sends
from notifications.models import Brake, Campaign, PairedPhone, PairingRequest, Registration, TestSend
from notifications.models.test_phone import PairingOffer
from tests import make
from tests.notifications.steps import tick
from tests.processes import Emulator

pytestmark = pytest.mark.django_db

BODY: dict[str, Any] = {
    "app": "parent-test",
    "address_kind": "fid",
    "address": make.fid(900),
    "platform": "android",
    "locale": "en",
    "country": "GB",
    "region": None,
    "time_zone": "Europe/London",
    "audience": "parent",
    "app_version": "1.2.0",
}
ARABIC = {"outer": {"title": "نصائح", "body": "اقرأها."}, "inner": {"title": "تهديدات", "body": "لا تدفع."}}


@pytest.fixture(autouse=True)
def _test_app() -> None:
    make.app("parent-test", test=True)


def offer(**changes: Any) -> PairingOffer:
    """Register a phone with the test app as the API does, and return the code that it shows."""
    given = {**BODY, **changes}
    made = PairingRequest.objects.register(at=timezone.now(), **given)
    assert isinstance(made, PairingOffer)
    return made


def paired(by: User, **changes: Any) -> PairedPhone:
    return PairingRequest.objects.pair(offer(**changes).code, name="My phone", by=by, at=timezone.now())


def test_nobody_registers_with_a_test_app_from_outside(client: Client) -> None:
    answer = client.post("/v1/registrations", BODY, content_type="application/json")

    assert answer.status_code == 202
    assert set(answer.json()) == {"id", "secret", "pairing_code", "pairing_expires"}
    assert not Registration.objects.exists()
    headers = {"authorization": f"Bearer {answer.json()['secret']}"}
    assert client.get(f"/v1/registrations/{answer.json()['id']}", headers=headers).status_code == 404


def test_a_paired_phone_has_the_id_and_secret_that_it_was_given(client: Client) -> None:
    answer = client.post("/v1/registrations", BODY, content_type="application/json").json()
    author, _ = make.campaign_staff()

    phone = PairingRequest.objects.pair(answer["pairing_code"].lower(), name=" My phone ", by=author, at=timezone.now())

    headers = {"authorization": f"Bearer {answer['secret']}"}
    assert client.get(f"/v1/registrations/{answer['id']}", headers=headers).status_code == 200
    assert (phone.name, phone.by, phone.paired_until - phone.paired_at) == ("My phone", author, timedelta(hours=24))
    assert AuditEntry.objects.filter(verb="test_phone.paired", by=author).exists()
    again = client.post("/v1/registrations", BODY, content_type="application/json")
    assert (again.status_code, Registration.objects.count()) == (201, 1)


def test_a_code_works_once_and_for_ten_minutes() -> None:
    author, _ = make.campaign_staff()
    first = offer()
    second = offer()

    for code, at in ((first.code, timezone.now()), (second.code, timezone.now() + timedelta(minutes=11)), ("", timezone.now())):
        with pytest.raises(Invalid):
            PairingRequest.objects.pair(code, name="", by=author, at=at)
    PairingRequest.objects.pair(second.code, name="", by=author, at=timezone.now())
    with pytest.raises(Invalid):
        PairingRequest.objects.pair(second.code, name="", by=author, at=timezone.now())

    assert Registration.objects.count() == 1


def test_after_24_hours_the_phone_is_forgotten() -> None:
    author, _ = make.campaign_staff()
    paired(author)
    offer(address=make.fid(901))

    test_sends.end_pairings(at=timezone.now() + timedelta(hours=23))
    kept = Registration.objects.count(), PairingRequest.objects.count()
    test_sends.end_pairings(at=timezone.now() + timedelta(hours=25))

    assert kept == (1, 0)
    assert not Registration.objects.exists()
    assert not PairedPhone.objects.exists()


def test_a_phone_is_paired_from_the_command_line_by_campaign_staff_alone() -> None:
    make.person("amina", "campaign-author")
    make.person("mei", "assurer")
    offered = offer()

    with pytest.raises(CommandError, match="needs the role"):
        call_command("campaign", "pair", offered.code, "--by", "mei")
    with pytest.raises(CommandError, match="No phone shows this code now"):
        call_command("campaign", "pair", "AAAA-AAAA", "--by", "amina")
    call_command("campaign", "pair", offered.code.lower(), "--name", "On my desk", "--by", "amina")

    phone = PairedPhone.objects.get()
    assert (phone.by.username, phone.name, phone.registration_id) == ("amina", "On my desk", offered.id)


def test_one_person_sends_a_draft_to_their_own_phones_as_a_rehearsal(fcm_emulator: Emulator) -> None:
    author, approver = make.campaign_staff()
    texts = make.definition()["messages"]["en"]
    campaign = make.campaign(state="draft", messages={"en": texts, "ar": ARABIC})
    paired(author)
    paired(author, address=make.fid(901), locale="ar", platform="ios")
    paired(approver, address=make.fid(902))

    test = send_test(campaign, by=author, at=timezone.now())
    bodies = [json.loads(body) for body in test.bodies.values()]
    test_sends.send_waiting(at=timezone.now())
    test.refresh_from_db()

    assert {body["data"]["status"] for body in bodies} == {"Exercise"}
    assert {body["data"]["inner_title"] for body in bodies} == {
        "Rehearsal: If someone threatens to share a picture",
        "Rehearsal: تهديدات",
    }
    assert {body["data"]["lang"] for body in bodies} == {"en", "ar"}
    assert (test.phones, test.accepted, test.problem, test.bodies) == (2, 2, "", {})
    assert fcm_emulator.counts()["messages"] == 2
    assert Campaign.objects.get().state == "draft"
    assert feed_query.read(at=timezone.now()).campaigns == ()


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_a_test_without_broker_and_beat(fcm_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    author, _ = make.campaign_staff()
    paired(author)
    monkeypatch.setattr(polling, "INTERVAL", 0.05)
    test = send_test(make.campaign(state="draft"), by=author, at=timezone.now())

    tasks._start_polling()
    try:
        ends = time.monotonic() + 60
        while TestSend.objects.filter(pk=test.pk, finished_at=None).exists() and time.monotonic() < ends:
            time.sleep(0.05)
    finally:
        tasks._stop_polling()
        tasks._pollers.clear()

    test.refresh_from_db()
    assert (test.accepted, test.problem, fcm_emulator.counts()["messages"]) == (1, "", 1)


@pytest.mark.django_db(transaction=True)
def test_a_test_that_many_look_for_is_sent_once(fcm_emulator: Emulator, at_once: Callable[..., list[Any]]) -> None:
    author, _ = make.campaign_staff()
    paired(author)
    send_test(make.campaign(state="draft"), by=author, at=timezone.now())

    sent = at_once(*[lambda: test_sends.send_waiting(at=timezone.now())] * 4)

    assert sorted(sent) == [0, 0, 0, 1]
    assert fcm_emulator.counts()["messages"] == 1


def test_a_test_needs_a_phone_of_ones_own_and_a_role() -> None:
    author, approver = make.campaign_staff()
    campaign = make.campaign(state="draft")
    paired(approver)

    with pytest.raises(NoTestPhone):
        send_test(campaign, by=author, at=timezone.now())
    with pytest.raises(Invalid):
        send_test(campaign, by=approver, at=timezone.now(), locale="cy")
    with pytest.raises(NoTestPhone):
        send_test(campaign, by=approver, at=timezone.now() + timedelta(hours=25))

    assert not TestSend.objects.exists()


def test_while_everything_is_stopped_no_test_is_sent(fcm_emulator: Emulator) -> None:
    author, approver = make.campaign_staff()
    campaign = make.campaign(state="draft")
    paired(author)
    Brake.objects.stop_everything(by=approver, at=timezone.now(), reason="A wrong number.")

    test = send_test(campaign, by=author, at=timezone.now())
    test_sends.send_waiting(at=timezone.now())
    test.refresh_from_db()

    assert (test.accepted, test.problem) == (0, "Nothing was sent: everything is stopped.")
    assert fcm_emulator.counts()["messages"] == 0


def test_the_rule_of_twenty_does_not_hold_for_paired_phones(fcm_emulator: Emulator) -> None:
    author, approver = make.campaign_staff()
    paired(author)
    exercise = {"severity": "Minor", "urgency": "Future", "certainty": "Unlikely", "status": "Exercise"}
    campaign = make.campaign(state="submitted", kind="exercise", alert=exercise, apps=["parent-test"])
    lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=approver, at=timezone.now())

    tick()
    campaign.refresh_from_db()

    assert (campaign.state, campaign.devices, campaign.reason) == ("sending", 1, "")


def test_the_pages_pair_send_and_remove(client: Client) -> None:
    author, _ = make.campaign_staff()
    campaign = make.campaign(state="draft")
    client.force_login(author)
    pages, test_page = reverse("admin:test-phones"), reverse("admin:campaign-test", args=[campaign.pk])
    code = offer().code

    wrong = client.post(pages, {"action": "pair", "code": "AAAA-AAAA", "name": "Pixel"})
    client.post(pages, {"action": "pair", "code": code.replace("-", " "), "name": "Pixel"})
    shown = client.get(pages).content.decode()
    sent = client.post(test_page, {"action": "test-send", "locale": "en"})
    after = client.get(test_page).content.decode()
    client.post(pages, {"action": "remove", "phone": str(PairedPhone.objects.get().pk)})

    assert wrong.status_code == 400
    assert 'value="AAAA-AAAA"' in wrong.content.decode()
    assert "Pixel" in shown
    assert sent["Location"] == test_page
    assert "on its way to 1 phone" in after
    assert not Registration.objects.filter(segment__app__test=True).exists()


def test_another_person_cannot_remove_the_phone(client: Client) -> None:
    author, approver = make.campaign_staff()
    phone = paired(author)
    client.force_login(approver)

    answer = client.post(reverse("admin:test-phones"), {"action": "remove", "phone": str(phone.pk)})

    assert answer.status_code == 404
    assert PairedPhone.objects.exists()


def test_a_test_is_sent_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    author, _ = make.campaign_staff()
    campaign = make.campaign(state="draft")
    paired(author)

    call_command("campaign", "test-send", str(campaign.pk), "--by", "author", "--json")

    assert json.loads(capsys.readouterr().out) == {"id": campaign.pk, "state": "draft"}
    assert TestSend.objects.get().phones == 1
