"""The history: every edit with the words before and after, every reason, as sentences, for one campaign and for all."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from core import audit_chain
from core.models import AuditEntry
from notifications.campaigns import lifecycle
from notifications.models import Brake, Campaign
from tests import make

pytestmark = pytest.mark.django_db


def edited() -> Campaign:
    """Make a draft whose lock screen text and countries were changed."""
    campaign = make.campaign(state="draft")
    author, _ = make.campaign_staff()
    changed = make.definition(audience={"countries": ["GB", "FR"], "audiences": ["parent"]})
    changed["messages"]["en"]["outer"]["body"] = "It takes three minutes."
    changed["not_after"] = campaign.not_after.isoformat()
    lifecycle.edit(campaign, changed, by=author, at=datetime.now(UTC))
    return campaign


def history(client: Client, campaign: Campaign | None = None, query: str = "") -> str:
    url = reverse("admin:campaign-history", args=[campaign.pk]) if campaign else reverse("admin:history")
    return client.get(url + query).content.decode()


def rows(client: Client, url: str) -> list[list[str]]:
    return list(csv.reader(StringIO(client.get(url).content.decode("utf-8-sig"))))


def test_an_edit_is_kept_with_the_words_before_and_after(client: Client) -> None:
    client.force_login(make.person("nora", "auditor"))

    html = history(client, edited())

    assert "author wrote the draft." in html
    assert "author changed the draft." in html
    assert "Lock screen text (English)" in html
    assert "Take two minutes to read it.</del>" in html
    assert "It takes three minutes.</ins>" in html
    assert "United Kingdom</del>" in html
    assert "France, United Kingdom</ins>" in html or "United Kingdom, France</ins>" in html


def test_an_edit_that_changes_nothing_leaves_no_entry() -> None:
    campaign = make.campaign(state="draft")
    author, _ = make.campaign_staff()
    before = AuditEntry.objects.count()

    lifecycle.edit(campaign, make.definition(not_after=campaign.not_after.isoformat()), by=author, at=datetime.now(UTC))

    assert AuditEntry.objects.count() == before


def test_every_reason_is_kept_after_the_campaign_went_on(client: Client) -> None:
    author, approver = make.campaign_staff()
    now = datetime.now(UTC)
    returned = make.campaign(state="submitted")
    lifecycle.send_back(returned, by=approver, at=now, reason="The second sentence is unclear.")
    lifecycle.submit(returned, by=author, at=now)
    lifecycle.reject(returned, by=approver, at=now, reason="The programme was cancelled.")
    running = make.campaign(name="Running")
    lifecycle.halt(running, "FCM refuses the credentials.", at=now)
    lifecycle.stop(running, by=author, at=now, reason="A wrong number.")
    Brake.objects.stop_everything(by=author, at=now, reason="Something is wrong.")
    client.force_login(make.person("nora", "auditor"))

    html = history(client)

    for sentence in (
        "approver sent the campaign back: The second sentence is unclear.",
        "approver rejected the campaign: The programme was cancelled.",
        "The product refused to start the campaign: FCM refuses the credentials.",
        "author stopped the campaign for good: A wrong number.",
        "author stopped all sending: Something is wrong.",
        "approver confirmed the text in English as its second reader.",
        "approver approved the campaign.",
    ):
        assert sentence in html
    assert "approver sent the campaign back" in history(client, returned)
    assert "A wrong number" not in history(client, returned)


def test_the_history_is_searched_by_word_and_person(client: Client) -> None:
    edited()
    make.campaign(name="Another")
    client.force_login(make.person("nora", "auditor"))

    assert "author wrote" not in history(client, query="?word=three+minutes")
    assert "author changed" in history(client, query="?word=three+minutes")
    assert "author" not in history(client, query="?person=approver").partition('<ol class="fp-history">')[2]


def test_the_history_is_downloaded_without_formulas(client: Client) -> None:
    author, approver = make.campaign_staff()
    campaign = make.campaign(state="submitted", name="=HYPERLINK(1)")
    lifecycle.send_back(campaign, by=approver, at=datetime.now(UTC), reason="No.")
    client.force_login(author)

    found = rows(client, reverse("admin:campaign-history", args=[campaign.pk]) + "?format=csv")

    assert found[0] == ["When", "Campaign", "What happened", "Field", "Before", "After"]
    assert found[1][1:3] == ["'=HYPERLINK(1)", "approver sent the campaign back: No."]
    assert ["Lock screen text (English)", "", "Take two minutes to read it."] in [row[3:] for row in found]


def test_a_deleted_draft_stays_in_the_history_with_its_texts(client: Client) -> None:
    campaign = make.campaign(state="draft", name="Not needed")
    author, _ = make.campaign_staff()
    client.force_login(author)

    answer = client.post(reverse("admin:campaign-delete", args=[campaign.pk]), {"action": "delete"})

    assert answer["Location"] == reverse("admin:campaigns")
    assert not Campaign.objects.exists()
    html = history(client)
    assert "author deleted the draft." in html
    assert "Take two minutes to read it.</del>" in html
    assert "Not needed" in html


def test_only_a_draft_is_deleted(client: Client) -> None:
    campaign = make.campaign(state="submitted")
    client.force_login(make.campaign_staff()[0])

    answer = client.post(reverse("admin:campaign-delete", args=[campaign.pk]), {"action": "delete"})

    assert answer.status_code == 409
    assert Campaign.objects.get() == campaign


def test_the_history_cannot_be_changed_and_is_in_the_chain() -> None:
    edited()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    assert audit_chain.check().position == AuditEntry.objects.count()
    for statement in (
        "UPDATE core_auditentry SET details = '{}'",
        "DELETE FROM core_auditentry",
        "TRUNCATE core_auditentry CASCADE",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format("core_auditentry"))
