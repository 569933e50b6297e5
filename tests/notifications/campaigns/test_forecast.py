"""The forecast: it names every installation, instant and language, and the planner does exactly that."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.campaigns import audience, forecast, schedule
from notifications.campaigns.audience import AudienceSegment
from notifications.campaigns.schedule import Clock, Delay
from notifications.console import will_happen
from notifications.delivery import planner
from notifications.models import Campaign, Segment, Wave
from notifications.models.quota import RAMP_ABOVE, RAMP_SECONDS, configured_rate, seconds_to_send
from tests import make
from tests.examples import examples
from tests.notifications.campaigns.test_schedule import planned, utc

#: Zones on both sides of the date line, with and without summer time, with odd offsets, and one that is not known.
PLACES = [
    ("GB", "Europe/London"), ("US", "America/New_York"), ("US", "America/Los_Angeles"), ("NP", "Asia/Kathmandu"),
    ("IN", "Asia/Kolkata"), ("AU", "Australia/Lord_Howe"), ("WS", "Pacific/Apia"), ("NZ", "Pacific/Chatham"),
    ("AS", "Pacific/Pago_Pago"), ("MA", "Africa/Casablanca"), ("US", ""),
]  # fmt: skip
ZONES = [zone for _, zone in PLACES]
#: Around the changes of the clock in Europe, America and Lord Howe, and on an ordinary day.
DAYS = [datetime(2027, 1, 12), datetime(2027, 3, 14), datetime(2027, 3, 28), datetime(2027, 4, 4), datetime(2027, 10, 31)]


def segment(zone: str = "Europe/London", *, devices: int = 30, **values: Any) -> AudienceSegment:
    defaults: dict[str, Any] = {
        "pk": 1, "app_id": "parent", "project": "p", "country": "GB", "region": "", "locale": "en", "audience": "parent",
        "platform": "android",
    }  # fmt: skip
    return AudienceSegment(**(defaults | values), zone=zone, devices=devices)


@st.composite
def schedules(draw: st.DrawFn) -> tuple[dict[str, Any], datetime]:
    """Return the times of a campaign, and now: any kind of start, end and decision about quiet hours."""
    at = draw(st.sampled_from(DAYS)).replace(tzinfo=UTC) + timedelta(seconds=draw(st.integers(0, 86_399)))
    kind = draw(st.sampled_from(["now", "at", "local"]))
    start = at + timedelta(seconds=draw(st.integers(-3_600, 172_800)))
    if draw(st.booleans()):
        start = start.replace(minute=draw(st.sampled_from([0, 30])), second=0)
    written = {
        "now": "",
        "at": start.isoformat(),
        "local": start.replace(tzinfo=None).isoformat(timespec=draw(st.sampled_from(["minutes", "seconds"]))),
    }[kind]
    end = at + timedelta(minutes=draw(st.integers(1, 4 * 24 * 60)))
    override = draw(st.sampled_from(["", "It cannot wait."]))
    return {"schedule_kind": kind, "schedule_at": written, "not_after": end, "quiet_override": override}, at


@settings(max_examples=examples(500), deadline=None)
@given(schedules(), st.lists(st.tuples(st.sampled_from(ZONES), st.integers(0, 40)), max_size=6))
def test_every_installation_is_in_exactly_one_zone_and_due_as_said(
    times: tuple[dict[str, Any], datetime], sizes: list[tuple[str, int]]
) -> None:
    fields, at = times
    campaign = planned(**fields, words={"en": {}}, home_locale="en")
    members = [segment(zone, devices=devices, pk=number) for number, (zone, devices) in enumerate(sizes)]

    said = forecast.forecast(campaign, members, at=at)

    expected: Counter[tuple[str, datetime | None]] = Counter()
    for zone, devices in sizes:
        if devices:
            expected[zone, schedule.due_at(campaign, zone, at=at)] += devices
    assert Counter({(zone.zone, zone.due_at): zone.devices for zone in said.zones if zone.devices}) == expected
    assert said.devices == sum(devices for _, devices in sizes)
    assert said.devices == said.skipped + sum(start.devices for start in said.starts)
    assert said.devices == sum(language.devices for language in said.languages)
    assert said.skipped == sum(language.skipped for language in said.languages)
    for inside in said.zones:
        check_zone(campaign, inside, at=at)


def check_zone(campaign: Campaign, said: forecast.ZoneForecast, *, at: datetime) -> None:
    """Check one zone of a forecast against the words of the rules, computed apart from it."""
    if said.due_at is None:
        return
    local = said.due_at.astimezone(ZoneInfo(said.zone or campaign.home_zone)).time()
    assert at <= said.due_at < campaign.not_after
    assert campaign.quiet_override or schedule.QUIET_UNTIL <= local < schedule.QUIET_FROM
    if said.delay == Delay.NONE:
        assert said.due_at == said.planned_at
    if said.delay == Delay.PAST:
        assert said.planned_at < at == said.due_at
    if said.delay in (Delay.QUIET_HOURS, Delay.BUSY_MINUTE):
        assert said.due_at > said.planned_at


def test_an_exact_second_at_night_is_said_to_wait_until_the_morning() -> None:
    campaign = planned(schedule_kind="at", schedule_at="2027-01-13T06:00:00Z", words={"en": {}}, home_locale="en")

    said = forecast.forecast(campaign, [segment(devices=105)], at=utc("2027-01-12T11:00:00"))

    (zone,) = said.zones
    assert (zone.planned_at, zone.due_at, zone.delay) == (utc("2027-01-13T06:00:00"), utc("2027-01-13T08:02:00"), "quiet-hours")
    assert (said.delayed, said.skipped, said.opens_at) == (105, 0, zone.due_at)


def test_nobody_is_due_where_the_night_lasts_until_the_end() -> None:
    campaign = planned(
        schedule_kind="at", schedule_at="2027-01-13T06:00:00Z", not_after=utc("2027-01-13T07:30:00"), words={"en": {}},
        home_locale="en",
    )  # fmt: skip

    said = forecast.forecast(campaign, [segment(devices=105)], at=utc("2027-01-12T11:11:00"))

    assert (said.opens_at, said.starts, said.skipped) == (None, (), 105)


def test_a_segment_without_installations_does_not_open_the_feed() -> None:
    campaign = planned(schedule_kind="local", schedule_at="2027-01-13T17:00:00", words={"en": {}}, home_locale="en")

    said = forecast.forecast(campaign, [segment("Asia/Kolkata", devices=0), segment()], at=utc("2027-01-12T11:00:00"))

    assert said.opens_at == utc("2027-01-13T17:00:00")


def test_a_skipped_and_a_repeated_local_time_are_named() -> None:
    gap = planned(schedule_kind="local", schedule_at="2027-03-28T01:30", words={"en": {}}, home_locale="en")
    fold = planned(schedule_kind="local", schedule_at="2027-10-31T01:30", words={"en": {}}, home_locale="en")
    at = utc("2027-01-12T11:00:00")

    clocks = [
        [zone.clock for zone in forecast.forecast(campaign, [segment(zone)], at=at).zones]
        for campaign in (gap, fold)
        for zone in ("Europe/London", "Asia/Kolkata")
    ]

    assert clocks == [[Clock.NEVER], [Clock.ONCE], [Clock.TWICE], [Clock.ONCE]]


def test_readers_without_a_text_in_their_language_are_counted_apart() -> None:
    campaign = planned(words={"en": {}, "cy": {}}, home_locale="en")
    members = [segment(locale="cy"), segment(locale="en-AU", devices=7), segment(locale="ar", devices=9, country="FR")]

    said = forecast.forecast(campaign, members, at=utc("2027-01-12T11:00:00"))

    assert [(row.country, row.locale, row.served, row.fallback, row.devices) for row in said.languages] == [
        ("FR", "ar", "en", True, 9),
        ("GB", "cy", "cy", False, 30),
        ("GB", "en-AU", "en", False, 7),
    ]


@pytest.fixture
def phones(transactional_db: None) -> None:
    make.app()
    for number, (country, zone) in enumerate([place for place in PLACES for _ in range(3)]):
        make.installation(number, country=country, time_zone=zone)
    assert set(Segment.objects.values_list("zone", flat=True)) == set(ZONES)


@pytest.mark.django_db(transaction=True)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(schedules())
def test_the_planner_does_what_the_forecast_says(phones: None, times: tuple[dict[str, Any], datetime]) -> None:
    fields, at = times
    start = {"now": {"at": "now"}, "at": {"at": fields["schedule_at"]}, "local": {"local": fields["schedule_at"]}}
    draft = make.campaign(
        state="draft", at=at, audience={"countries": "all", "audiences": ["parent"]},
        schedule=start[fields["schedule_kind"]], not_after=fields["not_after"].isoformat(),
        quiet_hours={"override": "x"} if fields["quiet_override"] else "respect",
    )  # fmt: skip
    said = forecast.of(draft, at=at)

    written = planner._write_waves(draft, audience.members(draft), at=at)
    planner._write_batches(draft, written, planner._ticket_watermark(), at=at)

    done = [(wave.due_at, wave.devices) for wave in Wave.objects.filter(campaign=draft)]
    skipped = [(None, said.skipped)] if said.skipped else []
    assert sorted(done, key=str) == sorted([*((start.due_at, start.devices) for start in said.starts), *skipped], key=str)
    if said.opens_at is None:
        with pytest.raises(forecast.NobodyDue):
            planner._first_start(draft, at=at)
    else:
        assert planner._first_start(draft, at=at) == said.opens_at


@pytest.mark.parametrize("messages", [1, RAMP_ABOVE, RAMP_ABOVE + 1, 200_000, 1_000_000])
def test_sending_takes_as_long_as_the_rate_says(messages: int) -> None:
    seconds, rate = seconds_to_send(messages), configured_rate()

    if messages <= RAMP_ABOVE:
        sent = rate * seconds
    elif seconds < RAMP_SECONDS:
        sent = rate * seconds**2 / (2 * RAMP_SECONDS)
    else:
        sent = rate * (seconds - RAMP_SECONDS / 2)
    assert sent == pytest.approx(messages)


@pytest.mark.django_db
def test_a_large_campaign_says_when_its_last_message_leaves_and_to_tell_the_helplines() -> None:
    at = datetime(2027, 1, 12, 12, 0, tzinfo=UTC)
    campaign = make.campaign(state="draft", at=at, reached=False, not_after="2027-01-12T18:00:00Z")

    def said(devices: int) -> will_happen.WillHappen:
        return will_happen.worded(campaign, forecast.forecast(campaign, [segment(devices=devices)], at=at))

    small, large, too_large = said(900), said(200_000), said(400_000_000)

    assert [one for one in small.sentences if "last message" in one] == []
    assert small.warnings == ()
    assert "At the full rate the last message leaves at 12 January 2027 at 12:00:55 London time" in " ".join(large.sentences)
    assert [warning.partition(".")[0] for warning in large.warnings] == [
        "About 200,000 phones show the campaign’s helplines at the same moment"
    ]
    assert too_large.warnings[0].startswith("Sending takes until 13 January 2027 at 02:")
