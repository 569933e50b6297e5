"""With --check-every N only every Nth message is validated in full, and of the others the target and the size."""

from __future__ import annotations

import pytest
from fcm_emulator.server_options import ServerOptions

from tests.tools.fcm_emulator.in_process import make_handler, send, send_bytes


def test_every_message_is_validated_in_full_by_default() -> None:
    handler = make_handler()

    assert [send(handler, surprise=number).status for number in range(3)] == [400, 400, 400]


def test_every_nth_message_is_validated_in_full() -> None:
    handler = make_handler(ServerOptions(check_every=10))

    statuses = [send(handler, data={"alert": str(number)}, surprise=number).status for number in range(30)]

    assert statuses == ([200] * 9 + [400]) * 3


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
def test_a_message_that_cannot_be_delivered_is_always_rejected(body: bytes) -> None:
    in_full, target_only = make_handler(), make_handler(ServerOptions(check_every=1000))

    response = send_bytes(target_only, body)

    assert response.status == 400
    assert response == send_bytes(in_full, body)


def test_the_size_of_a_message_is_always_checked() -> None:
    handler = make_handler(ServerOptions(check_every=1000))

    assert send(handler, {"fid": "f", "data": {"key": "x" * 4094}}).status == 400
