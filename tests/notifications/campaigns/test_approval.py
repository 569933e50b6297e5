"""What an approval needs besides a second person: second readers, and a second approver for an urgent alert so soon again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from core.errors import ChangedMeanwhile, Forbidden, Invalid, SecondPersonRequired
from core.models import AuditEntry, User
from notifications.campaigns import approval, lifecycle
from notifications.models import Campaign, FirstApproval, SecondReading
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
    make.campaign(alert=URGENT)
    again = make.campaign(state="submitted", alert=URGENT)

    assert approval.recent_urgent(again, at=now() + timedelta(days=8)) == []
    assert len(approval.recent_urgent(again, at=now() + timedelta(days=6))) == 1


@pytest.mark.parametrize(
    ("shown", "typed", "reached", "error"),
    [
        (None, "", 99_990, None),
        (160_530, "160530", 160_530, None),
        (160_530, "160,530", 165_000, None),
        (160_530, "160.530", 160_530, None),
        (160_530, "", 160_530, Invalid),
        (160_530, "16053", 160_530, Invalid),
        (160_530, "160530", 200_000, ChangedMeanwhile),
        (None, "", 160_530, ChangedMeanwhile),
    ],
)
def test_the_number_of_a_large_audience_is_typed(
    shown: int | None, typed: str, reached: int, error: type[Exception] | None
) -> None:
    if error is None:
        approval.check_typed_number(shown=shown, typed=typed, now=reached)
        assert typed == "" or int("".join(filter(str.isdigit, typed))) == shown
    else:
        with pytest.raises(error):
            approval.check_typed_number(shown=shown, typed=typed, now=reached)
