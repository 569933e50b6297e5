"""What an approval needs besides a second person: second readers, and a second approver for an urgent alert so soon again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from core.errors import ChangedMeanwhile, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, User
from notifications.campaigns import approval, caution_answers, lifecycle, refusals
from notifications.campaigns.checks.words import cautions
from notifications.delivery import planner
from notifications.models import Campaign, FirstApproval, SecondReading, Segment
from notifications.models.campaign_rules import URGENT_LOCK
from notifications.models.segment_count import SegmentCount
from tests import make

pytestmark = pytest.mark.django_db

TEXTS = make.definition()["messages"]["en"]
ARABIC = {"outer": {"title": "نصائح", "body": "اقرأها."}, "inner": {"title": "تهديدات", "body": "لا تدفع."}}
URGENT = {**make.definition()["alert"], "severity": "Severe", "urgency": "Immediate"}


def now() -> datetime:
    return datetime.now(UTC)


def reader(name: str, *locales: str) -> User:
    return make.person(name, "localisation-reviewer", locales=locales)


@pytest.fixture
def english_approver() -> User:
    return make.person("reads-english", "campaign-approver", locales=("en",))


@pytest.fixture
def two_languages() -> Campaign:
    return make.campaign(state="submitted", messages={"en": TEXTS, "ar": ARABIC})


def approve(campaign: Campaign, by: User, **more: Any) -> bool:
    return lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=by, at=now(), **more)


def confirm(campaign: Campaign, locale: str, by: User, **more: Any) -> SecondReading:
    return approval.confirm_text(campaign, locale, fingerprint=campaign.fingerprint, by=by, at=now(), **more)


def test_an_approver_does_not_approve_a_language_that_nobody_has_read(two_languages: Campaign, english_approver: User) -> None:
    with pytest.raises(approval.SecondReaderMissing) as refused:
        approve(two_languages, english_approver)

    assert refused.value.extra["languages"] == ["ar"]
    assert Campaign.objects.get().state == "submitted"


def test_a_second_reader_of_each_language_lets_it_be_approved(two_languages: Campaign, english_approver: User) -> None:
    rim = reader("rim", "ar")
    confirm(two_languages, "ar", rim, meaning="New advice: do not pay.")

    assert approve(two_languages, english_approver) is True

    by_locale = {reading.locale: (reading.by.username, reading.meaning) for reading in SecondReading.objects.all()}
    assert by_locale == {"ar": ("rim", "New advice: do not pay."), "en": ("reads-english", "")}
    assert AuditEntry.objects.filter(verb="campaign_text.confirmed").count() == 2


def test_a_meaning_is_kept_without_spaces_around_it_up_to_500_characters(two_languages: Campaign) -> None:
    assert confirm(two_languages, "ar", reader("rim", "ar"), meaning=f" {'x' * 501}").meaning == "x" * 500


def test_a_language_without_a_text_cannot_be_confirmed(two_languages: Campaign) -> None:
    with pytest.raises(Invalid, match="no text in this language") as refused:
        confirm(two_languages, "cy", reader("rim", "cy"))

    assert (refused.value.code_name, refused.value.extra["field"]) == ("locale", "locale")


def test_nobody_confirms_a_language_that_they_do_not_read(two_languages: Campaign, english_approver: User) -> None:
    with pytest.raises(Forbidden):
        confirm(two_languages, "ar", english_approver)
    with pytest.raises(DatabaseError, match="reads its language"), transaction.atomic():
        SecondReading.objects.create(campaign=two_languages, locale="ar", words={}, by=english_approver, at=now())
    with pytest.raises(Forbidden):
        confirm(two_languages, "ar", make.person("nora", locales=("ar",)))


def test_the_author_of_a_text_is_not_its_second_reader(two_languages: Campaign) -> None:
    author = two_languages.created_by
    author.groups.set(reader("rim", "ar").groups.all())

    with pytest.raises(SecondPersonRequired):
        confirm(two_languages, "ar", User.objects.get(pk=author.pk))
    with pytest.raises(DatabaseError, match="wrote, edited or submitted"), transaction.atomic():
        SecondReading.objects.create(campaign=two_languages, locale="ar", words={}, by=author, at=now())


def test_a_reading_is_of_the_stored_text_and_lasts_as_long_as_it(two_languages: Campaign, english_approver: User) -> None:
    author, _ = make.campaign_staff()
    reading = confirm(two_languages, "ar", reader("rim", "ar"))
    reading.refresh_from_db()
    english = {**TEXTS, "inner": {"title": "Changed", "body": "Do not pay."}}

    lifecycle.send_back(two_languages, by=author, at=now())
    lifecycle.edit(two_languages, make.definition(messages={"en": english, "ar": ARABIC}), by=author, at=now())
    lifecycle.submit(two_languages, by=author, at=now())
    kept = approval.languages_to_confirm(two_languages)
    lifecycle.send_back(two_languages, by=author, at=now())
    changed = {**ARABIC, "inner": {"title": "تهديدات", "body": "ادفع."}}
    lifecycle.edit(two_languages, make.definition(messages={"en": english, "ar": changed}), by=author, at=now())
    lifecycle.submit(two_languages, by=author, at=now())

    assert reading.words == ARABIC
    assert kept == ["en"]
    assert approval.languages_to_confirm(two_languages) == ["ar", "en"]


def test_a_text_that_changed_since_the_page_was_opened_is_not_confirmed(two_languages: Campaign) -> None:
    with pytest.raises(ChangedMeanwhile):
        approval.confirm_text(two_languages, "ar", fingerprint="0" * 64, by=reader("rim", "ar"), at=now())


def test_the_database_refuses_an_approval_of_an_unread_language(two_languages: Campaign, english_approver: User) -> None:
    confirm(two_languages, "ar", reader("rim", "ar"))

    with pytest.raises(DatabaseError, match="second reader"), transaction.atomic():
        Campaign.objects.filter(pk=two_languages.pk).update(state="approved", approved_by=english_approver, approved_at=now())


def test_an_approver_who_sent_it_back_can_approve_it_and_not_edit_it(two_languages: Campaign) -> None:
    author, approver = make.campaign_staff()
    both = make.person("both", "campaign-author", "campaign-approver")
    lifecycle.send_back(two_languages, by=both, at=now(), reason="The Arabic text says Monday.")

    with pytest.raises(Forbidden, match="sent this campaign back"):
        lifecycle.edit(two_languages, make.definition(), by=both, at=now())
    with pytest.raises(Forbidden, match="sent this campaign back"):
        lifecycle.submit(two_languages, by=both, at=now())
    with pytest.raises(DatabaseError, match="sent back"), transaction.atomic():
        Campaign.objects.filter(pk=two_languages.pk).update(touched_by=[author.pk, both.pk])
    lifecycle.submit(two_languages, by=author, at=now())

    assert approve(two_languages, both) is True
    assert approver.pk not in Campaign.objects.get().returned_by


def test_an_author_who_takes_a_campaign_back_can_edit_it(two_languages: Campaign) -> None:
    author, _ = make.campaign_staff()

    lifecycle.send_back(two_languages, by=author, at=now())
    lifecycle.edit(two_languages, make.definition(name="Better"), by=author, at=now())

    assert Campaign.objects.get().name == "Better"


def test_a_second_urgent_alert_within_a_week_needs_a_reason_and_two_approvers() -> None:
    _, approver = make.campaign_staff()
    second = make.person("second", "campaign-approver")
    make.campaign(alert=URGENT)
    again = make.campaign(state="submitted", alert=URGENT)

    with pytest.raises(approval.ReasonNeeded):
        approve(again, approver)
    assert approve(again, approver, reason="A new threat since Monday.") is False
    with pytest.raises(SecondPersonRequired):
        approve(again, approver, reason="Once more.")
    assert Campaign.objects.get(pk=again.pk).state == "submitted"
    assert approve(again, second) is True

    assert FirstApproval.objects.get().reason == "A new threat since Monday."
    assert Campaign.objects.get(pk=again.pk).approved_by == second


def test_the_reason_for_another_urgent_alert_is_recorded_up_to_500_characters() -> None:
    _, approver = make.campaign_staff()
    make.campaign(alert=URGENT)
    again = make.campaign(state="submitted", alert=URGENT)

    assert approve(again, approver, reason=f" {'x' * 501} ") is False

    entry = AuditEntry.objects.get(verb="campaign.first_approved")
    assert FirstApproval.objects.get().reason == entry.details["reason"] == "x" * 500


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"severity": "Severe", "urgency": "Expected"}, {"severity": "Moderate", "urgency": "Immediate"}),
        ({"severity": "Extreme", "urgency": "Future"}, {"severity": "Minor", "urgency": "Immediate"}),
        ({"severity": "Minor", "urgency": "Immediate"}, {"severity": "Extreme", "urgency": "Future"}),
    ],
)
def test_an_alert_is_urgent_by_its_severity_or_by_its_urgency(earlier: dict[str, str], later: dict[str, str]) -> None:
    make.campaign(alert=URGENT | earlier)
    again = make.campaign(state="submitted", alert=URGENT | later)

    assert len(approval.recent_urgent(again, at=now())) == 1


def test_the_approvals_of_urgent_alerts_wait_for_one_another() -> None:
    _, approver = make.campaign_staff()
    held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND (classid, objid) = (%s, %s)"
    usual, urgent = (make.campaign(state="submitted", alert=alert) for alert in (make.definition()["alert"], URGENT))
    found = []

    for campaign in (usual, urgent):
        approval.needs_second_approver(campaign, reason="", by=approver, at=now())
        with connection.cursor() as cursor:
            cursor.execute(held, URGENT_LOCK)
            found.append(cursor.fetchone()[0])

    assert found == [0, 1]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"audience": {"countries": ["FR"], "audiences": ["parent"]}}, {}),
        ({"alert": make.definition()["alert"]}, {}),
        ({}, {"alert": make.definition()["alert"]}),
    ],
)
def test_one_approver_is_enough_for_other_people_or_an_alert_that_is_not_urgent(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    _, approver = make.campaign_staff()
    make.campaign(**{"alert": URGENT, **earlier})
    again = make.campaign(state="submitted", **{"alert": URGENT, **later})

    assert approve(again, approver) is True


def test_a_correction_of_an_urgent_alert_is_not_held_up() -> None:
    _, approver = make.campaign_staff()
    first = make.campaign(alert=URGENT)
    update = make.campaign(state="submitted", alert=URGENT, kind="update", references=first.pk)

    assert approve(update, approver) is True


def test_an_urgent_alert_of_more_than_a_week_ago_does_not_count() -> None:
    assert planner.plan_audience(make.campaign(alert=URGENT), at=now())
    again = make.campaign(state="submitted", alert=URGENT)

    assert approval.recent_urgent(again, at=now() + timedelta(days=7, minutes=5)) == []
    assert len(approval.recent_urgent(again, at=now() + timedelta(days=7, minutes=-5))) == 1


def test_an_urgent_alert_that_is_planned_counts_as_well() -> None:
    _, approver = make.campaign_staff()
    start = (now() + timedelta(days=20)).replace(microsecond=0)
    make.campaign(alert=URGENT, schedule={"at": start.isoformat()}, not_after=(start + timedelta(days=1)).isoformat())
    again = make.campaign(state="submitted", alert=URGENT)

    assert len(approval.recent_urgent(again, at=now() + timedelta(days=10))) == 1
    with pytest.raises(approval.ReasonNeeded):
        approve(again, approver)


@pytest.mark.parametrize(
    ("reached", "entered", "error"),
    [
        (100_000, None, None),
        (100_010, None, Invalid),
        (160_530, 160_530, None),
        (165_000, 160_530, None),
        (160_530, 16_053, ChangedMeanwhile),
        (200_000, 160_530, ChangedMeanwhile),
        (160_530, 1_605_300, Invalid),
        (99_990, 160_530, None),
    ],
)
def test_the_number_of_a_large_audience_is_entered_by_the_author_and_by_the_approver(
    monkeypatch: pytest.MonkeyPatch, reached: int, entered: int | None, error: type[Exception] | None
) -> None:
    author, approver = make.campaign_staff()
    campaign = make.campaign(state="draft")
    SegmentCount.objects.all().delete()
    SegmentCount.objects.create(segment=Segment.objects.get(), devices=reached)

    if error is not None:
        with pytest.raises(refusals.SubmissionRefused, match="Type this number to confirm"):
            lifecycle.submit(campaign, by=author, at=now(), reach=entered)
    lifecycle.submit(campaign, by=author, at=now(), reach=reached)
    if error is None:
        assert approve(campaign, approver, reach=entered) is True
    else:
        with pytest.raises(error):
            approve(campaign, approver, reach=entered)
        assert Campaign.objects.get().state == "submitted"


def test_a_caution_is_answered_whichever_way_the_campaign_is_submitted() -> None:
    author, _ = make.campaign_staff()
    text = {**TEXTS, "inner": {**TEXTS["inner"], "body": "Help for every victim."}}
    campaign = make.campaign(state="draft", messages={"en": text})

    with pytest.raises(refusals.SubmissionRefused, match="give the reason why it stays") as refused:
        lifecycle.submit(campaign, by=author, at=now())
    (caution,) = cautions(campaign)
    caution_answers.answer(campaign, {caution.key: "The organization calls itself so."}, by=author, at=now())
    lifecycle.submit(campaign, by=author, at=now())

    assert (refused.value.code_name, refused.value.extra["field"]) == ("caution-unanswered", "messages.en.inner.body")
    assert Campaign.objects.get().state == "submitted"
