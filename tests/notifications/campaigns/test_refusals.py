"""What cannot be sent is refused at submission, on the field it belongs to, and is never found out after the approval."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from notifications.campaigns import lifecycle, refusals
from notifications.campaigns.refusals import SubmissionRefused
from notifications.models import Campaign
from tests import make

pytestmark = pytest.mark.django_db

#: A winter's noon in London, where the phones of these tests are.
NOON = datetime(2027, 1, 12, 12, 0, tzinfo=UTC)
EXERCISE = {"severity": "Minor", "urgency": "Future", "certainty": "Unlikely", "status": "Exercise"}


def draft(**changes: Any) -> Campaign:
    """Make a draft that can be submitted at NOON, but for the changes."""
    times = {"quiet_hours": "respect", "not_after": "2027-01-14T12:00:00Z"}
    return make.campaign(state="draft", at=NOON, reached=False, **(times | changes))


def refused(campaign: Campaign, *, at: datetime = NOON) -> list[tuple[str, str]]:
    """Return the field and code of every reason against submitting it."""
    return [(reason.field, reason.code) for reason in refusals.at_submission(campaign, at=at)]


@pytest.fixture
def phones(db: None) -> None:
    make.app()
    make.installations(105)


def test_a_campaign_in_order_is_submitted(phones: None) -> None:
    assert refused(draft()) == []
    assert refused(draft(schedule={"at": "2027-01-13T12:00:00Z"})) == []


def test_a_night_that_lasts_until_the_end_is_refused_on_the_quiet_hours(phones: None) -> None:
    campaign = draft(schedule={"at": "2027-01-13T06:00:00Z"}, not_after="2027-01-13T07:30:00Z")

    assert refused(campaign) == [("quiet_hours", "nobody-due")]
    with pytest.raises(SubmissionRefused, match="it is night in London, and quiet hours last until the end"):
        lifecycle.submit(campaign, by=make.campaign_staff()[0], at=NOON)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.starts_at) == ("draft", None)


def test_a_local_time_after_the_end_is_refused_on_the_end(phones: None) -> None:
    campaign = draft(schedule={"local": "2027-03-29T10:30"}, not_after="2027-01-30T12:00:00Z")

    assert refused(campaign) == [("not_after", "not-after")]


def test_an_exact_second_that_quiet_hours_would_move_needs_a_decision(phones: None) -> None:
    start = {"schedule": {"at": "2027-01-13T06:00:00Z"}}

    assert refused(draft(**start)) == [("quiet_hours", "night-undecided")]
    assert refused(draft(**start, quiet_hours="defer")) == []
    assert refused(draft(**start, quiet_hours={"override": "It cannot wait."})) == []
    assert refused(draft(schedule={"local": "2027-01-13T06:00:00"})) == [("quiet_hours", "night-undecided")]
    assert refused(draft(schedule={"local": "2027-01-13T06:00"})) == []
    with pytest.raises(SubmissionRefused, match="would wait until 13 January 2027 at 08:02:00 there"):
        lifecycle.submit(draft(**start), by=make.campaign_staff()[0], at=NOON)


def test_a_start_in_the_past_is_refused(phones: None) -> None:
    assert refused(draft(schedule={"at": "2027-01-04T12:00:00Z"})) == [("schedule.at", "start-past")]
    assert refused(draft(schedule={"local": "2027-01-12T11:00"})) == [("schedule.local", "start-past")]


def test_a_local_time_that_has_passed_in_one_of_the_zones_is_refused(phones: None) -> None:
    make.installation(500, country="IN", time_zone="Asia/Kolkata")
    both = {"countries": ["GB", "IN"], "audiences": ["parent"]}

    # 17:00 on this day is half an hour ago in Kolkata and five hours ahead in London.
    assert refused(draft(audience=both, schedule={"local": "2027-01-12T17:00"})) == [("schedule.local", "start-past")]


def test_a_start_that_passes_before_the_approval_is_not_approved(phones: None) -> None:
    author, approver = make.campaign_staff()
    campaign = draft(schedule={"at": "2027-01-12T12:30:00Z"})
    lifecycle.submit(campaign, by=author, at=NOON)

    with pytest.raises(SubmissionRefused, match="The start has passed") as error:
        lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=approver, at=NOON + timedelta(minutes=31))

    assert error.value.extra["field"] == "schedule.at"
    lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=approver, at=NOON + timedelta(minutes=30))


def test_a_time_that_the_clocks_skip_is_refused(phones: None) -> None:
    campaign = draft(schedule={"local": "2027-03-28T01:30"}, not_after="2027-03-30T12:00:00Z")

    assert refused(campaign) == [("schedule.local", "start-in-gap")]
    assert refused(draft(schedule={"local": "2027-10-31T01:30"}, not_after="2027-11-02T12:00:00Z")) == []


def test_a_campaign_is_planned_up_to_a_year_ahead_and_lasts_28_days_from_its_start(phones: None) -> None:
    def over(start: str, end: str) -> list[tuple[str, str]]:
        return refused(draft(schedule={"at": start}, not_after=end))

    assert over("2027-12-01T12:00:00Z", "2027-12-29T12:00:00Z") == []
    assert over("2027-12-01T12:00:00Z", "2027-12-29T12:00:01Z") == [("not_after", "not-after")]
    assert over("2028-01-13T12:00:01Z", "2028-01-15T12:00:00Z") == [("schedule.at", "start-too-far")]
    assert over("2028-01-13T12:00:00Z", "2028-01-15T12:00:00Z") == []


def test_an_end_that_has_passed_or_is_not_after_the_start_is_refused(phones: None) -> None:
    assert refused(draft(not_after="2027-01-12T12:00:00Z")) == [("not_after", "not-after")]
    at = {"schedule": {"at": "2027-01-13T12:00:00Z"}}
    assert refused(draft(**at, not_after="2027-01-13T12:00:00Z")) == [("not_after", "not-after")]


def test_an_audience_of_fewer_than_twenty_or_of_nobody_is_refused(phones: None) -> None:
    make.app("teen", push_mode="topics")
    antarctica = {"countries": ["AQ"], "audiences": ["parent"]}

    assert refused(draft(audience=antarctica)) == [("audience", "too-few")]
    assert refused(draft(apps=["teen"], audience={"countries": ["GB"], "audiences": ["parent"]})) == [("audience", "nobody")]
    make.topic()
    assert refused(draft(apps=["teen"], audience={"countries": ["GB"], "audiences": ["teen"]})) == []


def test_a_campaign_for_the_feed_alone_needs_nobody(db: None) -> None:
    make.app("teen", push_mode="feed")

    assert refused(draft(apps=["teen"], audience={"countries": "all", "audiences": ["teen"]})) == []


def test_an_exercise_to_readers_and_an_alert_to_test_devices_are_refused_on_the_apps(phones: None) -> None:
    make.app("parent-test", test=True)
    for number in range(20):
        make.installation(500 + number, app="parent-test")

    assert refused(draft(kind="exercise", alert=EXERCISE)) == [("apps", "test-devices-only")]
    assert refused(draft(apps=["parent-test"])) == [("apps", "readers-only")]
    assert refused(draft(kind="exercise", alert=EXERCISE, apps=["parent-test"])) == []


def test_all_reasons_are_named_at_once_each_with_its_field(phones: None) -> None:
    telling = {"outer": {"title": "Blackmail", "body": "Read it."}, "inner": {"title": "Advice", "body": "Call 0800 1111."}}
    campaign = draft(schedule={"at": "2027-01-04T12:00:00Z"}, services=["no-such-line"], messages={"en": telling})

    with pytest.raises(SubmissionRefused) as error:
        lifecycle.submit(campaign, by=make.campaign_staff()[0], at=NOON)

    fields = [field for field, _ in error.value.extra["problems"]]
    assert fields == ["schedule.at", "services", "messages.en.outer.title", "messages.en.inner.body"]
    assert all(detail in str(error.value) for _, detail in error.value.extra["problems"])


def test_a_campaign_whose_audience_has_gone_is_not_approved(phones: None) -> None:
    author, approver = make.campaign_staff()
    campaign = draft()
    lifecycle.submit(campaign, by=author, at=NOON)
    make.Registration.objects.all().delete()

    with pytest.raises(SubmissionRefused, match="Fewer than 20 phones"):
        lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=approver, at=NOON)


def text(title: str) -> dict[str, Any]:
    return {
        "outer": {"title": "New advice in the app", "body": "Take two minutes."},
        "inner": {"title": title, "body": "Read it."},
    }


@pytest.fixture
def bilingual(phones: None) -> Campaign:
    """Return an approved alert in English and Welsh, sent at night with a reason."""
    return make.campaign(
        at=NOON, messages={"en": text("Wrong"), "cy": text("Anghywir")}, quiet_hours={"override": "A child is in danger."},
        not_after="2027-01-14T12:00:00Z",
    )  # fmt: skip


def correction(of: Campaign, **changes: Any) -> Campaign:
    defaults = {"kind": "update", "references": of.pk, "unchanged": [], "messages": {"en": text("Right"), "cy": text("Cywir")}}
    return draft(**(defaults | changes))


def test_a_correction_changes_or_confirms_every_language(bilingual: Campaign) -> None:
    english = {"en": text("Right"), "cy": text("Anghywir")}

    assert refused(correction(bilingual)) == []
    assert refused(correction(bilingual, messages=english)) == [("messages.cy", "text-unchanged")]
    assert refused(correction(bilingual, messages=english, unchanged=["cy"])) == []
    assert refused(correction(bilingual, messages={"en": text("Right")})) == [("messages", "language-missing")]
    assert refused(correction(bilingual, unchanged=["cy"])) == [("unchanged", "text-changed")]


def test_a_correction_is_for_everybody_who_got_the_alert(bilingual: Campaign) -> None:
    wales = {"countries": ["GB"], "regions": ["GB-WLS"], "audiences": ["parent"]}
    wider = {"countries": ["GB", "FR"], "audiences": ["parent", "educator"]}

    assert ("audience.regions", "readers-missing") in refused(correction(bilingual, audience=wales))
    assert refused(correction(bilingual, audience=wider)) == []


def test_a_correction_has_the_night_rule_of_the_alert_unless_it_has_its_own(bilingual: Campaign) -> None:
    author, _ = make.campaign_staff()
    written = make.definition(kind="update", references=bilingual.pk)
    written.pop("quiet_hours")

    inherited = lifecycle.draft(written, by=author, at=NOON)
    own = lifecycle.draft(written | {"quiet_hours": "respect"}, by=author, at=NOON)

    assert (inherited.quiet_override, own.quiet_override) == ("A child is in danger.", "")
