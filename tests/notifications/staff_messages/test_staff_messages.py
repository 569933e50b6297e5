"""Staff are told once when something waits for them: by e-mail and webhook, without a word of the campaign."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from core.message_kinds import MessageKind
from core.models import User
from notifications import tasks
from notifications.campaigns import draft_tasks, lifecycle, translation_requests, translation_texts
from notifications.models import Campaign, DraftTask, StaffMessage
from notifications.staff_messages import sending, waiting
from tests import make

pytestmark = pytest.mark.django_db

NAME, REASON = "Secret programme", "The second sentence is unclear."


def now() -> datetime:
    return datetime.now(UTC)


def in_minutes(minutes: float) -> dict[str, str]:
    return {"at": (now() + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")}


def tell(at: datetime | None = None) -> list[tuple[str, str]]:
    """Run the task's two steps and return (recipient, subject) of what was mailed."""
    mail.outbox.clear()
    waiting.note_waiting(at=at or now())
    sending.send_waiting(at=at or now())
    return sorted((one.to[0], str(one.subject)) for one in mail.outbox)


@pytest.fixture(autouse=True)
def mailboxes(settings: Any) -> None:
    """Give the campaign staff an address each, and switch e-mail on."""
    settings.MAIL = {"EMAIL_BACKEND": "locmem"}
    settings.MAIL_FROM = "fingerpost@example.org"
    make.campaign_staff()
    make.person("third", "campaign-approver")
    for name in ("author", "approver", "third"):
        User.objects.filter(username=name).update(email=f"{name}@example.org")


def test_those_who_can_approve_are_told_once_that_a_campaign_waits() -> None:
    make.campaign(state="submitted", name=NAME)

    assert tell() == [
        ("approver@example.org", "Fingerpost: a campaign waits for your approval"),
        ("third@example.org", "Fingerpost: a campaign waits for your approval"),
    ]
    assert tell() == []


def test_messages_go_to_those_who_are_there_and_who_act_on_the_campaign() -> None:
    make.campaign(state="submitted")
    User.objects.filter(username="approver").update(away_until=(now() + timedelta(days=3)).date())
    make.person("orla", "campaign-approver")
    User.objects.filter(username="orla").update(email="orla@example.org", campaign_countries=["IE"])

    assert [recipient for recipient, _ in tell()] == ["third@example.org"]


def test_where_everybody_is_away_everybody_is_told() -> None:
    make.campaign(state="submitted")
    User.objects.update(away_until=(now() + timedelta(days=3)).date())

    assert [recipient for recipient, _ in tell()] == ["approver@example.org", "third@example.org"]


def test_a_campaign_that_is_submitted_again_is_told_again() -> None:
    campaign = make.campaign(state="submitted")
    author, approver = make.campaign_staff()
    tell()
    lifecycle.send_back(campaign, by=approver, at=now(), reason=REASON)
    assert tell() == [("author@example.org", "Fingerpost: a campaign that you wrote was sent back")]
    lifecycle.submit(campaign, by=author, at=now())

    assert [recipient for recipient, _ in tell()] == ["approver@example.org", "third@example.org"]


def test_a_halted_campaign_is_told_to_those_who_can_resume_it() -> None:
    campaign = make.campaign()
    lifecycle.halt(campaign, "FCM refuses the credentials.", at=now())

    assert {recipient for recipient, _ in tell()} == {"author@example.org", "approver@example.org", "third@example.org"}


def test_a_start_is_announced_within_the_hour_before_it_and_not_earlier() -> None:
    make.campaign(schedule=in_minutes(90))
    tell()

    assert tell() == []
    assert tell(now() + timedelta(minutes=35)) == [
        ("approver@example.org", "Fingerpost: a campaign starts within the hour"),
        ("author@example.org", "Fingerpost: a campaign starts within the hour"),
    ]
    assert tell(now() + timedelta(minutes=60)) == []


def test_help_that_is_no_longer_valid_is_announced_a_day_before_the_start() -> None:
    start = in_minutes(60 * 30)
    make.campaign(schedule=start, not_after=(now() + timedelta(hours=40)).isoformat())
    tell()
    make.service_facts("gb-line", status="temporarily closed")

    assert tell() == []
    subject = "Fingerpost: a service in a campaign that is sent within a day no longer helps"
    assert tell(now() + timedelta(hours=7)) == [("approver@example.org", subject), ("author@example.org", subject)]
    assert tell(now() + timedelta(hours=8)) == []


