"""From draft to done: who may do what, and what the database refuses from any client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from core.errors import ChangedMeanwhile, Conflict, DomainError, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry
from core.states import LIFECYCLES, NoSuchEdge
from notifications.campaigns import approval, fingerprint, lifecycle
from notifications.campaigns.refusals import SubmissionRefused
from notifications.models import Brake, Campaign, Message
from tests import make


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def submitted(db: None) -> Campaign:
    return make.campaign(state="submitted")


def refused_by_database(statement: str, campaign: Campaign, *values: Any) -> str:
    """Run raw SQL that must fail, and return the database's error."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [*values, campaign.pk])
    return str(refused.value)


def test_a_second_person_approves_the_fingerprint_and_the_audit_says_so(submitted: Campaign) -> None:
    author, approver = make.campaign_staff()

    lifecycle.approve(submitted, fingerprint=submitted.fingerprint, by=approver, at=now())

    assert (submitted.state, submitted.submitted_by, submitted.approved_by) == ("approved", author, approver)
    assert Brake.objects.get(campaign=submitted).state == "go"
    entries = AuditEntry.objects.filter(model="notifications.Campaign").order_by("id")
    assert list(entries.values_list("verb", "by__username")) == [
        ("campaign.written", "author"),
        ("campaign.submitted", "author"),
        ("campaign_text.confirmed", "approver"),
        ("campaign.approved", "approver"),
    ]


def test_nobody_approves_what_they_wrote_edited_or_submitted(db: None) -> None:
    both = make.person("both", "campaign-author", "campaign-approver")
    campaign = make.campaign(state="draft")
    lifecycle.edit(campaign, make.definition(name="Edited by both"), by=both, at=now())
    author, _ = make.campaign_staff()
    lifecycle.submit(campaign, by=author, at=now())

    with pytest.raises(SecondPersonRequired, match="wrote, edited or submitted"):
        lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=both, at=now())

    campaign.refresh_from_db()
    assert campaign.state == "submitted"


def test_touching_an_earlier_draft_rules_out_approving_later(submitted: Campaign) -> None:
    helper = make.person("helper", "campaign-author", "campaign-approver")
    author, approver = make.campaign_staff()
    lifecycle.send_back(submitted, by=approver, at=now(), reason="The date is wrong.")
    lifecycle.edit(submitted, make.definition(), by=helper, at=now())
    lifecycle.edit(submitted, make.definition(name="Again"), by=author, at=now())
    lifecycle.submit(submitted, by=author, at=now())

    with pytest.raises(SecondPersonRequired, match="wrote, edited or submitted"):
        lifecycle.approve(submitted, fingerprint=submitted.fingerprint, by=helper, at=now())


def test_a_person_without_a_role_can_do_nothing(submitted: Campaign) -> None:
    charlie = make.person("charlie", "publisher", "assurer", "localisation-editor")

    for act in (
        lambda: lifecycle.draft(make.definition(), by=charlie, at=now()),
        lambda: lifecycle.edit(submitted, make.definition(), by=charlie, at=now()),
        lambda: lifecycle.submit(submitted, by=charlie, at=now()),
        lambda: lifecycle.approve(submitted, fingerprint=submitted.fingerprint, by=charlie, at=now()),
        lambda: lifecycle.send_back(submitted, by=charlie, at=now()),
        lambda: lifecycle.reject(submitted, by=charlie, at=now(), reason="no"),
        lambda: lifecycle.pause(submitted, by=charlie, at=now()),
        lambda: lifecycle.resume(submitted, by=charlie, at=now()),
        lambda: lifecycle.stop(submitted, by=charlie, at=now()),
        lambda: Brake.objects.stop_everything(by=charlie, at=now(), reason="no"),
        lambda: Brake.objects.release_everything(by=charlie, at=now()),
    ):
        with pytest.raises(Forbidden):
            act()


def test_an_approval_needs_the_fingerprint_of_the_submission(submitted: Campaign) -> None:
    _, approver = make.campaign_staff()

    with pytest.raises(ChangedMeanwhile, match="not that of the submitted campaign"):
        lifecycle.approve(submitted, fingerprint="0" * 64, by=approver, at=now())


