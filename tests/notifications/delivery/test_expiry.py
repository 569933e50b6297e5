"""A campaign that nobody approved before its end expires, says so everywhere, and shows nothing to readers."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from core.errors import Conflict
from core.instants import rfc3339
from core.models import AuditEntry, User
from notifications.campaigns import lifecycle
from notifications.campaigns.definition import InvalidDefinition
from notifications.models import Batch, Campaign
from notifications.staff_messages import sending, waiting
from tests import make
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db

UNAPPROVED = "Its end passed before anyone approved it."


@pytest.fixture
def expired() -> Campaign:
    """Return a submitted campaign whose end has passed, after a tick of the scheduler."""
    campaign = make.campaign(state="submitted", name="Too late")
    tick(campaign.not_after)
    campaign.refresh_from_db()
    return campaign


def test_a_submitted_campaign_expires_at_its_end_and_no_second_earlier() -> None:
    campaign = make.campaign(state="submitted")

    tick(campaign.not_after - timedelta(seconds=1))
    campaign.refresh_from_db()
    before = campaign.state
    tick(campaign.not_after)
    campaign.refresh_from_db()

    assert (before, campaign.state, campaign.reason) == ("submitted", "expired", UNAPPROVED)
    assert (campaign.approved_at, campaign.starts_at, campaign.was_approved) == (None, None, False)
    assert Batch.objects.count() == 0
    entry = AuditEntry.objects.filter(model="notifications.Campaign").latest("id")
    assert (entry.verb, entry.details["reason"]) == ("campaign.expired", UNAPPROVED)


def test_an_expired_campaign_is_neither_approved_nor_resumed_nor_followed_up(expired: Campaign) -> None:
    author, approver = make.campaign_staff()

    for act in (
        lambda: lifecycle.approve(expired, fingerprint=expired.fingerprint, by=approver, at=expired.not_after),
        lambda: lifecycle.send_back(expired, by=author, at=expired.not_after),
        lambda: lifecycle.resume(expired, by=approver, at=expired.not_after),
    ):
        with pytest.raises(Conflict):
            act()
    with pytest.raises(InvalidDefinition, match="needs the number of an approved campaign"):
        make.campaign(kind="update", references=expired.pk)

    expired.refresh_from_db()
    assert expired.state == "expired"


def test_a_campaign_that_was_never_approved_has_opened_for_nobody(expired: Campaign) -> None:
    assert not Campaign.objects.opened(at=expired.not_after + timedelta(days=1)).exists()


def test_the_database_lets_nothing_expire_as_approved_by_nobody_or_as_shown() -> None:
    campaign = make.campaign(state="submitted")

    for more in ("starts_at = now()", "frozen_at = now()", "approved_at = now()"):
        statement = f"UPDATE notifications_campaign SET state = 'expired', {more} WHERE id = %s"
        with (
            pytest.raises(DatabaseError, match="campaign_approved_by_another"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement, [campaign.pk])


def test_its_pages_say_in_words_why_it_ended_and_what_to_do(client: Client, expired: Campaign) -> None:
    client.force_login(make.campaign_staff()[0])
    pages = {
        name: " ".join(client.get(reverse(f"admin:{name}", args=[expired.pk])).content.decode().split())
        for name in ("campaign", "campaign-live", "campaign-report", "campaign-history", "campaign-correct")
    }

    assert f"<strong>Expired:</strong> {UNAPPROVED}" in pages["campaign"]
    assert "Repeat…" in pages["campaign"]
    assert "Correct or recall" not in pages["campaign"]
    assert "Follow it live" not in pages["campaign"]
    assert "nothing of it is sent" in pages["campaign-live"]
    assert "there is nothing to report" in pages["campaign-report"]
    assert f"The campaign expired before it started: {UNAPPROVED}" in pages["campaign-history"]
    assert client.get(reverse("admin:campaign-new"), {"repeats": expired.pk}).status_code == 200


def test_today_lists_it_under_the_last_results_and_not_among_what_waits(client: Client) -> None:
    now = datetime.now(UTC)
    make.campaign(state="submitted", name="Too late", at=now - timedelta(days=3), not_after=rfc3339(now - timedelta(hours=1)))
    tick()
    client.force_login(make.campaign_staff()[1])

    html = client.get(reverse("admin:index")).content.decode()

    assert "To approve: Too late" not in html
    results = html.partition('id="results"')[2].partition("</section>")[0]
    assert f"Nothing was sent. {UNAPPROVED}" in results


def test_the_authors_are_told_once_that_it_expired(settings: object, expired: Campaign) -> None:
    settings.MAIL, settings.MAIL_FROM = {"EMAIL_BACKEND": "locmem"}, "fingerpost@example.org"  # type: ignore[attr-defined]
    for name in ("author", "approver"):
        User.objects.filter(username=name).update(email=f"{name}@example.org")
    at = expired.not_after + timedelta(minutes=1)

    for _ in range(2):
        waiting.note_waiting(at=at)
        sending.send_waiting(at=at)

    (message,) = mail.outbox
    assert (message.to, message.subject) == (
        ["author@example.org"],
        "Fingerpost: a campaign that you wrote has expired, and nothing of it was sent",
    )


def test_the_command_prints_why_it_expired(expired: Campaign) -> None:
    out = io.StringIO()

    call_command("campaign", "status", str(expired.pk), stdout=out)

    assert f"expired: {UNAPPROVED}" in out.getvalue()


def test_an_approved_campaign_past_its_end_says_that_it_never_began() -> None:
    campaign = make.campaign()

    tick(campaign.not_after)

    campaign.refresh_from_db()
    assert (campaign.state, campaign.reason, campaign.was_approved) == ("expired", "Its end passed before it began.", True)


def test_an_approved_campaign_that_was_replaced_names_the_newer_revision() -> None:
    campaign = make.campaign(schedule={"at": rfc3339(datetime.now(UTC) + timedelta(hours=2))})
    newer = make.campaign(kind="cancel", references=campaign.pk)

    tick()

    campaign.refresh_from_db()
    assert (campaign.state, campaign.was_approved) == ("expired", True)
    assert campaign.reason == f"Campaign {newer.pk}, a newer revision of this alert, was approved before this one began."