def test_approvers_are_reminded_before_the_start_of_what_still_waits() -> None:
    make.campaign(state="submitted", schedule=in_minutes(90))
    assert len(tell()) == 2

    assert [recipient for recipient, _ in tell(now() + timedelta(minutes=40))] == ["approver@example.org", "third@example.org"]


def test_approvers_are_reminded_before_the_end_of_what_would_start_at_once() -> None:
    campaign = make.campaign(state="submitted")
    assert len(tell()) == 2

    assert tell(campaign.not_after - timedelta(minutes=61)) == []
    reminded = tell(campaign.not_after - timedelta(minutes=59))

    assert [recipient for recipient, _ in reminded] == ["approver@example.org", "third@example.org"]
    assert tell(campaign.not_after - timedelta(minutes=58)) == []


def test_what_was_decided_before_anybody_was_told_is_not_told() -> None:
    campaign = make.campaign(state="submitted")
    lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=make.campaign_staff()[1], at=now())

    assert tell() == []


def test_nobody_without_an_address_a_role_or_an_active_account_is_told() -> None:
    make.campaign(state="submitted")
    make.person("nora")
    User.objects.filter(username="nora").update(email="nora@example.org")
    User.objects.filter(username="approver").update(email="")
    User.objects.filter(username="third").update(is_active=False)

    assert tell() == []


def test_a_message_holds_no_name_text_or_reason() -> None:
    campaign = make.campaign(state="submitted", name=NAME)
    lifecycle.send_back(campaign, by=make.campaign_staff()[1], at=now(), reason=REASON)
    tell()

    (message,) = mail.outbox
    whole = message.message().as_string()

    assert f"/console/campaigns/{campaign.pk}/" in whole
    assert "Auto-Submitted: auto-generated" in whole
    for word in (NAME, REASON, "two minutes", "approver", "gb-line"):
        assert word not in whole


def test_a_person_chooses_what_they_are_told_about(client: Client) -> None:
    _, approver = make.campaign_staff()
    client.force_login(approver)
    page = client.get(reverse("admin:my-settings")).content.decode()
    assert len(re.findall(r'name="messages"[^>]*checked', page)) == len(MessageKind)

    client.post(reverse("admin:my-settings"), {"action": "save", "time_zone": "UTC", "messages": ["halted"]})
    make.campaign(state="submitted")

    assert [recipient for recipient, _ in tell()] == ["third@example.org"]
    page = client.get(reverse("admin:my-settings")).content.decode()
    assert len(re.findall(r'name="messages"[^>]*checked', page)) == 1


def test_without_a_mail_server_nothing_is_written(settings: Any) -> None:
    settings.MAIL = {}
    make.campaign(state="submitted")

    tasks.tell_staff()

    assert not StaffMessage.objects.exists()


def test_a_mail_server_that_fails_is_tried_again_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    make.campaign(state="submitted")
    User.objects.filter(username="third").update(email="")
    sent = 0

    def fail(*_: Any, **__: Any) -> None:
        nonlocal sent
        sent += 1
        raise ConnectionRefusedError("approver@example.org")

    monkeypatch.setattr("django.core.mail.EmailMessage.send", fail)
    for _ in range(8):
        tell()

    assert sent == StaffMessage.MAX_TRIES
    assert StaffMessage.objects.get().sent_at is None