def test_raw_sql_cannot_approve_for_the_author(submitted: Campaign) -> None:
    author, approver = make.campaign_staff()
    approval.confirm_text(submitted, "en", fingerprint=submitted.fingerprint, by=approver, at=now())
    change = "UPDATE notifications_campaign SET "

    for assignment, value, answer in [
        ("state = 'approved', approved_at = now(), approved_by_id = %s", author.pk, "nobody can approve"),
        (
            "touched_by = '{}', state = 'approved', approved_at = now(), approved_by_id = %s",
            author.pk,
            "nobody is removed from touched_by",
        ),
        ("submitted_by_id = %s", approver.pk, "written once"),
        ("state = 'rejected', approved_by_id = %s", approver.pk, "given once"),
        ("state = %s", "approved", "campaign_approved_by_another"),
    ]:
        assert answer in refused_by_database(f"{change}{assignment} WHERE id = %s", submitted, value)


def test_raw_sql_cannot_change_what_was_submitted(submitted: Campaign) -> None:
    for column, value in [
        ("words", "'{}'"),
        ("apps", "'{teen}'"),
        ("countries", "'{all}'"),
        ("not_after", "now()"),
        ("quiet_override", "'x'"),
        ("status", "'Test'"),
        ('"references_id"', "1"),
    ]:
        statement = f"UPDATE notifications_campaign SET {column} = {value} WHERE id = %s"
        assert "only a draft can be edited" in refused_by_database(statement, submitted)
    assert "written once" in refused_by_database("UPDATE notifications_campaign SET fingerprint = 'f' WHERE id = %s", submitted)
    for statement in (
        "UPDATE notifications_message SET body = '{}' WHERE campaign_id = %s",
        "DELETE FROM notifications_message WHERE campaign_id = %s",
        "INSERT INTO notifications_message (campaign_id, locale, fallback, audience, platform, body) "
        "SELECT campaign_id, 'xx', fallback, audience, platform, body FROM notifications_message WHERE campaign_id = %s LIMIT 1",
    ):
        assert "never changed" in refused_by_database(statement, submitted)
    assert "deleted" in refused_by_database("DELETE FROM notifications_campaign WHERE id = %s", submitted)


def test_a_draft_can_be_neither_approved_nor_paused_nor_stopped(db: None) -> None:
    draft = make.campaign(state="draft")
    author, approver = make.campaign_staff()

    for statement, value in [
        ("UPDATE notifications_campaign SET state = 'approved', approved_by_id = %s WHERE id = %s", approver.pk),
        ("UPDATE notifications_campaign SET approved_by_id = %s WHERE id = %s", approver.pk),
        ("UPDATE notifications_campaign SET fingerprint = %s WHERE id = %s", "f"),
        ("UPDATE notifications_campaign SET state = %s WHERE id = %s", "sending"),
        ("UPDATE notifications_campaign SET created_by_id = %s WHERE id = %s", approver.pk),
    ]:
        refused_by_database(statement, draft, value)
    for act in (lifecycle.pause, lifecycle.stop, lifecycle.resume):
        with pytest.raises(Conflict):
            act(draft, by=author, at=now())
    with pytest.raises(NoSuchEdge):
        lifecycle.approve(draft, fingerprint="", by=approver, at=now())


def test_every_forbidden_change_of_state_is_refused_by_the_database(db: None) -> None:
    campaign = make.campaign(state="submitted")
    forbidden = list(LIFECYCLES["notifications.Campaign"].forbidden())

    with connection.cursor() as cursor:
        # This tests the table of edges alone: the other rules are dropped within this transaction.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SELECT conname FROM pg_constraint WHERE conrelid = 'notifications_campaign'::regclass AND contype = 'c'")
        for (name,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE notifications_campaign DROP CONSTRAINT "{name}"')
        of_campaign = "tgrelid = 'notifications_campaign'::regclass"
        cursor.execute(f"SELECT tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger_state_edges%%' AND {of_campaign}")
        ((edges,),) = cursor.fetchall()
        for start, to in forbidden:
            cursor.execute("ALTER TABLE notifications_campaign DISABLE TRIGGER USER")
            cursor.execute("UPDATE notifications_campaign SET state = %s", [start])
            cursor.execute(f'ALTER TABLE notifications_campaign ENABLE TRIGGER "{edges}"')
            statement = "UPDATE notifications_campaign SET state = %s WHERE id = %s"
            assert "cannot go from" in refused_by_database(statement, campaign, to)

    assert len(forbidden) > 60


def test_returning_to_draft_deletes_messages_and_approval(db: None) -> None:
    campaign = make.campaign()
    author, _ = make.campaign_staff()
    assert campaign.messages.exists()

    lifecycle.send_back(campaign, by=author, at=now())

    assert not Message.objects.exists()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.fingerprint, campaign.approved_by, campaign.submitted_by) == ("draft", "", None, None)
    lifecycle.edit(campaign, make.definition(name="Second thoughts"), by=author, at=now())


