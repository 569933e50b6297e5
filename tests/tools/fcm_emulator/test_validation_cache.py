"""A cached validation result is exactly that of a full validation."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fcm_emulator.server_options import ServerOptions
from fcm_emulator.validation import InvalidMessage, ValidMessage, validate
from fcm_emulator.validation_cache import ValidationCache
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.fcm_emulator.in_process import make_handler, make_message, send, send_bytes

WEB = {"headers": {"TTL": "60", "Urgency": "high"}, "notification": {"title": "t", "tag": "a1"}}
APPLE = {"headers": {"apns-collapse-id": "a1"}, "payload": {"aps": {"alert": {"title": "t"}}}}
BODIES = [
    b'{"message":{"fid":"ADDRESS","android":{"ttl":"TTLs"},"data":{"alert":"a1"}}}',
    b'{"message": {"token": "ADDRESS", "android": {"ttl": "TTLs"}}}',
    b'{"message":{"android":{"ttl":"TTLs"},"fid":"ADDRESS"}}',
    b'{"message":{"fid":"ADDRESS","webpush":{"headers":{"TTL":"TTL"}}}}',
    b'{"message":{"fid":"ADDRESS"},"validate_only":true}',
    b'{"message":{"fid":"ADDRESS","fid":"other"}}',
    b'{"message":{"fid":"ADDRESS","\\u0066id":"other"}}',
    b'{"message":{"fid":"other","fid":"ADDRESS"}}',
    b'{"message":{"data":{"fid":"ADDRESS"},"topic":"t"}}',
    b'{"message":{"fid":"ADDRESS","data":{"ttl":"TTL"}}}',
    b'{"message":{"fid":"ADDRESS","data":{"ttl":"TTL"},"android":{"ttl":"60s"}}}',
    b'{"message":{"fid":"ADDRESS","android":{"ttl":"TTL"}}}',
    b'{"message":{"fid":"ADDRESS","android":{"ttl":"TTLs","ttl":"5s"}}}',
    b'{"message":{"fid":"ADDRESS","token":"t"}}',
    b'{"message":{"fid":"ADDRESS","data":{"from":"x"}}}',
    b'{"message":{"fid":"ADDRESS"',
]


def result_of(validator: Any, body: bytes) -> Any:
    try:
        valid: ValidMessage = validator(body)
    except InvalidMessage as invalid:
        return invalid.answer, invalid.response
    return valid.kind, valid.address, valid.validate_only, valid.key, valid.locale


@pytest.mark.parametrize("body", BODIES)
@settings(max_examples=40, deadline=None)
@given(
    addresses=st.lists(st.sampled_from(["a", "b-2", 'quo\\"te', "back\\\\slash", "two words", "é", "", "x" * 4097]), min_size=6),
    ttl=st.sampled_from(["60", "0", "2419200", "2419201", "-1", "1.5", "x", "", "٣", "99999999"]),
)
def test_a_cached_result_equals_a_full_validation(body: bytes, addresses: list[str], ttl: str) -> None:
    cache = ValidationCache()
    bodies = [body.replace(b"ADDRESS", address.encode()).replace(b'"TTL"', b'"%s"' % ttl.encode()) for address in addresses]
    bodies = [one.replace(b"TTLs", ttl.encode() + b"s") for one in bodies]

    assert [result_of(cache.validate, one) for one in bodies] == [result_of(validate, one) for one in bodies]


@pytest.mark.parametrize("own", [{}, {"android": None, "webpush": WEB}, {"android": None, "apns": APPLE}])
def test_a_campaign_has_one_template_and_every_address_counts(own: dict[str, Any]) -> None:
    handler = make_handler()
    bodies = [orjson.dumps({"message": make_message(fid=f"fid-{number}", **own)}) for number in range(10)]

    assert {send_bytes(handler, body).status for body in bodies} == {200}
    assert len(handler.send_endpoint.validator._known) == 1
    assert sorted(one["address"] for one in handler.send_endpoint.counts.each(tag="a1")) == [
        f"fid-{number}" for number in range(10)
    ]


def test_messages_that_all_differ_are_not_cached() -> None:
    handler = make_handler()

    for number in range(50):
        send(handler, data={"alert": str(number)})

    assert handler.send_endpoint.validator._known == {}


def test_every_nth_of_different_messages_is_validated_in_full() -> None:
    handler = make_handler(ServerOptions(check_every=10))

    statuses = [send(handler, data={"alert": str(number)}, surprise=number).status for number in range(30)]

    assert statuses == ([200] * 9 + [400]) * 3


def test_a_repeated_template_is_validated_despite_check_every() -> None:
    handler = make_handler(ServerOptions(check_every=1000))

    assert [send(handler, fid=f"fid-{number}", surprise=1).status for number in range(4)] == [200, 400, 400, 400]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'{"message": []}',
        b'{"message": 1}',
        b'{"message": {"fid": 5}}',
        b'{"message": {"fid": "a", "data": ["b"]}}',
        b'{"message": {"fid": "a", "data": {"alert": []}}}',
        b'{"message": {"fid": "a", "token": "b"}}',
        b'{"message": {"fid": "two words"}}',
        b'{"message": {"fid": "a", "apns": 5}}',
    ],
)
def test_validating_the_target_finds_what_cannot_be_delivered(body: bytes) -> None:
    assert result_of(ValidationCache(check_every=1000).validate, body) == result_of(validate, body)


def test_validating_the_target_includes_the_size() -> None:
    handler = make_handler(ServerOptions(check_every=1000))

    assert send(handler, {"fid": "f", "data": {"key": "x" * 4094}}).status == 400
