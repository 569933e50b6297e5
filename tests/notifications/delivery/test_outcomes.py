"""The one table from FCM's answers to what they mean, beside the answers that the emulator gives."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from fcm_emulator.answers import PLANNED
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery.outcomes import LONGEST_WAIT, Kind, Outcome, read_answer

AT = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def answer(name: str, retry_after: str | None = None) -> Outcome:
    reply = PLANNED[name]
    return read_answer(reply.status, retry_after, reply.body, at=AT)


@pytest.mark.parametrize(
    ("name", "kind", "reason", "gone", "halts", "blocks"),
    [
        ("UNREGISTERED", Kind.REJECTED, "unregistered", True, False, False),
        ("INVALID_ADDRESS", Kind.REJECTED, "invalid-address", True, False, False),
        ("INVALID_PAYLOAD", Kind.LATER, "", False, True, False),
        ("TOO_BIG", Kind.LATER, "", False, True, False),
        ("QUOTA", Kind.LATER, "", False, False, True),
        ("QUOTA_PROJECT", Kind.LATER, "", False, False, True),
        ("UNAVAILABLE", Kind.LATER, "", False, False, False),
        ("INTERNAL", Kind.LATER, "", False, False, False),
        ("HTML_404", Kind.LATER, "", False, True, False),
        ("UNAUTHENTICATED", Kind.LATER, "", False, True, False),
        ("THIRD_PARTY_AUTH", Kind.LATER, "", False, True, False),
    ],
)
def test_each_documented_answer_has_its_meaning(
    name: str, kind: Kind, reason: str, gone: bool, halts: bool, blocks: bool
) -> None:
    outcome = answer(name)

    assert (outcome.kind, outcome.reason, outcome.gone) == (kind, reason, gone)
    assert (bool(outcome.halt), bool(outcome.block)) == (halts, blocks)


def test_another_projects_address_halts_only_when_most_are() -> None:
    outcome = answer("SENDER_ID_MISMATCH")

    assert (outcome.kind, outcome.if_most, outcome.ends_batch, outcome.gone) == (Kind.REJECTED, True, False, False)
    assert outcome.halt


def test_a_field_violation_of_the_address_alone_is_the_addresss_fault() -> None:
    def violation(*fields: str) -> Outcome:
        details = [
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": name} for name in fields]}
        ]
        return read_answer(400, None, orjson.dumps({"error": {"details": details}}), at=AT)

    assert violation("message.token").reason == violation("message.fid").reason == "invalid-address"
    assert violation("message.token", "message.data").halt
    assert violation().halt


@pytest.mark.parametrize("status", [200, 201, 204, 301, 302, 400, 401, 403, 404, 410, 418, 500, 502, 503, 504])
def test_nothing_unclear_ever_takes_anybody_off_the_list(status: int) -> None:
    for body in (
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"error": 7}',
        b'{"error":{"details":[{"errorCode":"UNREGISTERED"}]}}',
        b"\xff",
    ):
        outcome = read_answer(status, None, body, at=AT)
        assert not outcome.gone
        assert outcome.kind is not Kind.ACCEPTED


@given(
    st.integers(100, 599),
    st.binary(max_size=200) | st.sampled_from([PLANNED[name].body for name in PLANNED]),
    st.text(max_size=40),
)
def test_no_answer_whatever_breaks_the_table(status: int, body: bytes, retry_after: str) -> None:
    outcome = read_answer(status, retry_after, body, at=AT)

    assert outcome.wait is None or 0 <= outcome.wait <= LONGEST_WAIT
    if outcome.gone:
        assert (status, outcome.reason) in ((404, "unregistered"), (400, "invalid-address"))


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("30", 30.0),
        ("0", 0.0),
        ("1000000000", LONGEST_WAIT),
        ("Tue, 01 Dec 2026 12:01:00 GMT", 60.0),
        ("Tue, 01 Dec 2026 11:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", LONGEST_WAIT),
        ("-1", None),
        ("abc", None),
        ("", None),
        ("1.5", None),
        ("Tue, 99 Dec 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_nonsense_is_passed_over(header: str, wait: Any) -> None:
    assert answer("QUOTA", header).wait == wait
    assert answer("UNAVAILABLE", header).wait == wait
    assert bool(answer("UNAVAILABLE", header).block) == (wait is not None)


def test_retry_after_beside_anything_else_means_nothing() -> None:
    assert answer("UNREGISTERED", "30").wait is None
    assert answer("HTML_404", "30").wait is None
