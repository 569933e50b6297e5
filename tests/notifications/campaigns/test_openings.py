"""Nobody in a country reads an alert before the first phone of that country is due, in feed, Atom, CAP and by its id."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from babel.core import get_global
from hypothesis import given
from hypothesis import strategies as st

from notifications import feed, feed_query
from notifications.campaigns import forecast
from notifications.campaigns.audience import AudienceSegment
from notifications.campaigns.openings import every_country, openings
from notifications.delivery import planner
from notifications.models import Campaign
from tests import make

NOW = datetime(2027, 1, 12, 12, 0, tzinfo=UTC)
COUNTRIES = {country: zones for country, zones in get_global("territory_zones").items() if country in every_country()}


def segment(number: int, country: str, zone: str, devices: int, *, topic: bool) -> AudienceSegment:
    return AudienceSegment(
        pk=number, app_id="parent", project="p", country=country, region="", locale="en", audience="parent", zone=zone,
        platform="" if topic else "android", devices=0 if topic else devices,
    )  # fmt: skip


@st.composite
def campaigns(draw: st.DrawFn) -> tuple[Campaign, list[AudienceSegment]]:
    """Draw a campaign for some countries or all, and phones and topics in their zones, some of which are not known."""
    named = draw(st.lists(st.sampled_from(sorted(COUNTRIES)), min_size=1, max_size=8, unique=True))
    with_phones = draw(st.lists(st.sampled_from(named), min_size=1, max_size=6))
    members = [
        segment(
            number, country, draw(st.sampled_from(["", *COUNTRIES[country]])), draw(st.integers(0, 3)), topic=draw(st.booleans())
        )
        for number, country in enumerate(with_phones)
    ]
    hours = draw(st.integers(0, 23))
    schedule = draw(
        st.sampled_from([("now", ""), ("at", f"2027-01-13T{hours:02}:20:00Z"), ("local", f"2027-01-13T{hours:02}:20")])
    )
    campaign = Campaign(
        countries=draw(st.sampled_from([named, ["all"]])), regions=["all"], audiences=["parent"], locales=["all"],
        words={"en": {}},
        schedule_kind=schedule[0], schedule_at=schedule[1], home_zone="Europe/London", home_locale="en",
        quiet_override=draw(st.sampled_from(["", "It cannot wait."])),
        not_after=NOW + timedelta(hours=draw(st.integers(6, 72))), created_at=NOW,
    )  # fmt: skip
    return campaign, members


@given(campaigns())
def test_no_country_opens_before_its_own_phones_and_none_before_the_first(drawn: tuple[Campaign, list[AudienceSegment]]) -> None:
    campaign, members = drawn
    first = forecast.forecast(campaign, members, at=NOW).opens_at
    if first is None:
        return

    found = openings(campaign, members, first=first, at=NOW)

    by_country = defaultdict(list)
    for one in members:
        by_country[one.country].append(one)
    for country in COUNTRIES if campaign.countries == ["all"] else campaign.countries:
        opens = found.get(country, first)
        inside = [one for one in by_country[country] if one.is_topic or one.devices]
        if inside:
            assert opens == forecast.forecast(campaign, inside, at=NOW).opens_at
        assert opens is None or first <= opens < campaign.not_after
    assert first not in found.values()
    assert found.keys() <= set(every_country() if campaign.countries == ["all"] else campaign.countries)


def test_a_country_without_phones_opens_by_its_own_clock_and_never_before_the_first_message() -> None:
    campaign = Campaign(
        countries=["GB", "IN", "NZ", "US"], schedule_kind="local", schedule_at="2027-01-13T17:20", home_zone="Europe/London",
        quiet_override="x", not_after=NOW + timedelta(days=3),
    )  # fmt: skip
    london = datetime(2027, 1, 13, 17, 20, tzinfo=UTC)

    found = openings(campaign, [segment(1, "GB", "Europe/London", 20, topic=False)], first=london, at=NOW)

    assert found == {"US": datetime(2027, 1, 13, 17, 20, tzinfo=ZoneInfo("America/New_York"))}


CLOCK: dict[str, Any] = {
    "audience": {"countries": ["GB", "NZ", "US"], "audiences": ["parent"]},
    "schedule": {"local": "2027-01-13T17:20:00"},
    "not_after": "2027-01-15T12:00:00Z",
}
AUCKLAND = datetime(2027, 1, 13, 4, 20, tzinfo=UTC)
LONDON = datetime(2027, 1, 13, 17, 20, tzinfo=UTC)
NEW_YORK = datetime(2027, 1, 13, 22, 20, tzinfo=UTC)


@pytest.fixture
def by_each_clock(db: None) -> Campaign:
    make.world()
    make.app()
    make.installations(20)
    make.installation(100, country="NZ", time_zone="Pacific/Auckland")
    make.installation(101, country="US", time_zone="America/New_York")
    campaign = make.campaign(at=NOW, **CLOCK)
    assert planner.plan_audience(campaign, at=AUCKLAND - timedelta(minutes=5))
    return Campaign.objects.get(pk=campaign.pk)


def test_the_feed_of_each_country_opens_at_its_first_due_instant(by_each_clock: Campaign) -> None:
    found = feed.from_rows(orjson.loads(orjson.dumps(feed_query.read(at=NOW).rows())))

    for country, opens in (("NZ", AUCKLAND), ("GB", LONDON), ("US", NEW_YORK)):
        before = opens - timedelta(seconds=1)
        where: dict[str, Any] = {"audience": "parent", "locale": "en"}
        assert found.alerts(country=country, at=before, **where) == []
        (alert,) = found.alerts(country=country, at=opens, **where)
        assert datetime.fromisoformat(alert["opens"]) == opens
        assert found.alert(by_each_clock.pk, locale="en", at=opens, country=country)["opens"] == alert["opens"]
        with pytest.raises(feed.NoSuchAlert):
            found.alert(by_each_clock.pk, locale="en", at=before, country=country)
    assert datetime.fromisoformat(found.alert(by_each_clock.pk, locale="en", at=AUCKLAND)["opens"]) == AUCKLAND
    with pytest.raises(feed.NoSuchAlert):
        found.alert(by_each_clock.pk, locale="en", at=AUCKLAND - timedelta(seconds=1))
    assert found.changes_at(AUCKLAND) == LONDON
    assert found.changes_at(LONDON) == NEW_YORK
    assert found.changes_at(NEW_YORK) == by_each_clock.not_after


@pytest.mark.django_db
def test_a_correction_replaces_the_alert_in_a_country_only_once_it_opens_there(by_each_clock: Campaign) -> None:
    later = AUCKLAND + timedelta(minutes=1)
    update = make.campaign(kind="update", references=by_each_clock.pk, at=later, **CLOCK | {"schedule": {"at": "now"}})
    assert planner.plan_audience(update, at=later)
    found = feed_query.read(at=later)

    def shown(country: str, at: datetime) -> list[str]:
        return [alert["id"] for alert in found.alerts(country=country, audience="parent", locale="en", at=at)]

    assert shown("NZ", AUCKLAND) == [str(by_each_clock.pk)]
    assert shown("NZ", later) == shown("GB", later) == [str(update.pk)]
    assert shown("GB", AUCKLAND) == []


@pytest.mark.django_db
def test_pages_that_are_not_held_in_memory_are_known_by_their_last_opening(by_each_clock: Campaign) -> None:
    for minute in range(3):
        at = NEW_YORK + timedelta(days=3, minutes=minute)
        campaign = make.campaign(at=at, not_after=(at + timedelta(days=1)).isoformat())
        assert planner.plan_audience(campaign, at=at)
    much_later = NEW_YORK + timedelta(days=10)

    held = feed_query.read(at=much_later, limit=2)

    assert [campaign.pk for campaign in held.campaigns] == [campaign.pk, campaign.pk - 1]
    assert held.complete_since == NEW_YORK + timedelta(days=3)
    assert feed_query.read(at=much_later, limit=3).complete_since == NEW_YORK
