"""The first starts of many campaigns are those that the forecast says for each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.campaigns import forecast
from notifications.campaigns.first_starts import KnownZones, first_starts
from notifications.models import Campaign
from tests import make

pytestmark = pytest.mark.django_db

ZONES = {"GB": "Europe/London", "IN": "Asia/Kolkata", "US": "America/New_York"}
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
UNTIL = (NOW + timedelta(days=3)).isoformat()


def draft(**changes: Any) -> Campaign:
    return make.campaign(state="draft", at=NOW, **{"not_after": UNTIL, "quiet_hours": "respect"} | changes)


def test_the_first_starts_of_many_are_those_of_the_forecast() -> None:
    make.app()
    make.app("teen", push_mode="topics")
    for number, (country, zone) in enumerate(ZONES.items()):
        make.installation(number, country=country, time_zone=zone, locale="hi" if country == "IN" else "en")
    make.topic(country="US", time_zone="Pacific/Honolulu", at=NOW)
    schedules = ({"at": "now"}, {"at": "2026-12-02T02:30:00Z"}, {"local": "2026-12-02T17:00"}, {"local": "2026-12-02T03:10:05"})
    audiences: tuple[tuple[Any, Any, Any], ...] = (
        (["parent"], ["GB"], "all"),
        (["parent"], ["IN", "US"], "all"),
        (["parent"], "all", ["en"]),
        (["teen"], ["US"], "all"),
        ("all", "all", "all"),
        (["parent"], ["FR"], "all"),
    )
    campaigns = [
        draft(schedule=schedule, apps=apps, audience={"countries": countries, "audiences": "all", "locales": locales})
        for schedule in schedules
        for apps, countries, locales in audiences
    ]

    found = first_starts(campaigns, at=NOW)

    assert found == {campaign.pk: forecast.of(campaign, at=NOW).opens_at for campaign in campaigns}
    assert len(set(found.values())) > 5


def test_a_campaign_that_reaches_nobody_before_its_end_has_no_start() -> None:
    made = draft(schedule={"at": "2026-12-02T03:00:00Z"}, not_after="2026-12-02T05:00:00Z")

    assert first_starts([made], at=NOW) == {made.pk: None}


def test_topics_that_no_campaign_tells_apart_are_read_as_one() -> None:
    make.app("teen", push_mode="topics")
    for locale in ("cy", "en", "fr", "es"):
        for audience in ("parent", "teen", "educator"):
            make.topic(country="US", time_zone="Pacific/Honolulu", locale=locale, audience=audience, at=NOW)
    everywhere = {"countries": "all", "audiences": "all"}
    campaign = draft(schedule={"local": "2026-12-02T17:00"}, apps="all", audience=everywhere)

    with CaptureQueriesContext(connection) as queries:
        first_starts([campaign], at=NOW)

    assert len(queries) == 1
    with connection.cursor() as cursor:
        cursor.execute(queries.captured_queries[0]["sql"])
        assert len(cursor.fetchall()) == 1


def test_the_zones_of_an_audience_are_read_once_for_a_page(django_assert_num_queries: Any) -> None:
    make.app()
    make.installation(country="IN", time_zone="Asia/Kolkata")
    one, same, other = (
        draft(schedule={"local": "2026-12-02T17:00"}, apps=["parent"], audience={"countries": [country], "audiences": "all"})
        for country in ("IN", "IN", "US")
    )
    known = KnownZones()

    with django_assert_num_queries(1):
        first_starts([one], at=NOW, known=known)
        first_starts([same], at=NOW, known=known)
    with django_assert_num_queries(1):
        first_starts([one, same, other], at=NOW, known=known)
