"""POST /v1/help on the fast path answers as Django does, without a query."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from content.terms import Audience, Situation
from tests.api.reads.test_fast_path import HELP
from tests.api.wsgi import BothPaths, ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_served")]


BODIES = st.fixed_dictionaries(
    {"country": st.sampled_from(["GB", "gb", "IN", "NO", "XX"]), "situation": st.sampled_from([*Situation.values, "new", "No"])},
    optional={
        "region": st.sampled_from([None, "GB-WLS", "IN-MH", "x"]),
        "audience": st.sampled_from([*Audience.values, "spy"]),
        "age": st.sampled_from([None, 8, 15, 17.0, 18, 40, 121, True, "15"]),
        "age_in_image": st.sampled_from([None, 12, 30]),
        "site": st.sampled_from([None, "snapchat", "elsewhere"]),
        "languages": st.sampled_from([None, [], ["cy", "en"], ["xx"], ["hi-IN"], "en", [1]]),
        "can_speak": st.sampled_from([None, True, False, 0]),
        "at": st.sampled_from([None, "2026-12-01T03:00:00Z", "2026-12-25T12:00:00+01:00", "now"]),
        "unknown": st.just(1),
    },
)


def test_help_equals_djangos_response_for_good_and_bad_bodies(both: BothPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    now = timezone.now()
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)
    statuses = []

    @settings(max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(values=BODIES, language=st.sampled_from(["", "cy", "ar;q=0.1"]))
    def compare(values: dict[str, Any], language: str) -> None:
        body, before = orjson.dumps(values), both.passed_on
        quick, slow = (
            ask(application, "/v1/help", method="POST", body=body, accept_language=language)
            for application in (both.fast, both.django)
        )
        assert quick == slow
        assert both.passed_on - before == (quick.status != 200)
        statuses.append(quick.status)

    compare()
    assert set(statuses) == {200, 404, 422}
    # How many of the examples are valid varies with the constants that Hypothesis finds in the modules of the project.
    assert statuses.count(200) >= 5


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"", {}, 422),
        (b"[" * 60_000, {}, 400),
        (b" " * 70_000, {}, 413),
        (b"{}", {"content_length": "x"}, 422),
        (b'{"country": "GB"}', {"content_length": "9999999999999999999"}, 413),
        (b'{"country": "GB"}', {"content_type": "text/plain"}, 415),
        (b'{"country": "GB"}', {"content_type": "application/json; charset=utf-16"}, 415),
        (b'{"country": "GB"}', {"content_encoding": "gzip"}, 415),
    ],
)
def test_an_unreadable_body_gets_djangos_response(both: BothPaths, body: bytes, headers: dict[str, Any], status: int) -> None:
    quick, slow = (ask(app, "/v1/help", method="POST", body=body, **headers) for app in (both.fast, both.django))

    assert quick == slow
    assert quick.status == status


def test_help_does_not_query_the_database(both: BothPaths, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ask(both.fast, "/v1/help", method="POST", body=orjson.dumps(HELP))

    with django_assert_num_queries(0):
        answer = ask(both.fast, "/v1/help", method="POST", body=orjson.dumps(HELP))

    assert (answer.status, answer["Cache-Control"], both.passed_on) == (200, "no-store", 0)
