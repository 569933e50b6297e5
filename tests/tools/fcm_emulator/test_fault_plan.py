"""A fault plan answers the messages that it matches, the same ones every time. An invalid plan is rejected."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fcm_emulator.fault_plan import hash_share
from fcm_emulator.fault_plan_document import FaultPlanDocument
from fcm_emulator.handler import Handler
from fcm_emulator.responses import PLANNED

from tests.tools.fcm_emulator.in_process import AT, get, make_handler, post, send


def planned(*rules: dict[str, Any]) -> Handler:
    handler = make_handler()
    assert post(handler, "/emulator/plan", {"rules": list(rules)}).status == 200
    return handler


def statuses(handler: Handler, count: int) -> list[int]:
    return [send(handler, fid=f"fid-{number}").status for number in range(count)]


def test_without_a_plan_everything_is_accepted() -> None:
    assert statuses(make_handler(), 5) == [200] * 5


def test_a_prefix_selects_addresses() -> None:
    handler = planned({"match": {"address_prefix": "gone-"}, "answer": "UNREGISTERED"})

    assert (send(handler, fid="gone-1").status, send(handler, fid="here-1").status) == (404, 200)


def test_every_nth_message_is_selected_by_count() -> None:
    handler = planned({"match": {"every": 3}, "answer": "UNAVAILABLE"})

    assert statuses(handler, 7) == [200, 200, 503, 200, 200, 503, 200]


def test_a_share_of_addresses_is_selected_by_hash() -> None:
    rule = {"match": {"address_hash_share": 0.2}, "answer": "UNREGISTERED"}

    first, second = statuses(planned(rule), 2000), statuses(planned(rule), 2000)

    assert first == second
    assert 320 < first.count(404) < 480
    assert [status == 404 for status in first] == [hash_share(f"fid-{number}") < 0.2 for number in range(2000)]


@pytest.mark.parametrize(("share", "status"), [(0, 200), (1, 404)])
def test_shares_of_0_and_1_are_exact(share: int, status: int) -> None:
    assert set(statuses(planned({"match": {"address_hash_share": share}, "answer": "UNREGISTERED"}), 50)) == {status}


def test_all_conditions_of_a_rule_must_hold() -> None:
    handler = planned({"match": {"address_prefix": "a", "every": 2}, "answer": "INTERNAL"})

    assert [send(handler, fid=fid).status for fid in ("a1", "b1", "a2", "b2", "a3", "a4")] == [200, 200, 500, 200, 200, 500]


def test_a_used_up_rule_is_followed_by_the_next_one() -> None:
    handler = planned(
        {"match": {"any": True}, "answer": "QUOTA", "times": 2}, {"match": {"every": 2}, "answer": "INTERNAL", "times": 1}
    )

    assert statuses(handler, 7) == [429, 429, 200, 500, 200, 200, 200]
    rules = orjson.loads(get(handler, "/emulator/plan").body)["rules"]
    assert [rule["used"] for rule in rules] == [2, 1]


def test_the_first_rule_that_matches_answers() -> None:
    handler = planned(
        {"match": {"address_prefix": "x"}, "answer": "ACCEPT"}, {"match": {"any": True}, "answer": "SENDER_ID_MISMATCH"}
    )

    assert (send(handler, fid="x1").status, send(handler, fid="y1").status) == (200, 403)


def test_a_new_plan_replaces_the_old_one_and_reset_removes_it() -> None:
    handler = planned({"match": {"any": True}, "answer": "INTERNAL"})

    post(handler, "/emulator/plan", {"rules": [{"match": {"any": True}, "answer": "QUOTA"}]})
    second = send(handler).status
    post(handler, "/emulator/reset", {})

    assert (second, send(handler).status) == (429, 200)


@pytest.mark.parametrize(
    "answer",
    ["UNREGISTERED", "INVALID_ADDRESS", "INVALID_PAYLOAD", "TOO_BIG", "QUOTA", "QUOTA_PROJECT", "UNAVAILABLE", "INTERNAL",
     "HTML_404", "UNAUTHENTICATED", "THIRD_PARTY_AUTH", "SENDER_ID_MISMATCH", "RESET", "HANG"],
)  # fmt: skip
def test_a_planned_fault_reaches_no_phone(answer: str) -> None:
    handler = planned({"match": {"any": True}, "answer": answer})

    send(handler)

    summary = handler.send_endpoint.counts.summary()
    assert (summary["accepted_total"], summary["tried"], summary["by_answer"]) == (0, 1, {answer: 1})
    assert handler.send_endpoint.phones.newest() == []


@pytest.mark.parametrize("answer", ["RESET_AFTER_ACCEPT", "HANG_AFTER_ACCEPT"])
def test_a_fault_after_acceptance_leaves_the_message_on_the_phone(answer: str) -> None:
    handler = planned({"match": {"any": True}, "answer": answer})

    reply = send(handler)

    assert reply.fault in ("reset", "hang")
    assert handler.send_endpoint.counts.summary()["accepted_total"] == 1
    assert len(handler.send_endpoint.phones.newest()) == 1


def test_latency_is_passed_to_the_protocol() -> None:
    handler = planned({"match": {"any": True}, "answer": "ACCEPT", "latency_ms": 70})

    reply = send(handler)

    assert (reply.status, reply.delay) == (200, 0.07)
    assert b"projects/fingerpost-test/messages/" in reply.body


def test_a_latency_spread_has_its_percentiles_in_every_run() -> None:
    rule = {"match": {"any": True}, "answer": "ACCEPT", "latency_ms": {"p50": 70, "p99": 400}}

    first, second = ([send(handler).delay for _ in range(4096)] for handler in (planned(rule), planned(rule)))

    ordered = sorted(first)
    assert first == second
    assert first != ordered
    assert ordered[2047] == pytest.approx(0.07, rel=0.01)
    assert ordered[4054] == pytest.approx(0.4, rel=0.02)


def test_retry_after_can_be_a_date_relative_to_the_response() -> None:
    handler = planned({"match": {"any": True}, "answer": "QUOTA", "retry_after": {"date_in": 30}})

    assert send(handler, at=AT).headers == ((b"Retry-After", b"Tue, 01 Dec 2026 12:00:30 GMT"),)
    assert send(handler, at=AT + 60).headers == ((b"Retry-After", b"Tue, 01 Dec 2026 12:01:30 GMT"),)


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({}, "rules[0].answer must be one of"),
        ({"answer": "MAYBE", "match": {"any": True}}, "rules[0].answer must be one of"),
        ({"answer": "QUOTA"}, "rules[0].match must be an object"),
        ({"answer": "QUOTA", "match": {}}, "must name at least one of"),
        ({"answer": "QUOTA", "match": {"address": "x"}}, "rules[0].match has no field address"),
        ({"answer": "QUOTA", "match": {"any": True}, "retryAfter": 3}, "rules[0] has no field retryAfter"),
        ({"answer": "QUOTA", "match": {"any": False}}, "rules[0].match.any must be true"),
        ({"answer": "QUOTA", "match": {"any": True, "every": 2}}, "any cannot be combined with other conditions"),
        ({"answer": "QUOTA", "match": {"address_prefix": 5}}, "address_prefix must be a string"),
        ({"answer": "QUOTA", "match": {"address_hash_share": 1.5}}, "must be a number from 0 to 1"),
        ({"answer": "QUOTA", "match": {"address_hash_share": True}}, "must be a number from 0 to 1"),
        ({"answer": "QUOTA", "match": {"every": 0}}, "must be a whole number from 1"),
        ({"answer": "QUOTA", "match": {"every": 1.5}}, "must be a whole number from 1"),
        ({"answer": "QUOTA", "match": {"any": True}, "times": 0}, "times must be a whole number from 1"),
        ({"answer": "QUOTA", "match": {"any": True}, "latency_ms": -1}, "latency_ms must be a number from 0"),
        ({"answer": "QUOTA", "match": {"any": True}, "retry_after": 1.5}, "retry_after must be a number of seconds, a string"),
        ({"answer": "QUOTA", "match": {"any": True}, "retry_after": "1\r\nX: y"}, "retry_after must be printable ASCII"),
        ({"answer": "QUOTA", "match": {"any": True}, "retry_after": {}}, "retry_after.date_in must be a whole number"),
        ({"answer": "QUOTA", "match": {"any": True}, "retry_after": {"in": 3}}, "retry_after.date_in must be a whole number"),
        (
            {"answer": "QUOTA", "match": {"any": True}, "latency_ms": {"p50": 70}},
            "latency_ms.p99 must be a number from p50 to 600000",
        ),
        (
            {"answer": "QUOTA", "match": {"any": True}, "latency_ms": {"p50": 70, "p99": 60}},
            "p99 must be a number from p50 to 600000",
        ),
        ({"answer": "QUOTA", "match": {"any": True}, "latency_ms": {"p50": 0, "p99": 60}}, "p50 must be a number from 1"),
        ("QUOTA", "rules[0] must be an object"),
        ({"answer": "QUOTA", "match": {"any": True}, "times": None}, "rules[0].times must be a whole number"),
        ({"answer": "QUOTA", "match": {"any": True}, "whole_connection": True}, "whole_connection is only possible with RESET"),
        ({"answer": "RESET", "match": {"any": True}, "whole_connection": False}, "rules[0].whole_connection must be true"),
        ({"answer": "QUOTA", "match": {"any": True}, "retry_after": {"date_in": 3, "in": 3}}, "retry_after has no field in"),
    ],
)
def test_an_invalid_rule_is_rejected_and_the_old_plan_stays(rule: Any, complaint: str) -> None:
    handler = planned({"match": {"any": True}, "answer": "INTERNAL"})

    reply = post(handler, "/emulator/plan", {"rules": [rule]})

    assert reply.status == 400
    assert complaint in orjson.loads(reply.body)["error"]
    assert send(handler).status == 500


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "the plan must be an object"),
        (None, "the plan must be an object"),
        ({}, "rules must be a list"),
        ({"rules": {}}, "rules must be a list"),
        ({"rules": [], "seed": 1}, "the plan has no field seed"),
        ({"rules": [], "quota": -1}, "quota must be a whole number from 0"),
        ({"rules": [], "quota": True}, "quota must be a whole number from 0"),
        ({"rules": [], "goaway_after": "5"}, "goaway_after must be a whole number from 0"),
    ],
)
def test_an_invalid_plan_is_rejected(document: Any, complaint: str) -> None:
    response = post(make_handler(), "/emulator/plan", document)

    assert response.status == 400
    assert complaint in orjson.loads(response.body)["error"]


def test_the_schema_of_a_plan_lists_every_answer() -> None:
    schema = FaultPlanDocument.model_json_schema()

    assert schema["additionalProperties"] is False
    assert schema["$defs"]["RuleDocument"]["properties"]["answer"]["enum"] == list(PLANNED)
