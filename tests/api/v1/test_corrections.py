"""Reports that a channel does not work: closed values, a daily count, and nothing about the sender."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from content.models import Channel, ChannelRevision, CorrectionCount
from content.models.channel_revision import Act
from tests import make

pytestmark = pytest.mark.django_db
REPORT = {"service": "gb-line", "channel": 1, "problem": "no-answer"}


@pytest.fixture(autouse=True)
def line() -> None:
    make.world()
    make.service("gb-line")


def report(api: Client, **changes: Any) -> Any:
    return api.post("/v1/corrections", REPORT | changes, content_type="application/json")


def test_a_report_is_counted_by_day_and_nothing_else_is_kept(api: Client) -> None:
    answers = [report(api) for _ in range(3)] + [report(api, problem="hours-wrong")]

    assert [(answer.status_code, answer["Cache-Control"]) for answer in answers] == [(204, "no-store")] * 4
    assert sorted(CorrectionCount.objects.values_list("problem", "total")) == [("hours-wrong", 1), ("no-answer", 3)]
    assert {field.name for field in CorrectionCount._meta.fields} == {"id", "revision", "problem", "day", "total"}
    assert not any(answer.cookies for answer in answers)


@pytest.mark.parametrize(
    "changed",
    [
        {"service": "gb-nothing"},
        {"service": "GB line"},
        {"channel": 2},
        {"channel": 0},
        {"channel": 99999},
        {"channel": "1"},
        {"channel": True},
        {"problem": "nobody cares"},
        {"problem": None},
        {"words": "They hung up on me."},
        {"installation": "abc"},
    ],
)
def test_values_outside_the_closed_lists_are_refused(api: Client, changed: dict[str, Any]) -> None:
    assert report(api, **changed).status_code == 422
    assert not CorrectionCount.objects.exists()


def test_a_report_belongs_to_the_number_as_it_was(api: Client) -> None:
    report(api)
    facts = Channel.objects.get().facts() | {"dial": "0808 800 5002", "address": "+448088005002"}
    ChannelRevision.objects.propose(
        service_id="gb-line", position=1, act=Act.CHANGE, by=make.person("eva", "assurer"), at=make.NOON, facts=facts
    ).approve(by=make.checker(), at=make.NOON)
    report(api)

    assert sorted(CorrectionCount.objects.values_list("revision__dial", "total")) == [("0800 1111", 1), ("0808 800 5002", 1)]


def test_a_report_changes_nothing_that_readers_get(api: Client) -> None:
    from content.compiling.facts import Policy
    from content.compiling.snapshot import read_snapshot

    before = read_snapshot(Policy(make.NOON.date()))
    for _ in range(30):
        report(api, problem="wrong-number")

    assert read_snapshot(Policy(make.NOON.date())) == before


def test_reports_from_one_address_are_limited(api: Client, settings: Any) -> None:
    settings.THROTTLES = {**settings.THROTTLES, "corrections": (2, 60)}

    assert [report(api).status_code for _ in range(4)].count(429) >= 1
