"""The quota holds in every window of 60 seconds, is reported in Google's words, and can be queried."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fcm_emulator.handler import Handler
from fcm_emulator.quota import RateWindow
from fcm_emulator.server_options import ServerOptions

from tests.tools.fcm_emulator.in_process import AT, PROJECT, error_of, get, make_handler, post, send, send_bytes


def limited(quota: int, **options: int) -> Handler:
    return make_handler(ServerOptions(quota=quota, **options))


def quota_of(handler: Handler, *, at: float = AT) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(get(handler, "/emulator/quota", at=at).body)["projects"][PROJECT]
    return document


def test_a_message_over_the_quota_gets_googles_429() -> None:
    handler = limited(2)

    statuses = [send(handler, fid=f"fid-{number}").status for number in range(3)]
    reply = send(handler)

    error = error_of(reply)
    assert statuses == [200, 200, 429]
    assert (error["status"], [detail["@type"].rpartition(".")[2] for detail in error["details"]]) == (
        "RESOURCE_EXHAUSTED",
        ["ErrorInfo", "Help"],
    )
    assert error["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    assert error["details"][0]["metadata"]["quota_limit_value"] == "2"
    assert reply.headers == ()


def test_a_message_over_the_quota_reaches_no_phone() -> None:
    handler = limited(1)
    send(handler, fid="first")
    send(handler, fid="second")

    assert [one["address"] for one in handler.send_endpoint.counts.each()] == ["first"]
    assert handler.send_endpoint.counts.summary()["by_answer"] == {"ACCEPT": 1, "QUOTA_PROJECT": 1}


def test_quota_is_available_again_after_a_minute() -> None:
    handler = limited(10)
    for number in range(10):
        send(handler, at=AT + number)

    assert send(handler, at=AT + 59.9).status == 429
    assert [send(handler, at=AT + 60.2).status for _ in range(2)] == [200, 429]
    assert [send(handler, at=AT + 65.2).status for _ in range(6)] == [200] * 5 + [429]


def test_no_window_of_60_seconds_exceeds_the_quota() -> None:
    quota, limit, taken = RateWindow(), 50, []
    for step in range(40_000):
        at = AT + step * 0.0127
        if quota.has_room(limit, at=at):
            quota.count()
            taken.append(at)

    assert len(taken) > 300
    assert all(later - earlier >= 60 for earlier, later in zip(taken, taken[limit:], strict=False))
    assert quota.highest == limit


def test_setting_the_clock_back_frees_no_quota() -> None:
    quota = RateWindow()
    assert quota.has_room(1, at=AT)
    quota.count()

    assert not quota.has_room(1, at=AT - 3600)
    assert quota.has_room(1, at=AT + 7200)


def test_other_errors_count_against_the_quota_and_429s_do_not() -> None:
    handler = limited(5)
    post(handler, "/emulator/plan", {"rules": [{"match": {"any": True}, "answer": "QUOTA", "times": 3}]})

    for _ in range(3):
        send(handler)
    send(handler, surprise=1)
    send_bytes(handler, b"{")

    assert quota_of(handler) == {"limit": 5, "messages": 2, "highest": 2, "refused": 3}


def test_a_request_without_a_valid_token_uses_no_quota() -> None:
    handler = limited(1)

    send_bytes(handler, b"{}", token=b"Bearer stranger")

    assert send(handler).status == 200


def test_the_quota_page_shows_the_current_and_the_highest_window() -> None:
    handler = limited(10)
    for number in range(12):
        send(handler, at=AT + number)

    assert quota_of(handler, at=AT + 12) == {"limit": 10, "messages": 10, "highest": 10, "refused": 2}
    assert quota_of(handler, at=AT + 65) == {"limit": 10, "messages": 5, "highest": 10, "refused": 2}
    assert quota_of(handler, at=AT + 1000) == {"limit": 10, "messages": 0, "highest": 10, "refused": 2}


def test_without_a_limit_messages_are_still_counted() -> None:
    handler = limited(0)

    assert {send(handler).status for _ in range(50)} == {200}
    assert quota_of(handler) == {"limit": None, "messages": 50, "highest": 50, "refused": 0}


def test_retry_after_is_sent_when_configured() -> None:
    handler = limited(1, retry_after=30)
    send(handler)

    assert send(handler).headers == ((b"Retry-After", b"30"),)


def test_a_plan_replaces_the_quota_while_it_is_in_force() -> None:
    handler = make_handler()
    post(handler, "/emulator/plan", {"rules": [], "quota": 1, "quota_retry_after": 5})

    first, second = send(handler), send(handler)
    shown = orjson.loads(get(handler, "/emulator/plan").body)
    post(handler, "/emulator/plan", {"rules": []})

    assert (first.status, second.status, second.headers) == (200, 429, ((b"Retry-After", b"5"),))
    assert shown == {"rules": [], "quota": 1, "quota_retry_after": 5}
    assert send(handler).status == 200


@pytest.mark.parametrize("quota", [-1, 1.5, "10", True, None])
def test_a_quota_that_is_not_a_number_is_rejected(quota: Any) -> None:
    assert post(make_handler(), "/emulator/plan", {"rules": [], "quota": quota}).status == 400


def test_reset_empties_the_window() -> None:
    handler = limited(1)
    send(handler)

    post(handler, "/emulator/reset", {})

    assert send(handler).status == 200
