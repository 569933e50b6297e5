"""The table from FCM's responses to outcomes, checked with the responses of the emulator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from fcm_emulator.responses import PLANNED
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery.outcomes import MAX_RETRY_AFTER, Outcome, SendResult, read_response

AT = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)


def answer(name: str, retry_after: str | None = None) -> Outcome:
    reply = PLANNED[name]
    return read_response(reply.status, retry_after, reply.body, at=AT)


@pytest.mark.parametrize(
    ("name", "kind", "reason", "gone", "halts", "blocks"),
    [
        ("UNREGISTERED", SendResult.REJECTED, "unregistered", True, False, False),
        ("INVALID_ADDRESS", SendResult.REJECTED, "invalid-address", True, False, False),
        ("INVALID_PAYLOAD", SendResult.RETRY, "", False, True, False),
        ("TOO_BIG", SendResult.RETRY, "", False, True, False),
        ("QUOTA", SendResult.RETRY, "", False, False, True),
        ("QUOTA_PROJECT", SendResult.RETRY, "", False, False, True),
        ("QUOTA_DEVICE", SendResult.RETRY, "", False, False, False),
        ("QUOTA_TOPIC", SendResult.RETRY, "", False, False, False),
        ("UNAVAILABLE", SendResult.RETRY, "", False, False, False),
        ("INTERNAL", SendResult.RETRY, "", False, False, False),
        ("HTML_404", SendResult.RETRY, "", False, True, False),
        ("UNAUTHENTICATED", SendResult.RETRY, "", False, True, False),
        ("THIRD_PARTY_AUTH", SendResult.REJECTED, "third-party-auth", False, True, False),
    ],
)
def test_each_documented_response_has_its_outcome(
    name: str, kind: SendResult, reason: str, gone: bool, halts: bool, blocks: bool
) -> None:
    outcome = answer(name)

    assert (outcome.result, outcome.reason, outcome.gone) == (kind, reason, gone)
    assert (bool(outcome.halt_reason), bool(outcome.block_reason)) == (halts, blocks)


def test_another_projects_address_halts_only_when_most_are() -> None:
    outcome = answer("SENDER_ID_MISMATCH")

    assert (outcome.result, outcome.needs_majority, outcome.ends_batch, outcome.gone) == (SendResult.REJECTED, True, False, False)
    assert outcome.halt_reason


def test_a_field_violation_of_the_address_alone_concerns_one_address() -> None:
    def violation(*fields: str) -> Outcome:
        details = [
            {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": [{"field": name} for name in fields]}
        ]
        return read_response(400, None, orjson.dumps({"error": {"details": details}}), at=AT)

    assert violation("message.token").reason == violation("message.fid").reason == "invalid-address"
    assert violation("message.token", "message.data").halt_reason
    assert violation().halt_reason


@pytest.mark.parametrize("status", [200, 201, 204, 301, 302, 400, 401, 403, 404, 410, 418, 500, 502, 503, 504])
def test_no_unclear_response_marks_an_installation_gone(status: int) -> None:
    for body in (
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'{"error": 7}',
        b'{"error":{"details":[{"errorCode":"UNREGISTERED"}]}}',
        b"\xff",
    ):
        outcome = read_response(status, None, body, at=AT)
        assert not outcome.gone
        assert outcome.result is not SendResult.ACCEPTED


@given(
    st.integers(100, 599),
    st.binary(max_size=200) | st.sampled_from([PLANNED[name].body for name in PLANNED]),
    st.text(max_size=40),
)
def test_every_possible_response_has_an_outcome(status: int, body: bytes, retry_after: str) -> None:
    outcome = read_response(status, retry_after, body, at=AT)

    assert outcome.wait is None or 0 <= outcome.wait <= MAX_RETRY_AFTER
    if outcome.gone:
        assert (status, outcome.reason) in ((404, "unregistered"), (400, "invalid-address"))


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("30", 30.0),
        ("0", None),
        ("1000000000", MAX_RETRY_AFTER),
        ("Tue, 01 Dec 2026 12:01:00 GMT", 60.0),
        ("Tue, 01 Dec 2026 11:00:00 GMT", None),
        ("Fri, 01 Jan 2100 00:00:00 GMT", MAX_RETRY_AFTER),
        ("-1", None),
        ("abc", None),
        ("", None),
        ("1.5", None),
        ("Tue, 99 Dec 2026 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_nonsense_is_ignored(header: str, wait: Any) -> None:
    assert answer("QUOTA", header).wait == wait
    assert answer("UNAVAILABLE", header).wait == wait
    # A 503 asks for a wait of its own message, a 429 for one of the project.
    assert (answer("UNAVAILABLE", header).block_reason, bool(answer("QUOTA", header).block_reason)) == ("", True)


@pytest.mark.parametrize("name", ["QUOTA_DEVICE", "QUOTA_TOPIC"])
def test_a_quota_of_one_device_or_topic_delays_that_one_alone(name: str) -> None:
    # Google asks for at least a minute: https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode
    assert (answer(name).wait, answer(name, "90").wait, answer(name, "soon").wait) == (60.0, 90.0, 60.0)
    assert not answer(name).slow
    assert not answer(name).ends_batch


@pytest.mark.parametrize(
    "violations",
    [
        [],
        None,
        "device",
        [{"subject": "message-rate", "description": "Message rate quota exceeded."}],
        [{"subject": "project:1", "description": "Device message rate of the project."}],
        [{"subject": "device"}, {"subject": "project"}],
        [{}, 7],
    ],
)
def test_a_quota_that_may_be_the_projects_blocks_the_project(violations: Any) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}]

    outcome = read_response(429, None, orjson.dumps({"error": {"details": details}}), at=AT)

    assert outcome.block_reason


def test_retry_after_beside_anything_else_means_nothing() -> None:
    assert answer("UNREGISTERED", "30").wait is None
    assert answer("HTML_404", "30").wait is None
