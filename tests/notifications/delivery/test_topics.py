"""Topics: their names, how long they are kept, and what is sent to them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from content.terms import Audience
from notifications.campaigns import audience
from notifications.campaigns.progress import progress_of
from notifications.delivery import maintenance, planner
from notifications.models import Batch, Campaign, Registration, Segment, Wave
from tests import make
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _world(transactional_db: None) -> None:
    make.world()
    make.app("teen", push_mode="topics")


def test_topic_names_are_unique_and_valid_for_fcm() -> None:
    zones = ("", "~", "Europe/London", "Europe-London", "Europe.London", "Etc/GMT+5", "Etc/GMT-5", "Europe~2FLondon")
    rows = [
        Segment(app_id=app, country="GB", region=region, locale=locale, audience=who, zone=zone)
        for app, region, locale, who, zone in product(
            ("teen", "teen_GB", "teen-GB"), ("", "GB-WLS"), ("cy", "zh-Hant-HK"), Audience.values, zones
        )
    ]

    names = [row.topic for row in rows]

    assert len(set(names)) == len(rows)
    assert all(re.fullmatch(r"[a-zA-Z0-9-_.~%]+", name) for name in names)
    assert {name.partition(".")[0] for name in names} == {"fp1"}


def test_the_longest_topic_name_is_valid_for_fcm() -> None:
    row = Segment(app_id="a" * 40, country="GB", region="GB-WLS", locale="l" * 35, audience="bystander", zone="/" * 40)

    assert len(row.topic) <= 900


def test_a_topic_name_depends_on_its_row_alone() -> None:
    assert make.topic(region="GB-WLS", locale="cy").topic == "fp1.teen.GB.GB-WLS.cy.teen.Europe~2FLondon"
    assert make.topic(country="US", time_zone=None).topic == "fp1.teen.US.~.en.teen.~"


def test_topics_not_listed_for_270_days_are_purged_once_a_day() -> None:
    old, recent = make.topic(at=make.NOON - timedelta(days=271)), make.topic(locale="cy", at=make.NOON - timedelta(days=270))

    first = maintenance.purge_unlisted_topics(at=make.NOON)
    make.topic(locale="mi", at=make.NOON - timedelta(days=300))
    again = maintenance.purge_unlisted_topics(at=make.NOON)

    assert (first, again) == (1, 0)
    assert not Segment.objects.filter(pk=old.pk).exists()
    assert Segment.objects.filter(pk=recent.pk).exists()


def test_a_topic_of_a_campaign_in_flight_is_not_purged() -> None:
    make.topic(at=datetime.now(UTC) - timedelta(days=300))
    campaign = teens()
    tick()

    during = maintenance.purge_unlisted_topics(at=datetime.now(UTC))
    campaign.refresh_from_db()

    assert (campaign.state, campaign.topics, during) == ("sending", 1, 0)


def test_only_a_topic_has_the_day_on_which_it_was_last_listed() -> None:
    for platform, day in (("", "NULL"), ("android", "'2026-12-01'")):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO notifications_segment (app_id, country, region, locale, audience, zone, platform, requested_on)"
                f" VALUES ('teen', 'GB', '', 'en', 'teen', '', %s, {day})",
                [platform],
            )


def teens(**changes: Any) -> Campaign:
    """Return an approved campaign for the teens of Great Britain."""
    return make.campaign(**{"apps": ["teen"], "audience": {"countries": ["GB"], "audiences": ["teen"]}} | changes)


def test_topics_get_waves_of_their_own_by_zone() -> None:
    make.app()
    make.installations(25)
    for country, zone in (("GB", "Europe/London"), ("FR", "Europe/Paris"), ("US", "")):
        make.topic(country=country, time_zone=zone)
    at = datetime(2026, 12, 1, 10, tzinfo=UTC)
    campaign = make.campaign(
        at=at,
        apps=["parent", "teen"],
        audience={"countries": "all", "audiences": ["parent", "teen"]},
        schedule={"local": "2026-12-01T17:05"},
        not_after="2026-12-03T00:00:00Z",
        quiet_hours="respect",
    )

    assert planner.plan_audience(campaign, at=at)

    waves = [(wave.by_topic, wave.due_at, wave.zones, wave.devices) for wave in Wave.objects.order_by("by_topic", "due_at")]
    assert waves == [
        (False, datetime(2026, 12, 1, 17, 5, tzinfo=UTC), ["Europe/London"], 25),
        (True, datetime(2026, 12, 1, 16, 5, tzinfo=UTC), ["Europe/Paris"], 0),
        (True, datetime(2026, 12, 1, 17, 5, tzinfo=UTC), ["", "Europe/London"], 0),
    ]
    campaign.refresh_from_db()
    assert (campaign.devices, campaign.topics, campaign.starts_at) == (25, 3, datetime(2026, 12, 1, 16, 5, tzinfo=UTC))


def test_a_topic_in_quiet_hours_until_the_end_is_skipped_and_counted() -> None:
    make.topic()
    make.topic(country="NZ", time_zone="Pacific/Auckland")
    at = datetime(2026, 12, 1, 10, tzinfo=UTC)
    both = {"countries": ["GB", "NZ"], "audiences": ["teen"]}
    campaign = teens(at=at, audience=both, not_after="2026-12-01T18:00:00Z", quiet_hours="respect")

    planner.plan_audience(campaign, at=at)

    counts = progress_of(campaign)
    assert counts["topics"] == {
        "topics": 2, "accepted": 0, "rejected": {}, "unknown": 0, "pending": 1, "skipped": 1
    }  # fmt: skip
    assert (counts["devices"], counts["pending"]) == (0, 0)


def test_batches_of_at_most_500_hold_every_topic() -> None:
    Segment.objects.bulk_create(
        Segment(app_id="teen", country="GB", locale="en", audience="teen", zone=f"Zone/{n}", platform="", listed_on=make.NOON)
        for n in range(1_203)
    )
    campaign = teens()

    tick()

    batches = list(Batch.objects.order_by("from_segment").values_list("from_segment", "to_segment", "size"))
    assert [n for _, _, n in batches] == [500, 500, 203]
    assert all(low <= high for low, high, _ in batches)
    assert all(before[1] < after[0] for before, after in pairwise(batches))
    assert Campaign.objects.get(pk=campaign.pk).topics == 1_203


def test_topics_alone_may_be_few_and_registrations_may_not() -> None:
    make.topic()
    alone = teens()
    make.app()
    twenty = make.installations(20)
    both = make.campaign(apps=["parent", "teen"], audience={"countries": ["GB"], "audiences": ["parent", "teen"]})
    Registration.objects.filter(pk=twenty[0].id).delete()

    tick()

    alone.refresh_from_db()
    both.refresh_from_db()
    assert (alone.state, alone.topics) == ("sending", 1)
    assert (both.state, both.reason) == ("halted", audience.TooFew().detail)


@pytest.mark.parametrize(
    ("mode", "devices", "in_topics", "refused"),
    [
        ("registrations", 20, 0, False),
        ("registrations", 0, 0, True),
        ("registrations", 0, 1, False),
        ("registrations", 19, 9, True),
        ("topics", 0, 0, False),
        ("feed", 0, 0, False),
        # A segment that should not exist is not sent to either.
        ("topics", 5, 9, True),
    ],
)
def test_an_audience_is_too_small_by_its_registrations_alone(mode: str, devices: int, in_topics: int, refused: bool) -> None:
    make.app("other", push_mode=mode)
    campaign = make.campaign(state="draft", apps=["other"])

    if refused:
        with pytest.raises(audience.TooFew):
            audience.check_size(campaign, devices=devices, topics=in_topics)
    else:
        audience.check_size(campaign, devices=devices, topics=in_topics)


def test_an_audience_has_the_topics_that_match_it_in_each_country() -> None:
    teen = make.app("teen")
    wheres: list[dict[str, Any]] = [{}, {"region": "GB-WLS"}, {"locale": "cy"}, {"audience": "bystander"}, {"country": "NZ"}]
    for where in wheres:
        make.topic(**where)
    teen.mode_by_country = {"NZ": "feed"}
    teen.save()
    everywhere = teens(state="draft", audience={"countries": "all", "audiences": ["teen"]})
    narrow = teens(state="draft", audience={"countries": ["GB"], "regions": ["GB-WLS"], "audiences": "all"})
    welsh = teens(state="draft", audience={"countries": ["GB"], "audiences": ["teen"], "locales": ["cy"]})

    found = [[(row.region, row.locale) for row in audience.topics(campaign)] for campaign in (everywhere, narrow, welsh)]

    assert found == [[("", "en"), ("GB-WLS", "en"), ("", "cy")], [("GB-WLS", "en")], [("", "cy")]]
    assert audience.reach(everywhere) == {"stored": False, "devices": None, "topics": 3, "by": []}
    assert audience.segments(everywhere) == []


def test_a_campaign_approved_before_its_app_used_topics_stays_in_the_feed() -> None:
    teen = make.app("teen")
    teen.push_mode = "feed"
    teen.save()
    campaign = teens()
    teen.push_mode = "topics"
    teen.save()
    make.topic()

    tick()

    campaign.refresh_from_db()
    assert (campaign.state, campaign.topics, progress_of(campaign)["topics"]) == ("done", 0, None)
