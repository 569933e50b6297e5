"""What is remembered about a message answers the next one exactly as a check would."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fcm_emulator.check import Checked, Refused, check
from fcm_emulator.options import Options
from fcm_emulator.templates import Templates
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools.fcm_emulator.inprocess import make_handler, make_message, send, send_bytes

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


def finding(read: Any, body: bytes) -> Any:
    try:
        checked: Checked = read(body)
    except Refused as refused:
        return refused.answer, refused.reply
    return checked.kind, checked.address, checked.validate_only, checked.key, checked.locale


@pytest.mark.parametrize("body", BODIES)
@settings(max_examples=40, deadline=None)
@given(
    addresses=st.lists(st.sampled_from(["a", "b-2", 'quo\\"te', "back\\\\slash", "two words", "é", "", "x" * 4097]), min_size=6),
    ttl=st.sampled_from(["60", "0", "2419200", "2419201", "-1", "1.5", "x", "", "٣", "99999999"]),
)
def test_every_repeat_is_answered_as_a_check_would(body: bytes, addresses: list[str], ttl: str) -> None:
    templates = Templates()
    bodies = [body.replace(b"ADDRESS", address.encode()).replace(b'"TTL"', b'"%s"' % ttl.encode()) for address in addresses]
    bodies = [one.replace(b"TTLs", ttl.encode() + b"s") for one in bodies]

    assert [finding(templates.read, one) for one in bodies] == [finding(check, one) for one in bodies]


@pytest.mark.parametrize("own", [{}, {"android": None, "webpush": WEB}, {"android": None, "apns": APPLE}])
def test_a_campaign_is_checked_once_and_each_address_is_counted(own: dict[str, Any]) -> None:
    handler = make_handler()
    bodies = [orjson.dumps({"message": make_message(fid=f"fid-{number}", **own)}) for number in range(10)]

    assert {send_bytes(handler, body).status for body in bodies} == {200}
    assert len(handler.sending.templates._known) == 1
    assert sorted(one["address"] for one in handler.sending.counts.each(tag="a1")) == [f"fid-{number}" for number in range(10)]


def test_messages_that_all_differ_are_not_kept() -> None:
    handler = make_handler()

    for number in range(50):
        send(handler, data={"alert": str(number)})

    assert handler.sending.templates._known == {}


def test_of_messages_that_all_differ_each_nth_is_checked() -> None:
    handler = make_handler(Options(check_every=10))

    statuses = [send(handler, data={"alert": str(number)}, surprise=number).status for number in range(30)]

    assert statuses == ([200] * 9 + [400]) * 3


def test_a_template_is_checked_even_when_only_each_nth_message_is() -> None:
    handler = make_handler(Options(check_every=1000))

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
def test_a_glance_still_finds_what_cannot_be_delivered(body: bytes) -> None:
    assert finding(Templates(check_every=1000).read, body) == finding(check, body)


def test_a_glance_still_measures() -> None:
    handler = make_handler(Options(check_every=1000))

    assert send(handler, {"fid": "f", "data": {"key": "x" * 4094}}).status == 400
