"""Notices as the sentences of HSDS alerts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from content.exporting.hsds_alert import alerts
from tests.packs import channel, notice, service

TEXTS = {"closed": "Closed just now."}


def sentences(*notices: dict[str, Any], **changed: Any) -> list[str]:
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
def test_an_alert_is_one_sentence_in_the_time_zone_of_the_service(
    changed: dict[str, Any], zone: str | None, expected: str
) -> None:
    assert sentences(notice(**changed), zone=zone) == [expected]


def test_an_alert_for_one_channel_names_the_channel() -> None:
    (sentence,) = sentences(notice(position=2))

    assert sentence.startswith("chat: Closed just now, ")
    assert sentences(notice(position=3)) == []


def test_a_kind_of_notice_without_a_text_has_no_alert() -> None:
    assert sentences(notice(kind="unheard-of"), notice()) == sentences(notice())


def test_a_pack_of_an_older_release_has_no_alerts() -> None:
    assert list(alerts(service("a", channels=[]), TEXTS)) == []


def test_an_alert_ends_with_its_notice() -> None:
    (alert,) = alerts(service("a", channels=[], notices=[notice(until="2027-01-02T09:00:00+01:00")]), TEXTS)

    assert alert.until == datetime(2027, 1, 2, 8, tzinfo=UTC)
