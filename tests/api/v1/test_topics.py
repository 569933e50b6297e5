"""GET /v1/topics: the topics of an app that stores no push address, and refused requests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

import pycountry
import pytest
from django.core.cache import cache
from django.test import Client

from content.models import Release
from notifications.delivery import topic_list
from notifications.models import Registration, Segment
from tests import make

pytestmark = pytest.mark.django_db

QUERY = {
    "app": "teen",
    "country": "GB",
    "region": "GB-WLS",
    "locale": "cy",
    "audience": "teen",
    "time_zone": "Europe/London",
}


@pytest.fixture(autouse=True)
def _apps(db: None) -> None:
    make.small_release()
    make.app("teen", push_mode="topics", mode_by_country={"FR": "feed"})
    make.app("parent")


def ask(api: Client, without: str = "", **changed: str) -> Any:
    return api.get("/v1/topics", {name: value for name, value in {**QUERY, **changed}.items() if name != without})


def test_the_response_has_all_topics_and_the_time_to_refresh(api: Client) -> None:
    response = ask(api)

    document = response.json()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert set(document) == {"push_mode", "topics", "refresh_after"}
    assert (document["push_mode"], document["topics"]) == ("topics", ["fp1.teen.GB.GB-WLS.cy.teen.Europe~2FLondon"])
    assert datetime.fromisoformat(document["refresh_after"]) - datetime.now(UTC) > timedelta(days=13)
    assert not Segment.objects.exists()
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    ("left_out", "name"), [("region", "fp1.teen.GB.~.cy"), ("time_zone", "fp1.teen.GB.GB-WLS.cy.teen.Europe~2FLondon")]
)
def test_unknown_values_may_be_omitted(api: Client, left_out: str, name: str) -> None:
    assert ask(api, without=left_out).json()["topics"][0].startswith(name)


def test_what_is_not_in_the_list_gets_the_nearest_topic(api: Client) -> None:
    document = ask(api, locale="tlh", time_zone="Mars/Olympus").json()

    assert document["topics"] == ["fp1.teen.GB.GB-WLS.und.teen.Europe~2FLondon"]
    assert ask(api, locale="en-AU").json()["topics"] == ["fp1.teen.GB.GB-WLS.en.teen.Europe~2FLondon"]
    # No alert tells the parts of Wales apart.
    assert ask(api, region="GB-CRF").json()["topics"] == ["fp1.teen.GB.~.cy.teen.Europe~2FLondon"]


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        *((zone, "~") for zone in ("Mars/Olympus", "UTC", "", "Europe/London", "Antarctica/Davis")),
        ("America/Detroit", "America~2FNew_York"),
        ("US/Pacific", "America~2FLos_Angeles"),
    ],
)
def test_a_zone_is_one_of_the_country(api: Client, zone: str, name: str) -> None:
    answer = ask(api, without="region", country="US", locale="en", time_zone=zone).json()

    assert answer["topics"] == [f"fp1.teen.US.~.en.teen.{name}"]


@pytest.mark.slow
def test_no_question_changes_which_topics_an_alert_goes_to(api: Client) -> None:
    topic_list.write(at=datetime.now(UTC))
    listed = {row.topic: (row.pk, row.listed_on) for row in Segment.objects.topics()}
    zones = sorted(available_timezones())

    answers = [
        ask(api, without="region", country=country.alpha_2, time_zone=zone, audience=audience, locale=locale)
        for country in list(pycountry.countries)[::12]
        for zone in zones[:: len(zones) // 6]
        for audience, locale in (("teen", "en"), ("parent", "zh-Hant"), ("bystander", "x-invented"))
    ]

    given = {topic for answer in answers if answer.status_code == 200 for topic in answer.json()["topics"]}
    assert len(given) > 40
    assert given <= listed.keys()
    assert {row.topic: (row.pk, row.listed_on) for row in Segment.objects.topics()} == listed


def test_there_are_no_topics_before_the_first_publication(api: Client) -> None:
    Release.objects.update(state="superseded")

    response = ask(api)

    assert (response.status_code, response.json()["type"]) == (503, "/v1/problems/no-release")


@pytest.mark.parametrize("missing", ["app", "country", "locale", "audience"])
def test_missing_parameters_are_refused_by_name(api: Client, missing: str) -> None:
    response = ask(api, without=missing)

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == missing


@pytest.mark.parametrize(
    "wrong",
    [
        {"app": "no-such-app"},
        {"app": "Teen!"},
        {"region": "FR-75"},
        {"region": "GB-ZZZ"},
        {"locale": "not a tag"},
        {"locale": "xx-"},
        {"audience": "child"},
        {"time_zone": "a" * 65},
        {"time_zone": "<script>"},
        {"situation": "blackmail"},
        {"age": "15"},
        {"address": "x"},
        {"platform": "android"},
    ],
)
def test_invalid_parameters_are_refused_and_create_no_row(api: Client, wrong: dict[str, str]) -> None:
    response = ask(api, **wrong)

    assert response.status_code == 400
    assert response.json()["type"] == "/v1/problems/invalid-query"
    assert response.json()["errors"][0]["field"] == next(iter(wrong))
    assert not Segment.objects.exists()


@pytest.mark.parametrize("country", ["ZZ", "XX"])
def test_an_unassigned_country_has_no_topics(api: Client, country: str) -> None:
    assert ask(api, without="region", country=country).status_code in (400, 404)
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("where", "mode"), [({"app": "parent"}, "registrations"), ({"country": "FR", "region": "FR-IDF"}, "feed")]
)
def test_an_app_in_another_mode_gets_409_with_the_mode(api: Client, where: dict[str, str], mode: str) -> None:
    response = ask(api, **where)

    assert response.status_code == 409
    assert response.json()["type"] == "/v1/problems/push-mode"
    assert response.json()["push_mode"] == mode
    assert not Segment.objects.exists()


def test_the_teen_app_cannot_register_and_gets_409_with_topics(api: Client) -> None:
    body = {
        "app": "teen",
        "address_kind": "fid",
        "address": make.fid(1),
        "platform": "android",
        "locale": "cy",
        "country": "GB",
        "audience": "teen",
        "app_version": "1.2.0",
    }

    response = api.post("/v1/registrations", body, content_type="application/json")

    assert response.status_code == 409
    assert response.json()["push_mode"] == "topics"


def test_topics_is_not_a_platform_to_register_with(api: Client) -> None:
    body = {**QUERY, "app": "parent", "address_kind": "fid", "address": make.fid(1), "platform": "", "app_version": "1.2.0"}

    assert api.post("/v1/registrations", body, content_type="application/json").status_code == 422
    assert not Segment.objects.exists()


def test_requests_for_topics_are_limited_like_registrations(api: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "registrations": (2, 60)}

    answers = [ask(api).status_code for _ in range(3)]
    monkeypatch.setattr(cache, "incr", lambda key: 1 / 0)

    assert answers[2] == 429
    assert ask(api).status_code == 503


def test_the_service_document_links_to_topics(api: Client) -> None:
    root = api.get("/v1/").json()

    assert "topics" in root["features"]
    assert root["links"]["topics"].partition("?")[0] == "/v1/topics"
