"""The help of an alert is checked again before each of its waves, and when it is resumed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings

from core.models import User
from notifications import feed_query
from notifications.campaigns import lifecycle, refusals
from notifications.campaigns.checks.wave_help import HelpLapsed
from notifications.campaigns.progress import progress_of
from notifications.delivery import claims, worker
from notifications.models import Brake, Campaign, Wave
from notifications.staff_messages import sending, waiting
from tests import make
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db(transaction=True)

#: 20:00 in Kolkata and in London, by the clock of the phones.
IN_INDIA, IN_LONDON = datetime(2027, 1, 12, 14, 30, tzinfo=UTC), datetime(2027, 1, 12, 20, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    """An alert for parents in India and in the United Kingdom, whose first wave has been frozen."""
    make.world()
    make.app()
    make.service("gb-line")
    make.service("in-line", country="IN")
    for number in range(20):
        make.installation(number)
        make.installation(100 + number, country="IN", time_zone="Asia/Kolkata")
    made = make.campaign(
        at=IN_INDIA - timedelta(hours=2), schedule={"local": "2027-01-12T20:00:00"}, not_after="2027-01-13T12:00:00Z",
        audience={"countries": ["GB", "IN"], "audiences": ["parent"]}, services=["gb-line", "in-line"],
    )  # fmt: skip
    tick(IN_INDIA - 4 * MINUTE)
    made.refresh_from_db()
    assert made.state == "sending"
    return made


@contextmanager
def withdrawn() -> Iterator[None]:
    make.service_facts("gb-line", status="defunct")
    yield
    make.service_facts("gb-line", status="active")


@contextmanager
def unchecked() -> Iterator[None]:
    """Serve no number that nobody has checked."""
    with override_settings(SERVE_UNREVIEWED=False):
        yield


def checked(campaign: Campaign) -> dict[datetime | None, bool]:
    return {wave.due_at: wave.help_checked_at is not None for wave in campaign.waves.all()}


def test_a_wave_begins_once_its_readers_were_found_to_have_help(campaign: Campaign) -> None:
    assert checked(campaign) == {IN_INDIA: True, IN_LONDON: False}

    tick(IN_LONDON - 6 * MINUTE)
    before = checked(campaign)
    tick(IN_LONDON - 4 * MINUTE)

    assert (before[IN_LONDON], checked(campaign)[IN_LONDON]) == (False, True)
    assert Brake.objects.get(campaign=campaign).state == "go"


def test_a_service_withdrawn_between_two_waves_halts_those_that_have_not_begun(campaign: Campaign) -> None:
    author = make.campaign_staff()[0]
    with withdrawn():
        ahead = refusals.lapsed_help(campaign, at=IN_INDIA + MINUTE)
        tick(IN_LONDON - 6 * MINUTE)
        campaign.refresh_from_db()
        before = campaign.state
        tick(IN_LONDON - 4 * MINUTE)
        campaign.refresh_from_db()
        with pytest.raises(HelpLapsed, match="The gb-line service has closed or was withdrawn"):
            lifecycle.resume(campaign, by=author, at=IN_LONDON - 3 * MINUTE)

    assert ahead == ["United Kingdom: The gb-line service has closed or was withdrawn. Choose another service."]
    assert (before, campaign.state, Brake.objects.get(campaign=campaign).state) == ("sending", "halted", "halted")
    assert checked(campaign)[IN_LONDON] is False
    assert (
        progress_of(campaign)["halted"]
        == campaign.reason
        == (
            "United Kingdom: The gb-line service has closed or was withdrawn. Nothing is sent to the phones that are due from "
            "Tuesday 12 January 2027 at 20:00 London time on. Once the service helps again, resume the campaign; or write an "
            "update with other help, which replaces the alert."
        )
    )
    lifecycle.resume(campaign, by=author, at=IN_LONDON - 2 * MINUTE)
    assert (campaign.state, checked(campaign)[IN_LONDON]) == ("sending", True)


def test_a_later_wave_without_help_is_announced_by_mail_a_day_before(campaign: Campaign, settings: Any) -> None:
    settings.MAIL, settings.MAIL_FROM = {"EMAIL_BACKEND": "locmem"}, "fingerpost@example.org"
    for name in ("author", "approver"):
        User.objects.filter(username=name).update(email=f"{name}@example.org")

    def mailed(at: datetime) -> list[str]:
        mail.outbox.clear()
        waiting.note_waiting(at=at)
        sending.send_waiting(at=at)
        return sorted(message.to[0] for message in mail.outbox if "no longer helps" in message.subject)

    before = mailed(IN_INDIA + MINUTE)
    with withdrawn():
        without_help = [mailed(IN_INDIA + number * MINUTE) for number in (2, 3)]

    assert before == []
    assert without_help == [["approver@example.org", "author@example.org"], []]


def test_a_check_that_has_lapsed_halts_the_next_wave(campaign: Campaign) -> None:
    with unchecked():
        tick(IN_LONDON - 4 * MINUTE)

    campaign.refresh_from_db()
    assert campaign.state == "halted"
    assert "The gb-line service is not shown to readers, because nobody has checked that it works." in campaign.reason


def test_help_that_ends_in_a_country_of_an_earlier_wave_holds_up_no_later_one(campaign: Campaign) -> None:
    make.service_facts("in-line", status="defunct")

    tick(IN_LONDON - 4 * MINUTE)

    campaign.refresh_from_db()
    assert (campaign.state, checked(campaign)[IN_LONDON]) == ("sending", True)


def test_no_worker_claims_a_wave_that_was_not_checked() -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tick()
    Wave.objects.update(help_checked_at=None)

    assert claims.waiting_projects() == {}
    assert worker.run(seconds=1) == 0
    tick()
    assert claims.waiting_projects() == {"fingerpost-test": 1}
    assert progress_of(campaign)["pending"] == 30


def test_a_paused_campaign_is_not_resumed_without_help() -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tick()
    campaign.refresh_from_db()
    author = make.campaign_staff()[0]
    lifecycle.pause(campaign, by=author, at=datetime.now(UTC))

    with withdrawn(), pytest.raises(HelpLapsed, match="Nothing more is sent"):
        lifecycle.resume(campaign, by=author, at=datetime.now(UTC))

    campaign.refresh_from_db()
    assert campaign.state == "paused"


def test_a_paused_alert_opens_in_no_further_country(campaign: Campaign) -> None:
    def listed(country: str, at: datetime) -> int:
        return len(feed_query.read(at=at).alerts(country=country, audience=None, locale="en", at=at))

    author = make.campaign_staff()[0]
    open_in_india = listed("IN", IN_INDIA + MINUTE)
    lifecycle.pause(campaign, by=author, at=IN_INDIA + 2 * MINUTE)
    paused = (listed("IN", IN_LONDON + MINUTE), listed("GB", IN_LONDON + MINUTE))
    lifecycle.resume(campaign, by=author, at=IN_LONDON + 2 * MINUTE)

    assert (open_in_india, paused, listed("GB", IN_LONDON + 3 * MINUTE)) == (1, (1, 0), 1)


def test_an_alert_paused_before_its_first_start_is_not_in_the_feed(campaign: Campaign) -> None:
    lifecycle.pause(campaign, by=make.campaign_staff()[0], at=IN_INDIA - MINUTE)

    assert feed_query.read(at=IN_INDIA + MINUTE).campaigns == ()
