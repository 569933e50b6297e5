"""Notices as sentences for people who read HSDS."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from content.exporting.hsds_alert import alerts
from tests.packs import channel, notice, service

TEXTS = {"closed": "Closed just now."}


def told(*notices: dict[str, Any], **changed: Any) -> list[str]:
    channels = [channel(position=1, display="\u20660800 1111\u2069"), channel("chat", position=2, display=None)]
    return [alert.text for alert in alerts(service("a", channels=channels, notices=list(notices), **changed), TEXTS)]


@pytest.mark.parametrize(
    ("changed", "zone", "expected"),
    [
        ({}, "Asia/Kolkata", "Closed just now, from 31 December 2026, 23:30 until 2 January 2027, 14:30 (Asia/Kolkata)."),
        ({}, None, "Closed just now, from 31 December 2026, 18:00 until 2 January 2027, 09:00 (UTC)."),
        ({"position": 1}, None, "0800 1111: Closed just now, from 31 December 2026, 18:00 until 2 January 2027, 09:00 (UTC)."),
        (
            {"from": "2026-07-01T00:00:00Z", "until": "2026-07-02T00:00:00Z"},
            "Europe/London",
            "Closed just now, from 1 July 2026, 01:00 until 2 July 2026, 01:00 (Europe/London).",
        ),
    ],
)
def test_a_notice_is_one_sentence_in_the_services_zone(changed: dict[str, Any], zone: str | None, expected: str) -> None:
    assert told(notice(**changed), zone=zone) == [expected]


def test_a_notice_of_one_channel_never_sounds_as_if_it_were_of_all() -> None:
    (sentence,) = told(notice(position=2))

    assert sentence.startswith("chat: Closed just now, ")
    assert told(notice(position=3)) == []


def test_a_kind_without_words_is_no_sentence() -> None:
    assert told(notice(kind="unheard-of"), notice()) == told(notice())


def test_a_pack_that_knows_of_no_notices_has_no_alerts() -> None:
    assert list(alerts(service("a", channels=[]), TEXTS)) == []


def test_an_alert_is_over_when_its_notice_is() -> None:
    (alert,) = alerts(service("a", channels=[], notices=[notice(until="2027-01-02T09:00:00+01:00")]), TEXTS)

    assert alert.until == datetime(2027, 1, 2, 8, tzinfo=UTC)
