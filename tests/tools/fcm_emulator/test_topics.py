"""Subscriptions by FCM v1 and by the older API, and messages to a topic on the subscribed phones."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from fcm_emulator.conditions import InvalidCondition, parse_condition
from fcm_emulator.handler import Handler
from fcm_emulator.http_messages import Request, Response
from fcm_emulator.topics import MAX_TOPICS
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.fcm_emulator.in_process import AT, PROJECT, error_of, get, make_handler, make_message, post, send

GOOD = {b"authorization": b"Bearer good", b"access_token_auth": b"true"}


def ask(handler: Handler, method: str, address: str, rest: str = "", *, body: bytes = b"{}", **headers: bytes) -> Response:
    path = f"/v1/projects/{PROJECT}/registrations/{quote(address, safe='')}/topicSubscriptions{rest}"
    given = GOOD | {name.encode(): value for name, value in headers.items()}
    return handler.respond(Request(method.encode(), path.encode(), given, body), at=AT)


def batch(handler: Handler, verb: str, topic: Any, addresses: Any, headers: dict[bytes, bytes] = GOOD) -> Response:
    body = orjson.dumps({"to": topic, "registration_tokens": addresses})
    return handler.respond(Request(b"POST", f"/iid/v1:{verb}".encode(), headers, body), at=AT)


def subscribe(handler: Handler, topic: str, *addresses: str) -> None:
    assert batch(handler, "batchAdd", f"/topics/{topic}", list(addresses)).status == 200


def topics_of(handler: Handler, address: str) -> list[str]:
    return [one["topicName"] for one in orjson.loads(ask(handler, "GET", address).body)["topicSubscriptions"]]


def shown(handler: Handler) -> list[str]:
    return sorted(phone["address"] for phone in orjson.loads(get(handler, "/emulator/phones").body)["phones"])


def test_a_subscription_is_created_found_listed_and_deleted() -> None:
    handler = make_handler()

    made = ask(handler, "POST", "fid:1", "?topic_name=news")
    found = ask(handler, "GET", "fid:1", "/news")

    assert (made.status, found.status) == (200, 200)
    assert (
        orjson.loads(made.body)
        == orjson.loads(found.body)
        == {
            "name": "projects/fingerpost-test/registrations/fid:1/topicSubscriptions/news",
            "topicName": "news",
            "createTime": "2026-12-01T12:00:00Z",
        }
    )
    assert topics_of(handler, "fid:1") == ["news"]
    assert orjson.loads(ask(handler, "DELETE", "fid:1", "/news").body) == {}
    assert topics_of(handler, "fid:1") == []


def test_duplicate_and_missing_subscriptions_are_different_errors() -> None:
    handler = make_handler()
    ask(handler, "POST", "f1", "?topicName=news")

    twice = ask(handler, "POST", "f1", "?topicName=news")
    missing = ask(handler, "DELETE", "f1", "/other")

    assert (twice.status, error_of(twice)["status"]) == (409, "ALREADY_EXISTS")
    assert (missing.status, error_of(missing)["status"]) == (404, "NOT_FOUND")
    assert ask(handler, "DELETE", "f1", "/other?allow_missing=true").status == 200
    assert ask(handler, "GET", "f1", "/other").status == 404


def test_a_patch_creates_a_subscription_only_with_allow_missing() -> None:
    handler = make_handler()

    statuses = [ask(handler, "PATCH", "f1", f"/news{query}").status for query in ("", "?allowMissing=true", "")]

    assert statuses == [404, 200, 200]


def test_the_list_is_paginated() -> None:
    handler = make_handler()
    for number in range(5):
        ask(handler, "POST", "f1", f"?topic_name=t{number}")

    first = orjson.loads(ask(handler, "GET", "f1", "?pageSize=3").body)
    second = orjson.loads(ask(handler, "GET", "f1", f"?pageSize=3&pageToken={first['nextPageToken']}").body)

    assert [one["topicName"] for page in (first, second) for one in page["topicSubscriptions"]] == [f"t{n}" for n in range(5)]
    assert "nextPageToken" not in second
    assert ask(handler, "GET", "f1", "?pageSize=many").status == 400


@pytest.mark.parametrize(
    ("address", "rest", "body", "status"),
    [
        ("two words", "?topic_name=news", b"{}", 400),
        ("f1", "?topic_name=two%20words", b"{}", 400),
        ("f1", "?topic_name=" + "t" * 901, b"{}", 400),
        ("f1", "", b"{}", 400),
        ("f1", "?topic_name=news", b"{", 400),
        ("f1", "?topic_name=news", b'{"surprise": 1}', 400),
        ("f1", "?topic_name=news", b"[]", 400),
        ("gone-1", "?topic_name=news", b"{}", 404),
    ],
)
def test_an_invalid_subscription_is_rejected(address: str, rest: str, body: bytes, status: int) -> None:
    handler = make_handler()
    post(handler, "/emulator/plan", {"rules": [{"match": {"address_prefix": "gone-"}, "answer": "UNREGISTERED"}]})

    assert ask(handler, "POST", address, rest, body=body).status == status
    assert handler.send_endpoint.topics_of(PROJECT).by_topic == {}


def test_an_account_that_may_not_send_may_not_subscribe() -> None:
    handler = make_handler()

    assert ask(handler, "POST", "f1", "?topic_name=news", authorization=b"Bearer stranger").status == 401
    assert batch(handler, "batchAdd", "/topics/news", ["f1"], {b"access_token_auth": b"true"}).status == 401
    assert batch(handler, "batchAdd", "/topics/news", ["f1"], {b"authorization": b"Bearer good"}).status == 401
    assert handler.send_endpoint.topics_of(PROJECT).by_topic == {}


def test_a_batch_reports_the_result_of_each_address() -> None:
    handler = make_handler()
    rules = [
        {"match": {"address_prefix": "gone-"}, "answer": "UNREGISTERED"},
        {"match": {"every": 2}, "answer": "UNREGISTERED"},
    ]
    post(handler, "/emulator/plan", {"rules": rules})

    reply = batch(handler, "batchAdd", "/topics/news", ["a:1", "gone-1", "two words", 5, "a:1"])

    assert orjson.loads(reply.body) == {
        "results": [{}, {"error": "NOT_FOUND"}, {"error": "INVALID_ARGUMENT"}, {"error": "INVALID_ARGUMENT"}, {}]
    }
    assert orjson.loads(get(handler, "/emulator/topics").body) == {"topics": {PROJECT: {"news": 1}}}
    assert orjson.loads(batch(handler, "batchRemove", "/topics/news", ["a:1", "b:1"]).body) == {"results": [{}, {}]}
    assert orjson.loads(get(handler, "/emulator/topics").body) == {"topics": {PROJECT: {}}}


@pytest.mark.parametrize(
    ("topic", "addresses", "error"),
    [
        ("news", ["a"], "InvalidArgument"),
        ("/topics/two words", ["a"], "InvalidArgument"),
        (5, ["a"], "InvalidArgument"),
        ("/topics/news", [], "InvalidArgument"),
        ("/topics/news", "a", "InvalidArgument"),
        ("/topics/news", ["a"] * 1001, "TooManyRegistrationTokens"),
    ],
)
def test_an_invalid_batch_is_rejected_as_a_whole(topic: Any, addresses: Any, error: str) -> None:
    reply = batch(make_handler(), "batchAdd", topic, addresses)

    assert (reply.status, orjson.loads(reply.body)) == (400, {"error": error})


def test_an_installation_has_at_most_2000_topics() -> None:
    handler = make_handler()
    for number in range(MAX_TOPICS):
        subscribe(handler, f"t{number}", "a:1")

    assert error_of(ask(handler, "POST", "a:1", "?topic_name=more"))["status"] == "RESOURCE_EXHAUSTED"
    assert orjson.loads(batch(handler, "batchAdd", "/topics/more", ["a:1", "a:2"]).body) == {
        "results": [{"error": "TOO_MANY_TOPICS"}, {}]
    }
    ask(handler, "DELETE", "a:1", "/t0")
    assert ask(handler, "POST", "a:1", "?topic_name=more").status == 200


def test_one_message_to_a_topic_shows_on_every_subscribed_phone() -> None:
    handler = make_handler()
    subscribe(handler, "news", "t:1", "f2", "t:3")
    subscribe(handler, "other", "t:4")

    assert send(handler, fid=None, topic="news").status == 200

    summary = orjson.loads(get(handler, "/emulator/counts?tag=a1").body)
    assert (summary["messages"], summary["accepted_total"], summary["addresses"], summary["fanned_out"]) == (1, 1, 1, 3)
    assert shown(handler) == ["f2", "t:1", "t:3"]


def test_a_topic_without_subscribers_is_accepted() -> None:
    handler = make_handler()

    assert send(handler, fid=None, topic="nobody").status == 200
    assert orjson.loads(get(handler, "/emulator/counts?tag=a1").body)["fanned_out"] == 0


def test_a_large_topic_updates_the_phones_already_shown() -> None:
    handler = make_handler()
    addresses = [f"t:{number}" for number in range(900)]
    subscribe(handler, "news", *addresses)
    send(handler, fid=None, token="t:5")

    send(handler, fid=None, topic="news", data=make_message()["data"] | {"rev": "2"})

    phones = orjson.loads(get(handler, "/emulator/phones").body)["phones"]
    assert {phone["notifications"][0]["rev"] for phone in phones} == {"2"}
    assert orjson.loads(get(handler, "/emulator/counts?tag=a1&rev=2").body)["fanned_out"] == 900


def test_a_rejected_message_to_a_topic_reaches_no_phone() -> None:
    handler = make_handler()
    subscribe(handler, "news", "t:1")
    post(handler, "/emulator/plan", {"rules": [{"match": {"any": True}, "answer": "INTERNAL"}]})

    send(handler, fid=None, topic="news")

    assert shown(handler) == []


def test_a_condition_reaches_the_phones_that_satisfy_it() -> None:
    handler = make_handler()
    subscribe(handler, "news", "t:1", "t:2")
    subscribe(handler, "cy", "t:2", "t:3")

    send(handler, fid=None, condition="'news' in topics && !('cy' in topics)")

    assert shown(handler) == ["t:1"]


def test_reset_ends_all_subscriptions() -> None:
    handler = make_handler()
    subscribe(handler, "news", "t:1")

    post(handler, "/emulator/reset", {})

    assert topics_of(handler, "t:1") == []


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("'a' in topics", "a ab ac"),
        ("!('a' in topics)", "b bc"),
        ("'a' in topics && 'b' in topics", "ab"),
        ("'a' in topics || 'b' in topics", "a b ab ac bc"),
        # From left to right, as Google documents: no operator has precedence.
        ("'a' in topics || 'b' in topics && 'c' in topics", "ac bc"),
        ("'a' in topics || ('b' in topics && 'c' in topics)", "a ab ac bc"),
        ("!!('a' in topics)", "a ab ac"),
    ],
)
def test_conditions_are_parsed_as_google_documents(condition: str, holds: str) -> None:
    held = parse_condition(condition)

    assert [topics for topics in ("a", "b", "ab", "ac", "bc") if held(topics)] == holds.split()


@pytest.mark.parametrize(
    "condition",
    ["", "a", "'a'", "'a' in topics &&", "'a' in topics 'b' in topics", "('a' in topics", "'a' in topics)", "&& 'a' in topics",
     "'a b' in topics", "'a' in topics & 'b' in topics", "(" * 3000, "!" * 3000, " || ".join(["'a' in topics"] * 6)],
)  # fmt: skip
def test_an_invalid_condition_is_rejected(condition: str) -> None:
    reply = send(make_handler(), fid=None, condition=condition)

    assert reply.status == 400
    if condition:
        assert error_of(reply)["message"] == "Invalid condition expression provided."


@given(st.text(alphabet="'ab()!&| intopcs", max_size=60))
def test_no_condition_crashes_the_parser(condition: str) -> None:
    with contextlib.suppress(InvalidCondition):
        parse_condition(condition)({"a"})