def test_messages_are_files_where_the_setting_names_a_folder(tmp_path: Path, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    make.campaign(state="submitted")

    tell()

    assert "waits for your approval" in "".join(path.read_text() for path in tmp_path.iterdir())


class _Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent; answers with the server's status."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.received.append((dict(self.headers), body))  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture
def webhook(settings: Any) -> Iterator[Any]:
    """Return a server on loopback that the setting names."""
    server: Any = HTTPServer(("127.0.0.1", 0), _Receiver)
    server.received, server.status = [], 204
    Thread(target=server.serve_forever, daemon=True).start()
    settings.MAIL = {}
    settings.STAFF_WEBHOOK_URL = f"http://127.0.0.1:{server.server_port}/hook"
    settings.STAFF_WEBHOOK_KEY = "k" * 32
    yield server
    server.shutdown()
    server.server_close()


def test_the_webhook_gets_each_thing_once_signed_and_without_content(webhook: Any) -> None:
    campaign = make.campaign(state="submitted", name=NAME)

    for _ in range(2):
        tell()

    ((headers, body),) = webhook.received
    assert json.loads(body)["type"] == "to-approve"
    assert json.loads(body)["data"]["url"].endswith(f"/console/campaigns/{campaign.pk}/")
    assert NAME not in body
    given = {name.lower(): value for name, value in headers.items()}
    expected = sending.signature(given["webhook-id"], given["webhook-timestamp"], body)
    assert given["webhook-signature"] == expected


def test_a_webhook_that_fails_is_tried_again(webhook: Any) -> None:
    webhook.status = 500
    make.campaign(state="submitted")
    tell()
    webhook.status = 200
    tell()

    assert len(webhook.received) == 2
    assert StaffMessage.objects.get().sent_at is not None


def test_deleting_a_draft_that_came_back_removes_its_messages() -> None:
    campaign = make.campaign(state="submitted")
    author, approver = make.campaign_staff()
    lifecycle.send_back(campaign, by=approver, at=now(), reason=REASON)
    tell()

    lifecycle.delete_draft(campaign, by=author, at=now())

    assert not Campaign.objects.exists()
    assert not StaffMessage.objects.exists()


def translation_requested(hours: float = 3) -> Any:
    """Ask an editor with a mailbox for a text in Arabic; another editor does not read it."""
    for name, locale in (("ali", "ar"), ("nia", "cy")):
        make.person(name, "localisation-editor", locales=(locale,))
        User.objects.filter(username=name).update(email=f"{name}@example.org")
    draft = make.campaign(state="draft", name=NAME)
    deadline = now() + timedelta(hours=hours)
    return translation_requests.ask(draft, ["ar"], deadline=deadline, by=draft.created_by, at=now())[0]


def handed_in(request: Any) -> None:
    place = DraftTask.WORDS
    translation_requests.hand_in(
        request,
        {"outer.title": "نصائح", "outer.body": "اقرأها.", "inner.title": "تهديدات", "inner.body": "لا تدفع."},
        from_revision=request.revision,
        source=translation_texts.source_of(request.campaign).digest,
        campaign_version=draft_tasks.version(request.campaign, place, locale="ar"),
        by=User.objects.get(username="ali"),
        at=now(),
    )


def test_the_editors_of_a_language_are_told_once_that_a_text_is_requested() -> None:
    translation_requested()

    assert tell() == [("ali@example.org", "Fingerpost: a campaign needs a text in one of your languages")]
    assert "/console/work/" in mail.outbox[0].body
    assert NAME not in mail.outbox[0].body
    assert tell() == []


def test_editors_are_reminded_in_the_hour_before_the_deadline() -> None:
    translation_requested()
    tell()

    assert tell(now() + timedelta(hours=1)) == []
    due = "Fingerpost: a text in one of your languages is due within the hour"
    assert tell(now() + timedelta(hours=2, minutes=30)) == [("ali@example.org", due)]
    assert tell(now() + timedelta(hours=2, minutes=40)) == []


def test_the_author_is_told_what_was_handed_in_and_the_editor_what_was_sent_back() -> None:
    request = translation_requested()
    tell()
    handed_in(request)

    assert tell() == [("author@example.org", "Fingerpost: a translation that you requested was handed in")]
    rim = make.person("rim", "localisation-reviewer", locales=("ar",))
    translation_requests.send_back(request, reason="The last sentence blames.", by=rim, at=now())
    assert tell() == [("ali@example.org", "Fingerpost: a campaign needs a text in one of your languages")]
    assert tell() == []


def test_nobody_is_told_of_a_request_that_was_withdrawn() -> None:
    request = translation_requested()
    translation_requests.withdraw(request, keep_text=False, by=request.requested_by, at=now())

    assert tell() == []
