"""Measurements and tests rely on the counts, so these are exact for every address."""

from __future__ import annotations

import orjson
from fcm_emulator.counts import AlertKey, MessageCounts

from tests.tools.fcm_emulator.in_process import AT, get, make_handler, make_message, post, send

FIRST = AlertKey("a1", "a1", "1")


def test_missed_and_doubled_are_found_among_100_000_addresses() -> None:
    counts = MessageCounts()
    for number in range(100_000):
        if number not in (7, 99_998):
            counts.add(FIRST, "fid", f"fid-{number}", "ACCEPT", accepted=True, at=AT)
    counts.add(FIRST, "fid", "fid-7", "UNREGISTERED", accepted=False, at=AT)
    for number in (3, 3, 50_000):
        counts.add(FIRST, "fid", f"fid-{number}", "ACCEPT", accepted=True, at=AT)

    summary = counts.summary(tag="a1")

    assert summary == {
        "tag": "a1",
        "accepted_total": 100_001,
        "addresses": 99_998,
        "tried": 99_999,
        "messages": 100_002,
        "doubled": 2,
        "repeats": 3,
        "fanned_out": 0,
        "by_answer": {"ACCEPT": 100_001, "UNREGISTERED": 1},
        "first_at": AT,
        "last_at": AT,
    }
    each = {one["address"]: (one["accepted"], one["received"]) for one in counts.each(tag="a1")}
    assert len(each) == 99_999
    assert (each["fid-3"], each["fid-50000"], each["fid-7"]) == ((3, 3), (2, 2), (0, 1))
    assert "fid-99998" not in each


def test_a_correction_in_a_thread_does_not_count_as_doubled() -> None:
    handler = make_handler()
    send(handler)
    send(handler, data=make_message()["data"] | {"alert": "a2"})
    send(handler, data=make_message()["data"] | {"rev": "2"})

    summary = orjson.loads(get(handler, "/emulator/counts?tag=a1").body)

    assert (summary["accepted_total"], summary["addresses"], summary["doubled"], summary["repeats"]) == (3, 1, 0, 0)
    assert orjson.loads(get(handler, "/emulator/counts?tag=a1&alert=a2").body)["accepted_total"] == 1
    assert orjson.loads(get(handler, "/emulator/counts?alert=a1&rev=2").body)["accepted_total"] == 1


def test_a_message_without_a_tag_is_counted_under_its_alert() -> None:
    handler = make_handler()
    send(handler, android=None)

    assert orjson.loads(get(handler, "/emulator/counts?tag=a1").body)["accepted_total"] == 1


def test_the_tags_of_all_platforms_are_the_same_tag() -> None:
    handler = make_handler()
    send(handler, fid="android")
    send(handler, fid="ios", android=None, apns={"headers": {"apns-collapse-id": "a1"}})
    send(handler, fid="web", android=None, webpush={"notification": {"tag": "a1"}})

    assert orjson.loads(get(handler, "/emulator/counts?tag=a1").body)["addresses"] == 3


def test_an_installation_id_and_an_equal_token_are_two_addresses() -> None:
    handler = make_handler()
    send(handler, fid="same")
    send(handler, fid=None, token="same")

    assert sorted(one["kind"] for one in handler.send_endpoint.counts.each(tag="a1")) == ["fid", "token"]
    assert handler.send_endpoint.counts.summary()["doubled"] == 0


def test_a_topic_is_counted_and_is_not_a_phone() -> None:
    handler = make_handler()
    send(handler, fid=None, topic="parent-GB-cy")

    assert [(one["kind"], one["address"]) for one in handler.send_endpoint.counts.each()] == [("topic", "parent-GB-cy")]
    assert handler.send_endpoint.phones.newest() == []


def test_every_line_of_the_full_counts_is_json() -> None:
    handler = make_handler()
    send(handler, fid="f1")
    send(handler, fid="f1")

    reply = get(handler, "/emulator/counts?tag=a1&full=1")

    assert reply.content_type == b"application/x-ndjson"
    assert [orjson.loads(line) for line in reply.body.splitlines()] == [
        {"kind": "fid", "address": "f1", "tag": "a1", "alert": "a1", "rev": "1", "accepted": 2, "received": 2}
    ]


