"""The closed list of topics: it follows from approved facts, holds every answer, and an alert costs no more than it says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pycountry
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.importing.facts import SERVICES_FILE
from content.importing.reference import load_reference
from content.models import Locale, Service
from content.terms import Recipient
from notifications import tasks
from notifications.campaigns import audience, forecast
from notifications.delivery import maintenance, planner, topic_list
from notifications.delivery.topic_list import TopicFacts
from notifications.models import App, Campaign, Segment
from notifications.registrations import values
from notifications.registrations.values import InvalidValue
from tests import make
from tests.notifications.steps import tick
from tools.sandbox.demo_devices import topic_queries

COUNTRIES = sorted(country.alpha_2 for country in pycountry.countries)
#: Every language of ISO 639-1, and some tags beside them.
LOCALES = [
    *sorted(language.alpha_2 for language in pycountry.languages if hasattr(language, "alpha_2")),
    *("en-AU", "fr-CA", "zh-TW", "x-name", "tlh", "pt-PT", "sr-Latn"),
]
#: The most topics that one app should have: FCM takes 10,000 messages of a project in a second.
MOST = 20_000


def shipped() -> TopicFacts:
    """Return the facts of a release of everything that the product comes with."""
    load_reference()
    entries = json.loads(SERVICES_FILE.read_bytes())["entries"]
    return TopicFacts(
        frozenset(entry["country"] for entry in entries) - {"ZZ"},
        tuple(sorted(Locale.objects.translated().values_list("code", flat=True))),
        frozenset(values.NATIONS).union(*(entry.get("regions", ()) for entry in entries)),
    )


FACTS = TopicFacts(frozenset({"GB", "US"}), ("cy", "en", "es", "es-419", "fr", "pt-BR", "zh-Hant"), frozenset(values.NATIONS))


@pytest.mark.django_db
def test_the_list_of_the_shipped_facts_is_short() -> None:
    facts = shipped()
    sizes = {country: sum(1 for _ in topic_list.listed(facts, country)) for country in COUNTRIES}

    assert len(facts.countries) >= 39
    # Five parts, 27 languages and an unknown one, four audiences, one clock.
    assert sizes["GB"] == 5 * (len(facts.locales) + 1) * 4
    assert sum(sizes.values()) < MOST


@given(
    country=st.sampled_from(COUNTRIES),
    locale=st.sampled_from(LOCALES),
    audience=st.sampled_from(Recipient.values),
    zone=st.sampled_from(["", "UTC", "America/Detroit", "US/Pacific", "Europe/London", "Mars/Olympus", "Antarctica/Davis"]),
    region=st.sampled_from([None, "GB-WLS", "GB-CRF", "US-NY"]),
)
def test_every_answer_is_in_the_list(country: str, locale: str, audience: str, zone: str, region: str | None) -> None:
    place = region if region and region.startswith(country) else None
    answer = topic_list.nearest(FACTS, country=country, region=place, locale=locale, audience=audience, time_zone=zone)

    assert answer in set(topic_list.listed(FACTS, country))


@pytest.mark.parametrize(
    ("requested", "given"),
    [
        ({"locale": "en-AU"}, {"locale": "en"}),
        ({"locale": "pt-PT"}, {"locale": "pt-BR"}),
        ({"locale": "sr"}, {"locale": "und"}),
        ({"locale": "x-a-child-s-name"}, {"locale": "und"}),
        ({"region": "GB-WLS"}, {"region": "GB-WLS"}),
        ({"region": "GB-CRF"}, {"region": ""}),
        ({"time_zone": "europe/london"}, {"zone": "Europe/London"}),
        ({"time_zone": "Mars/Olympus"}, {"zone": "Europe/London"}),
        ({"country": "US", "time_zone": "Mars/Olympus"}, {"zone": ""}),
        ({"country": "US", "time_zone": "America/Indiana/Vincennes"}, {"zone": "America/New_York"}),
        # No pack of its own: the languages of the country, and no others.
        ({"country": "PE", "locale": "es-ES"}, {"locale": "es-419"}),
        ({"country": "PE", "locale": "cy"}, {"locale": "und"}),
    ],
)
def test_what_is_outside_falls_to_the_nearest_topic(requested: dict[str, Any], given: dict[str, str]) -> None:
    known = {name: value for name, value in make.TEEN.items() if name != "app"} | requested
    answer = topic_list.nearest(FACTS, **known)._asdict()

    assert {name: answer[name] for name in given} == given


@pytest.mark.parametrize("wrong", [{"country": "ZZ"}, {"country": "gb"}, {"region": "FR-75"}, {"locale": "not a tag"}])
def test_a_value_that_does_not_exist_is_refused(wrong: dict[str, Any]) -> None:
    known = {name: value for name, value in make.TEEN.items() if name != "app"} | wrong

    with pytest.raises(InvalidValue):
        topic_list.nearest(FACTS, **known)


@pytest.fixture
def published(transactional_db: None) -> None:
    make.small_release()
    make.app("teen", push_mode="topics", mode_by_country={"FR": "feed"})


def names() -> set[str]:
    return {row.topic for row in Segment.objects.topics()}


@pytest.mark.django_db(transaction=True)
def test_a_new_locale_has_topics_from_its_publication_on(published: None) -> None:
    topic_list.write(at=make.NOON)
    before = names()
    Locale.objects.create(code="so", name="Somali", endonym="Soomaali")
    topic_list.write(at=make.NOON)
    assert names() == before

    make.release()
    topic_list.write(at=make.NOON)

    added = names() - before
    assert "fp1.teen.GB.GB-WLS.so.teen.Europe~2FLondon" in added
    assert {name.split(".")[4] for name in added} == {"so"}


@pytest.mark.django_db(transaction=True)
def test_a_region_of_an_approved_service_has_topics(published: None) -> None:
    topic_list.write(at=make.NOON)
    before = names()
    make.service_facts("gb-line", regions=["GB-LND"])

    topic_list.write(at=make.NOON)

    assert {name.split(".")[3] for name in names() - before} == {"GB-LND"}
    assert Service.objects.get(pk="gb-line").regions == ["GB-LND"]


@pytest.mark.django_db(transaction=True)
def test_the_list_is_written_once_a_day_and_by_mode(published: None) -> None:
    make.app("parent")

    written = [topic_list.write(at=make.NOON + timedelta(hours=hours)) for hours in (0, 5, 24)]

    assert written == [Segment.objects.count(), 0, Segment.objects.count()]
    assert not Segment.objects.filter(country="FR").exists()
    assert set(Segment.objects.values_list("app", "platform", "listed_on")) == {("teen", "", date(2026, 12, 2))}


@pytest.mark.django_db(transaction=True)
def test_twelve_processes_that_write_at_once_make_one_list(published: None, at_once: Callable[..., list[Any]]) -> None:
    written = at_once(*[lambda: topic_list.write(at=make.NOON)] * 12)

    assert max(written) == Segment.objects.count() == len(names())


@pytest.mark.django_db(transaction=True)
def test_what_changes_the_list_changes_its_basis(published: None) -> None:
    first = topic_list.basis(at=make.NOON)
    assert topic_list.basis(at=make.NOON + timedelta(hours=1)) == first
    assert topic_list.basis(at=make.NOON + timedelta(days=1)) != first

    App.objects.filter(name="teen").update(mode_by_country={})

    assert topic_list.basis(at=make.NOON) != first


@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_the_list_soon_after_a_publication(published: None, monkeypatch: pytest.MonkeyPatch) -> None:
    step, stopping = tasks._ListTopics(), threading.Event()
    step(stopping)
    before = names()
    Locale.objects.create(code="so", name="Somali", endonym="Soomaali")
    make.release()

    step(stopping)
    too_soon = names()
    later = time.monotonic() + tasks.TOPICS_INTERVAL
    monkeypatch.setattr(time, "monotonic", lambda: later)
    step(stopping)

    assert before
    assert too_soon == before
    assert names() > before


@pytest.mark.django_db
def test_the_phones_of_the_demo_get_a_topic_each() -> None:
    facts = shipped()
    given = []
    for query in topic_queries():
        values: dict[str, Any] = {"region": None, **query}
        del values["app"]
        given.append(topic_list.nearest(facts, **values))

    assert len(set(given)) == len(given)
    assert {topic.locale for topic in given} >= {"cy", "mi", "pt-BR"}


@pytest.mark.django_db(transaction=True)
def test_an_alert_goes_to_the_topics_of_the_list_and_the_console_says_how_many(published: None) -> None:
    campaign = teens()
    topic_list.write(at=make.NOON)

    said = forecast.of(campaign, at=make.NOON)
    tick()

    campaign.refresh_from_db()
    # Five parts of the country, each language of the release and an unknown one.
    assert campaign.topics == said.topics == 5 * (Locale.objects.count() + 1)
    assert audience.reach(campaign)["topics"] == said.topics


@pytest.mark.django_db(transaction=True)
def test_the_list_is_whole_when_an_audience_is_frozen(published: None) -> None:
    campaign = teens()
    assert Segment.objects.topics().count() == 1

    assert planner.plan_audience(campaign, at=datetime.now(UTC))

    campaign.refresh_from_db()
    assert campaign.topics == 5 * (Locale.objects.count() + 1)


@pytest.mark.django_db(transaction=True)
def test_phones_keep_the_topics_that_they_were_given_before_there_was_a_list(published: None) -> None:
    now = datetime.now(UTC)
    given = make.topic(country="US", time_zone="America/Detroit", region="US-MI", at=now - timedelta(days=200))
    campaign = make.campaign(apps=["teen"], audience={"countries": ["US"], "audiences": ["teen"]})
    topic_list.write(at=now)

    assert maintenance.purge_unlisted_topics(at=now) == 0
    assert given.pk in {topic.pk for topic in audience.topics(campaign)}
    assert maintenance.purge_unlisted_topics(at=now + timedelta(days=71)) == 1
    assert not Segment.objects.filter(pk=given.pk).exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_is_listed_before_the_first_publication(transactional_db: None) -> None:
    make.app("teen", push_mode="topics")

    assert topic_list.write(at=make.NOON) == 0


def teens(**changes: Any) -> Campaign:
    """Return an approved campaign for the teens of Great Britain."""
    return make.campaign(**{"apps": ["teen"], "audience": {"countries": ["GB"], "audiences": ["teen"]}} | changes)