def test_the_fingerprint_changes_with_everything_that_is_approved(db: None) -> None:
    make.world()
    make.app("teen", push_mode="feed")
    make.service()
    base = make.campaign(state="submitted", services=make.help_for("all"))
    seen = {base.fingerprint}
    texts = make.definition()["messages"]
    changes: list[dict[str, Any]] = [
        {"apps": ["parent", "teen"]},
        {"audience": {"countries": ["GB", "FR"], "audiences": ["parent"]}},
        {"messages": texts | {"cy": texts["en"]}},
        {"messages": {"en": texts["en"] | {"inner": {"title": "Another", "body": "Text."}}}},
        {"alert": make.definition()["alert"] | {"severity": "Severe"}},
        {"home": {"zone": "Europe/Paris", "locale": "en"}},
        {"schedule": {"local": (now() + timedelta(hours=20)).strftime("%Y-%m-%dT%H:%M")}},
        {"quiet_hours": "respect"},
        {"quiet_hours": "defer"},
        {"quiet_hours": {"override": "Another reason."}},
        {"not_after": (now() + timedelta(hours=3)).isoformat()},
    ]
    author, _ = make.campaign_staff()
    for change in changes:
        lifecycle.send_back(base, by=author, at=now())
        lifecycle.edit(
            base, make.definition(not_after=base.not_after.isoformat(), services=base.services) | change, by=author, at=now()
        )
        seen.add(lifecycle.submit(base, by=author, at=now()))

    assert len(seen) == len(changes) + 1
    assert fingerprint.compute(base) == base.fingerprint


def test_an_update_follows_its_alert_with_the_next_number_and_the_same_tag(db: None) -> None:
    first = make.campaign()

    update = make.campaign(kind="update", references=first.pk)
    clear = make.campaign(kind="all-clear", references=update.pk)

    assert [(row.alert, row.rev) for row in (first, update, clear)] == [(first.pk, 1), (first.pk, 2), (first.pk, 3)]
    for body in Message.objects.filter(campaign=clear, platform="android").values_list("body", flat=True):
        assert f'"tag":"{first.pk}"' in body
        assert f'"open":"alert/{clear.pk}"' in body


def test_a_text_with_a_number_or_an_address_is_not_submitted(db: None) -> None:
    for text in ("Call 0800 1111 now.", "Ring ١١٦ ١١١.", "See example.org/help.", "Write to {service:no-such-line}."):
        texts = {"outer": {"title": "New advice", "body": text}, "inner": {"title": "Advice", "body": "Read it."}}
        with pytest.raises(DomainError):
            make.campaign(state="submitted", messages={"en": texts})
    assert not Message.objects.exists()


@pytest.mark.parametrize(("locale", "telling"), [("en", "Blackmail"), ("de", "Wenn dich jemand erpresst"), ("hi", "यौन शोषण")])
def test_a_lock_screen_that_says_what_the_alert_is_about_is_not_submitted(db: None, locale: str, telling: str) -> None:
    def texts(outer: str) -> dict[str, dict[str, str]]:
        return {"outer": {"title": "Fingerpost", "body": outer}, "inner": {"title": telling, "body": telling}}

    with pytest.raises(SubmissionRefused, match="beside the phone") as refused:
        make.campaign(state="submitted", home={"zone": "Europe/London", "locale": locale}, messages={locale: texts(telling)})

    assert refused.value.extra["field"] == f"messages.{locale}.outer.body"
    make.campaign(state="submitted", home={"zone": "Europe/London", "locale": locale}, messages={locale: texts("Fingerpost")})


def test_services_and_tips_that_do_not_exist_are_refused(db: None) -> None:
    with pytest.raises(Invalid, match="no-such-line"):
        make.campaign(state="submitted", services=["no-such-line"])
    with pytest.raises(Invalid, match="no-such-tip"):
        make.campaign(state="submitted", tips={"parent": "no-such-tip"})
    with pytest.raises(Invalid, match="fr"):
        make.campaign(state="submitted", audience={"countries": "all", "audiences": "all", "locales": ["en", "fr"]})


def test_a_constraint_holds_that_two_people_are_named(submitted: Campaign) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Campaign.objects.filter(pk=submitted.pk).update(state="approved", approved_at=now(), approved_by=submitted.submitted_by)
