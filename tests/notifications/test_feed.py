"""The public feed of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.errors import Invalid, NotFound
from notifications import feed, feed_query
from notifications.campaigns import lifecycle
from notifications.models import Campaign, ReceiptCount
from tests import make
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db(transaction=True)
WHERE: dict[str, Any] = {"country": "GB", "audience": "parent", "locale": "en"}


def now() -> datetime:
    return datetime.now(UTC)


def opened(**changes: Any) -> Campaign:
    campaign = make.campaign(**changes)
    tick()
    campaign.refresh_from_db()
    return campaign


@pytest.fixture(autouse=True)
def audience() -> None:
    make.app()
    make.installations(25)


def test_an_alert_opens_in_the_feed_at_its_first_due_instant() -> None:
    start = now().replace(microsecond=0) + timedelta(minutes=4)
    campaign = opened(schedule={"at": start.isoformat()})

    before = feed_query.read(at=now()).alerts(**WHERE, at=start - timedelta(seconds=1))
    at_start = feed_query.read(at=now()).alerts(**WHERE, at=start)

    assert before == []
    assert [alert["id"] for alert in at_start] == [str(campaign.pk)]
    with pytest.raises(feed.NoSuchAlert):
        feed_query.read(at=now()).alert(campaign.pk, locale="en", at=start - timedelta(seconds=1))


def test_drafts_submissions_and_exercises_are_never_in_the_feed() -> None:
    make.app("parent-test", test=True)
    for number in range(25):
        make.installation(100 + number, app="parent-test")
    make.campaign(state="draft")
    make.campaign(state="submitted")
    exercise = opened(
        kind="exercise",
        apps="all",
        alert={"severity": "Minor", "urgency": "Future", "certainty": "Unlikely", "status": "Exercise"},
    )

    assert exercise.devices == 25
    assert feed_query.read(at=now()).alerts(**WHERE, at=now()) == []


def test_only_the_chosen_country_and_audience_see_an_alert() -> None:
    opened()

    assert len(feed_query.read(at=now()).alerts(**WHERE, at=now())) == 1
    assert len(feed_query.read(at=now()).alerts(**WHERE | {"audience": None}, at=now())) == 1
    assert feed_query.read(at=now()).alerts(**WHERE | {"country": "FR"}, at=now()) == []
    assert feed_query.read(at=now()).alerts(**WHERE | {"audience": "teen"}, at=now()) == []


def test_expired_alerts_are_found_by_before_alone() -> None:
    campaign = opened()
    later = campaign.not_after + timedelta(seconds=1)

    assert feed_query.read(at=now()).alerts(**WHERE, at=later) == []
    assert len(feed_query.read(at=now()).alerts(**WHERE, at=later, before=later)) == 1
    assert feed_query.read(at=now()).alerts(**WHERE, at=later, before=campaign.starts_at) == []
    assert feed_query.read(at=now()).alert(str(campaign.pk), locale="en", at=later)["expires"]


def test_an_alert_that_was_sent_can_still_be_removed_from_the_feed() -> None:
    make.app("teen", push_mode="feed")
    campaign = opened(apps=["teen"], audience={"countries": "all", "audiences": ["parent"]})
    assert (campaign.state, len(feed_query.read(at=now()).alerts(**WHERE, at=now()))) == ("done", 1)

    lifecycle.stop(campaign, by=make.campaign_staff()[0], at=now(), reason="The text is wrong.")

    assert (campaign.state, feed_query.read(at=now()).alerts(**WHERE, at=now())) == ("stopped", [])
    with pytest.raises(feed.AlertStopped):
        feed_query.read(at=now()).alert(campaign.pk, locale="en", at=now())


def corrected(earlier: Campaign, kind: str = "update", **changes: Any) -> Campaign:
    return opened(kind=kind, references=earlier.pk, **changes)


def ids(at: datetime | None = None, **where: Any) -> list[int]:
    """Return the ids of the alerts in the feed."""
    return [int(alert["id"]) for alert in feed_query.read(at=now()).alerts(**WHERE | where, at=at or now())]


def superseded_by(campaign: Campaign, at: datetime | None = None) -> str | None:
    return feed_query.read(at=now()).alert(campaign.pk, locale="en", at=at or now())["superseded_by"]


def test_a_correction_takes_the_place_of_the_alert_in_the_feed() -> None:
    other = opened()
    first = opened()
    update = corrected(first)
    cancel = corrected(update, "cancel")

    assert ids() == [cancel.pk, other.pk]
    assert [superseded_by(campaign) for campaign in (other, first, update, cancel)] == [
        None,
        str(cancel.pk),
        str(cancel.pk),
        None,
    ]
    assert ids(before=now() + timedelta(seconds=1)) == [cancel.pk, other.pk]


def test_a_correction_takes_its_place_only_when_it_opens() -> None:
    first = opened()
    start = now().replace(microsecond=0) + timedelta(minutes=4)
    update = corrected(first, schedule={"at": start.isoformat()})

    assert (ids(), superseded_by(first)) == ([first.pk], None)
    assert (ids(start), superseded_by(first, start)) == ([update.pk], str(update.pk))


def test_an_alert_that_opens_after_its_correction_is_never_shown() -> None:
    start = now().replace(microsecond=0) + timedelta(minutes=4)
    first = opened(schedule={"at": start.isoformat()})
    update = corrected(first)

    assert ids(start) == [update.pk]
    assert superseded_by(first, start) == str(update.pk)


def test_an_expired_correction_does_not_bring_the_wrong_alert_back() -> None:
    first = opened()
    update = corrected(first, not_after=(now() + timedelta(hours=1)).isoformat())

    assert ids(update.not_after + timedelta(seconds=1)) == []


@pytest.mark.parametrize("stopped", [0, 1, 2])
def test_a_stop_removes_every_alert_of_the_thread(stopped: int) -> None:
    first = opened()
    thread = [first, corrected(first)]
    thread.append(corrected(thread[1], schedule={"at": (now() + timedelta(minutes=4)).isoformat()}))

    lifecycle.stop(thread[stopped], by=make.campaign_staff()[0], at=now(), reason="The text is wrong.")

    later = now() + timedelta(minutes=5)
    assert ids() == ids(later) == []
    for campaign in thread:
        with pytest.raises(feed.AlertStopped):
            feed_query.read(at=now()).alert(campaign.pk, locale="en", at=later)


def test_a_correction_that_begins_after_the_stop_is_in_the_feed() -> None:
    first = opened()
    lifecycle.stop(first, by=make.campaign_staff()[0], at=now(), reason="The text is wrong.")

    update = corrected(first)

    assert ids() == [update.pk]
    with pytest.raises(feed.AlertStopped):
        superseded_by(first)


def test_the_newest_of_a_thread_is_known_when_older_alerts_are_not_in_memory() -> None:
    first = opened()
    update = corrected(first)
    for _ in range(3):
        opened()

    kept = feed_query.read(at=update.not_after + timedelta(days=1), limit=4)

    assert kept.alert(update.pk, locale="en", at=now())["superseded_by"] is None
    assert kept.alert(first.pk, locale="en", at=now())["superseded_by"] == str(update.pk)


def test_a_reader_without_a_text_gets_the_home_text_labelled() -> None:
    campaign = opened()

    alert = feed_query.read(at=now()).alert(campaign.pk, locale="fr", at=now())

    assert alert["locale"] == {"requested": "fr", "served": "en", "reason": "not-translated"}
    assert (alert["lang"], alert["dir"], alert["title"]) == ("en", "ltr", "If someone threatens to share a picture")
    assert feed_query.read(at=now()).alert(campaign.pk, locale="en-AU", at=now())["locale"]["reason"] is None


def test_an_unknown_alert_is_not_found() -> None:
    for number in ("0", "99999999999999999999", "x", "-1", "1;drop"):
        with pytest.raises(feed.NoSuchAlert):
            feed_query.read(at=now()).alert(number, locale="en", at=now())


def test_an_alert_that_is_not_in_memory_may_be_in_the_tables() -> None:
    before = feed_query.read(at=now())
    first = opened()
    update = opened(kind="update", references=first.pk)
    other = opened()

    with pytest.raises(feed.AlertNotHeld):
        before.alert(first.pk, locale="en", at=now())
    thread = feed_query.read_thread(first.pk, at=now())

    assert thread == feed_query.read_thread(update.pk, at=now())
    assert {campaign.pk for campaign in thread.campaigns} == {first.pk, update.pk}
    assert thread.alert(first.pk, locale="en", at=now())["superseded_by"] == str(update.pk)
    with pytest.raises(feed.NoSuchAlert):
        thread.alert(other.pk, locale="en", at=now())
    assert feed_query.read_thread(other.pk + 1, at=now()).campaigns == ()


def test_receipts_are_counted_anonymously() -> None:
    campaign = opened()

    for event in ("received", "received", "opened"):
        ReceiptCount.objects.count(alert=campaign.pk, event=event, at=now())

    assert dict(ReceiptCount.objects.values_list("event", "total")) == {"received": 2, "opened": 1}
    with pytest.raises(Invalid):
        ReceiptCount.objects.count(alert=campaign.pk, event="screamed", at=now())
    with pytest.raises(NotFound):
        ReceiptCount.objects.count(alert=make.campaign(state="draft").pk, event="opened", at=now())