def test_an_unknown_tag_has_empty_counts() -> None:
    summary = orjson.loads(get(make_handler(), "/emulator/counts?tag=nothing").body)

    assert (summary["accepted_total"], summary["addresses"], summary["messages"], summary["by_answer"]) == (0, 0, 0, {})


def test_rejected_messages_are_in_the_totals_without_a_filter() -> None:
    handler = make_handler()
    send(handler)
    send(handler, surprise=1)

    assert handler.send_endpoint.counts.summary()["by_answer"] == {"ACCEPT": 1, "INVALID_PAYLOAD": 1}


def test_reset_forgets_counts_and_phones_and_keeps_tokens() -> None:
    handler = make_handler()
    send(handler)

    assert post(handler, "/emulator/reset", {}).status == 200

    assert handler.send_endpoint.counts.summary()["messages"] == 0
    assert handler.send_endpoint.phones.newest() == []
    assert send(handler).status == 200


def test_reset_accepts_only_an_empty_object() -> None:
    assert post(make_handler(), "/emulator/reset", {"all": True}).status == 400


def test_an_unknown_query_parameter_is_rejected_by_name() -> None:
    reply = get(make_handler(), "/emulator/counts?campaign=1")

    assert (reply.status, orjson.loads(reply.body)["error"]) == (400, "Unknown query parameters: campaign.")


def test_a_count_stops_at_its_limit() -> None:
    counts = MessageCounts()
    for _ in range(65_540):
        counts.add(FIRST, "fid", "f", "ACCEPT", accepted=True, at=AT)

    (one,) = counts.each()
    assert (one["accepted"], counts.summary()["accepted_total"]) == (65_535, 65_540)


def test_messages_per_second_of_a_thread_are_listed() -> None:
    handler = make_handler()
    for late in (0.0, 0.25, 0.9, 1.0, 4.5, 4.9):
        send(handler, fid=f"fid-{late}", at=AT + 0.5 + late)
    send(handler, fid="other", android=None, data={"alert": "b1"}, at=AT + 60)

    summary = orjson.loads(get(handler, "/emulator/counts?tag=a1&seconds=1").body)

    assert (summary["first_at"], summary["last_at"], summary["seconds"]) == (AT + 0.5, AT + 5.4, [3, 1, 0, 0, 2])
    assert "seconds" not in orjson.loads(get(handler, "/emulator/counts?tag=a1").body)


def test_messages_per_second_of_several_revisions_are_added() -> None:
    handler = make_handler()
    for late, rev in ((0, "1"), (2, "2"), (2.5, "1"), (3, "2")):
        send(handler, data=make_message()["data"] | {"rev": rev}, at=AT + late)

    summary = orjson.loads(get(handler, "/emulator/counts?seconds=1").body)

    assert (summary["first_at"], summary["last_at"], summary["seconds"]) == (AT, AT + 3, [1, 0, 2, 1])


def test_messages_per_second_end_after_six_hours() -> None:
    handler = make_handler()
    for at in (AT, AT + 3599, AT + 6 * 3600 - 1, AT + 6 * 3600, AT - 5):
        handler.send_endpoint.counts.add(FIRST, "fid", "f", "ACCEPT", accepted=True, at=at)

    seconds = handler.send_endpoint.counts.seconds()

    assert (len(seconds), sum(seconds), handler.send_endpoint.counts.summary()["messages"]) == (6 * 3600, 4, 5)
    assert handler.send_endpoint.counts.summary()["last_at"] == AT + 6 * 3600


def test_an_unknown_thread_has_no_messages_per_second() -> None:
    summary = orjson.loads(get(make_handler(), "/emulator/counts?tag=nothing&seconds=1").body)

    assert (summary["first_at"], summary["last_at"], summary["seconds"]) == (None, None, [])
