"""The table from FCM's responses to outcomes, checked with the responses of the emulator."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import pytest
from fcm_emulator.responses import PLANNED
from hypothesis import given
from hypothesis import strategies as st

from notifications.delivery.outcomes import (
    GONE_REASONS,
    MAX_RETRY_AFTER,
    UNREACHABLE,
    UNREADABLE_ADDRESS,
    Outcome,
    SendResult,
    read_response,
)

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
        ("9" * 5000, MAX_RETRY_AFTER),
        ("0000000030", 30.0),
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


def refusal(code: str = "", *fields: str) -> bytes:
    details: list[dict[str, Any]] = [{"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code}]
    if fields:
        violations = [{"field": name} for name in fields]
        details.append({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations})
    return orjson.dumps({"error": {"details": details}})


RETRY, REJECTED, UNSURE = SendResult.RETRY, SendResult.REJECTED, SendResult.UNCERTAIN


@pytest.mark.parametrize(
    ("status", "body", "result", "concerns"),
    [
        (200, b'{"name": "projects/p/messages/1"}', SendResult.ACCEPTED, set()),
        (200, b'{"name": 1}', UNSURE, {"halts"}),
        (404, refusal("UNREGISTERED"), REJECTED, {"gone"}),
        (404, refusal(), RETRY, {"halts"}),
        (400, refusal("INVALID_ARGUMENT"), REJECTED, {"gone"}),
        (400, refusal("INVALID_ARGUMENT", "message.token"), REJECTED, {"gone"}),
        (400, refusal("INVALID_ARGUMENT", "message.data"), RETRY, {"halts"}),
        (400, refusal("THIRD_PARTY_AUTH_ERROR"), RETRY, {"halts"}),
        (401, refusal("THIRD_PARTY_AUTH_ERROR"), REJECTED, {"halts", "majority"}),
        (401, refusal(), RETRY, {"halts", "majority", "renews the token"}),
        (403, refusal("SENDER_ID_MISMATCH"), REJECTED, {"halts", "majority"}),
        (403, refusal(), RETRY, {"halts"}),
        (429, refusal("QUOTA_EXCEEDED"), RETRY, {"blocks", "slow"}),
        (500, refusal("INTERNAL"), RETRY, {"slow"}),
        (501, refusal(), RETRY, {"halts"}),
        (502, b"<html>", UNSURE, {"slow"}),
        (503, refusal("UNAVAILABLE"), RETRY, {"slow"}),
        (504, b"<html>", UNSURE, {"slow"}),
        (505, b"", RETRY, {"halts"}),
        (302, b"", RETRY, {"halts"}),
    ],
)
def test_what_each_response_concerns(status: int, body: bytes, result: SendResult, concerns: set[str]) -> None:
    outcome = read_response(status, None, body, at=AT)

    found = {
        "gone": outcome.gone,
        "halts": bool(outcome.halt_reason),
        "majority": outcome.needs_majority,
        "renews the token": outcome.renew_token,
        "blocks": bool(outcome.block_reason),
        "slow": outcome.slow,
    }
    assert (outcome.result, {name for name, value in found.items() if value}) == (result, concerns)
    assert outcome.ends_batch is bool({"blocks"} & concerns or ("halts" in concerns and "majority" not in concerns))
    assert outcome.initial_wait == (60.0 if "blocks" in concerns else 1.0)


def test_the_fields_that_fcm_refused_are_named_in_full_up_to_80_characters() -> None:
    body = refusal("INVALID_ARGUMENT", "message.data[0].value", "x" * 81)

    assert f"(message.data[0].value, {'x' * 80})" in read_response(400, None, body, at=AT).halt_reason


def test_what_cannot_be_sent_at_all_has_an_outcome() -> None:
    assert (UNREACHABLE.result, UNREACHABLE.slow, UNREACHABLE.ends_batch) == (RETRY, True, True)
    assert (UNREADABLE_ADDRESS.result, UNREADABLE_ADDRESS.gone, UNREADABLE_ADDRESS.ends_batch) == (REJECTED, False, False)
    assert GONE_REASONS == ("unregistered", "invalid-address")


def test_a_date_without_a_zone_counts_as_utc_and_from_now_by_default() -> None:
    assert answer("QUOTA", "Tue, 01 Dec 2026 12:01:00 -0000").wait == 60.0
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    wait = read_response(429, soon, PLANNED["QUOTA"].body).wait
    assert wait is not None
    assert 60 < wait <= 100


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "does not accept our credentials (401)"),
        (403, "Our sending account may not send to these apps (403)"),
        (404, "404 without UNREGISTERED"),
        (418, "FCM responded 418, which it does not document"),
    ],
)
def test_people_read_why_a_campaign_halts(status: int, words: str) -> None:
    assert words in read_response(status, None, b"", at=AT).halt_reason
