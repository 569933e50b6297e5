"""Nobody gets an alert out alone, nor changes what was approved: the database refuses the role of the running product."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import models

from notifications.campaigns import approval
from notifications.models import App, AppRevision, Campaign, Message
from notifications.models.campaign_approval import FirstApproval, SecondReading
from tests import make

OF_CAMPAIGNS = (Campaign, Message, SecondReading, FirstApproval)

SUBMITTED = {
    "approved by its author": (
        "UPDATE notifications_campaign SET state = 'approved', approved_by_id = %(author)s, approved_at = now()"
    ),
    "approved by an author who is struck out": (
        "UPDATE notifications_campaign SET touched_by = '{}', state = 'approved', approved_by_id = %(author)s, "
        "approved_at = now()"
    ),
    "approved by nobody": "UPDATE notifications_campaign SET state = 'approved'",
    "sent without approval": "UPDATE notifications_campaign SET state = 'sending'",
    "another submitter": "UPDATE notifications_campaign SET submitted_by_id = %(approver)s",
    "another creator": "UPDATE notifications_campaign SET created_by_id = %(approver)s",
    "another fingerprint": "UPDATE notifications_campaign SET fingerprint = repeat('f', 64)",
    "approved in another language without a reader": (
        "UPDATE notifications_campaign SET state = 'approved', approved_by_id = %(other)s, approved_at = now(), "
        "words = words || jsonb_build_object('cy', words -> 'en')"
    ),
    **{
        f"another {column}": f"UPDATE notifications_campaign SET {column} = {value}"
        for column, value in (
            ("words", "'{}'"),
            ("apps", "'{teen}'"),
            ("countries", "'{all}'"),
            ("regions", "'{GB-SCT}'"),
            ("audiences", "'{all}'"),
            ("locales", "'{cy}'"),
            ("services", "'{gb-other}'"),
            ("tips", "'{}'::jsonb || '{\"parent\": \"x\"}'"),
            ("severity", "'Extreme'"),
            ("status", "'Test'"),
            ("schedule_kind", "'at'"),
            ("schedule_at", "'2030-01-01T00:00:00Z'"),
            ("not_after", "now()"),
            ("quiet_override", "'x'"),
            ("home_zone", "'UTC'"),
            ("named_services", '\'{"x": "y"}\''),
        )
    },
    "another message": "UPDATE notifications_message SET body = '{}'",
    "a message less": "DELETE FROM notifications_message",
    "a message more": (
        "INSERT INTO notifications_message (campaign_id, locale, fallback, audience, platform, body) "
        "SELECT campaign_id, 'xx', fallback, audience, platform, body FROM notifications_message LIMIT 1"
    ),
    "a campaign deleted": "DELETE FROM notifications_campaign",
    "an author who confirms the text": (
        "INSERT INTO notifications_secondreading (campaign_id, locale, words, meaning, by_id, at) "
        "VALUES (%(campaign)s, 'en', '{}', '', %(author)s, now())"
    ),
    "a reader who does not read the language": (
        "INSERT INTO notifications_secondreading (campaign_id, locale, words, meaning, by_id, at) "
        "VALUES (%(campaign)s, 'en', '{}', '', %(stranger)s, now())"
    ),
    "a confirmation of another text": "UPDATE notifications_secondreading SET words = '{}'",
    "a confirmation by another": "UPDATE notifications_secondreading SET by_id = %(author)s",
    "an author who approves first": (
        "INSERT INTO notifications_firstapproval (campaign_id, fingerprint, reason, by_id, at) "
        "VALUES (%(campaign)s, 'x', 'x', %(author)s, now())"
    ),
    "a first approval without a reason": (
        "INSERT INTO notifications_firstapproval (campaign_id, fingerprint, reason, by_id, at) "
        "VALUES (%(campaign)s, 'x', '', %(other)s, now())"
    ),
}

APPROVED = {
    "another approver": "UPDATE notifications_campaign SET approved_by_id = %(other)s",
    "an earlier approval": "UPDATE notifications_campaign SET approved_at = '2020-01-01'",
    "another text": "UPDATE notifications_campaign SET words = '{}'",
    "another time": "UPDATE notifications_campaign SET not_after = not_after + interval '1 day'",
    "another audience": "UPDATE notifications_campaign SET countries = '{all}'",
    "an approver who touched it": "UPDATE notifications_campaign SET touched_by = touched_by || approved_by_id::bigint",
    "another message": "UPDATE notifications_message SET body = '{}'",
    "a message less": "DELETE FROM notifications_message",
    "a campaign deleted": "DELETE FROM notifications_campaign",
    "everything emptied": "TRUNCATE notifications_campaign CASCADE",
}


def test_promise_2_no_statement_approves_a_campaign_alone_or_changes_it(raw_sql: psycopg.Connection[Any]) -> None:
    campaign = make.campaign(state="submitted")
    _, approver = make.campaign_staff()
    approval.confirm_text(campaign, "en", fingerprint=campaign.fingerprint, by=approver, at=datetime.now(UTC))
    values = _values(campaign)

    assert _accepted(raw_sql, SUBMITTED, values, *OF_CAMPAIGNS) == []

    # The same by a second person passes: the refusals are about what is missing, and not about a misspelt statement.
    by_two = "UPDATE notifications_campaign SET state = 'approved', approved_by_id = %(approver)s, approved_at = now()"
    assert raw_sql.execute(by_two, {**values, "approver": approver.pk}).rowcount == 1


def test_promise_3_no_statement_changes_an_approved_campaign(raw_sql: psycopg.Connection[Any]) -> None:
    campaign = make.campaign()

    assert _accepted(raw_sql, APPROVED, _values(campaign), *OF_CAMPAIGNS) == []


def test_promise_2_nobody_who_sent_a_campaign_back_edits_it(raw_sql: psycopg.Connection[Any]) -> None:
    campaign = make.campaign(state="draft")
    _, approver = make.campaign_staff()
    raw_sql.execute("UPDATE notifications_campaign SET returned_by = ARRAY[%s]::bigint[]", [approver.pk])
    statements = {
        "an edit": "UPDATE notifications_campaign SET touched_by = touched_by || %(approver)s::bigint",
        "struck out": "UPDATE notifications_campaign SET returned_by = '{}'",
    }

    assert _accepted(raw_sql, statements, _values(campaign), *OF_CAMPAIGNS) == []


APPS = {
    "a push mode": "UPDATE notifications_app SET push_mode = 'registrations'",
    "a push mode in a country": 'UPDATE notifications_app SET mode_by_country = \'{"GB": "registrations"}\'',
    "a legal basis": 'UPDATE notifications_app SET basis_for_teens = \'{"GB": "x"}\'',
    "test devices": "UPDATE notifications_app SET test = TRUE",
    "a Firebase project": "UPDATE notifications_app SET project = 'other'",
    "an app deleted": "DELETE FROM notifications_app",
    "a new app with teenagers": (
        "INSERT INTO notifications_app (name, title, project, push_mode, mode_by_country, basis_for_teens, test) "
        "VALUES ('x', 'x', 'x', 'registrations', '{}', '{\"GB\": \"x\"}', FALSE)"
    ),
    "approved by its proposer": (
        "UPDATE notifications_apprevision SET state = 'approved', approved_by_id = proposed_by_id, approved_at = now()"
    ),
    "applied before it is approved": (
        "UPDATE notifications_app SET push_mode = 'feed', revision_id = (SELECT id FROM notifications_apprevision)"
    ),
    "another proposal": "UPDATE notifications_apprevision SET push_mode = 'registrations'",
}


def test_promise_2_no_statement_changes_an_app_alone(raw_sql: psycopg.Connection[Any]) -> None:
    make.world()
    app = make.app("teen", push_mode="topics")
    ann, ben = make.person("ann", "administrator"), make.person("ben", "administrator")
    revision = AppRevision.objects.propose(app=app, facts={"push_mode": "feed"}, by=ann, at=make.NOON)

    assert _accepted(raw_sql, APPS, {}, App, AppRevision) == []

    by_two = "UPDATE notifications_apprevision SET state = 'approved', approved_by_id = %s, approved_at = now()"
    assert raw_sql.execute(by_two, [ben.pk]).rowcount == 1
    applied = "UPDATE notifications_app SET push_mode = 'feed', revision_id = %s"
    assert raw_sql.execute(applied, [revision.pk]).rowcount == 1


def _values(campaign: Campaign) -> dict[str, Any]:
    author, approver = make.campaign_staff()
    return {
        "campaign": campaign.pk,
        "author": author.pk,
        "approver": approver.pk,
        "other": make.person("other", "campaign-approver").pk,
        "stranger": make.person("stranger", "localisation-reviewer", locales=("cy",)).pk,
    }


def _accepted(
    raw_sql: psycopg.Connection[Any],
    statements: dict[str, str],
    values: dict[str, Any],
    *guarded: type[models.Model],
) -> list[str]:
    """Send each statement; return the names of those that were not refused or that changed a row all the same."""
    before = [list(model._default_manager.order_by("pk").values()) for model in guarded]
    passed = []
    for name, statement in statements.items():
        try:
            raw_sql.execute(statement, values)
            passed.append(name)
        except psycopg.Error:
            if [list(model._default_manager.order_by("pk").values()) for model in guarded] != before:
                passed.append(name)
    return passed
