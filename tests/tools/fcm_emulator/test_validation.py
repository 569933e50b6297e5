"""A message that FCM would reject is rejected here, for the same reason."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.tools.fcm_emulator.in_process import error_of, make_handler, make_message, send, send_bytes


def refused(message: dict[str, Any]) -> tuple[list[str], str, str]:
    """Return the kinds of the details, the field and the message of a 400."""
    handler = make_handler()
    reply = send(handler, message)
    assert reply.status == 400, reply.body
    # A rejected message reaches no phone and does not count as accepted.
    assert handler.send_endpoint.counts.summary()["accepted_total"] == 0
    error = error_of(reply)
    violations = [one for detail in error["details"] for one in detail.get("fieldViolations", [])]
    kinds = [detail["@type"].rpartition(".")[2] for detail in error["details"]]
    return kinds, violations[0].get("field", "") if violations else "", error["message"]


def with_android(**changes: Any) -> dict[str, Any]:
    return make_message(android=make_message()["android"] | changes)


@pytest.mark.parametrize("target", ["fid", "token", "topic", "condition"])
def test_each_kind_of_target_is_accepted_alone(target: str) -> None:
    address = "'news' in topics" if target == "condition" else "address-1"

    assert send(make_handler(), make_message(fid=None) | {target: address}).status == 200


@pytest.mark.parametrize("name", ["lowerCamelCase", "snake_case"])
def test_field_names_are_accepted_in_both_spellings(name: str) -> None:
    fields = (
        {"channelId": "updates", "localOnly": True} if name == "lowerCamelCase" else {"channel_id": "updates", "local_only": True}
    )

    assert send(make_handler(), with_android(notification=fields)).status == 200


def test_two_targets_are_rejected() -> None:
    assert refused(make_message(token="t")) == (
        ["BadRequest"],
        "message",
        "Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set 'token'",
    )


@pytest.mark.parametrize("message", [make_message(fid=None), make_message(fid="")])
def test_a_message_without_a_target_is_rejected(message: dict[str, Any]) -> None:
    assert refused(message) == (["BadRequest", "FcmError"], "message", "Recipient of the message is not set.")


@pytest.mark.parametrize("address", ["two words", "tab\there", "línea", "nul\x00", "a" * 4097])
@pytest.mark.parametrize("kind", ["fid", "token"])
def test_an_invalid_address_is_reported_as_an_address_error(kind: str, address: str) -> None:
    assert refused(make_message(fid=None) | {kind: address}) == (
        ["FcmError"],
        "",
        "The registration token is not a valid FCM registration token",
    )


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (make_message(surprise=1), "message"),
        (with_android(surprise=1), "message.android"),
        (with_android(notification={"title": "x", "titel": "y"}), "message.android.notification"),
        (make_message(apns={"header": {}}), "message.apns"),
    ],
)
def test_an_unknown_field_is_rejected_by_name(message: dict[str, Any], field: str) -> None:
    kinds, where, text = refused(message)

    assert (kinds, where) == (["BadRequest"], field)
    assert text.startswith('Invalid JSON payload received. Unknown name "')


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (make_message(data={"badge": 12}), "message.data[0].value"),
        (make_message(data={"a": "x", "b": None}), "message.data[1].value"),
        (make_message(data={"a": {"b": "c"}}), "message.data[0].value"),
        (make_message(data=["a"]), "message.data"),
        (make_message(fid=5), "message.fid"),
        (with_android(priority="urgent"), "message.android.priority"),
        (with_android(direct_boot_ok="yes"), "message.android.direct_boot_ok"),
        (with_android(notification={"visibility": "HIDDEN"}), "message.android.notification.visibility"),
        (with_android(notification={"notification_count": 2**31}), "message.android.notification.notification_count"),
        (with_android(notification={"body_loc_args": ["a", 1]}), "message.android.notification.body_loc_args[1]"),
        (with_android(notification={"event_time": "yesterday"}), "message.android.notification.event_time"),
        (make_message(apns={"headers": {"apns-priority": 10}}), "message.apns.headers[0].value"),
        (make_message(apns={"payload": "x"}), "message.apns.payload"),
        (make_message(webpush=[]), "message.webpush"),
    ],
)
def test_a_value_of_the_wrong_type_is_rejected_with_its_path(message: dict[str, Any], field: str) -> None:
    kinds, where, text = refused(message)

    assert (kinds, where) == (["BadRequest"], field)
    assert text.startswith(f"Invalid value at '{field}' (")


def test_a_number_in_the_data_is_rejected_in_googles_words() -> None:
    assert refused(make_message(data={"badge": 12}))[2] == "Invalid value at 'message.data[0].value' (TYPE_STRING), 12"


@pytest.mark.parametrize("ttl", ["3600", 3600, "1h", "", "s", " 3600s", "3600S", "1e3s", "3600sec"])
def test_a_ttl_that_is_no_duration_is_rejected_by_the_front_end(ttl: Any) -> None:
    kinds, where, text = refused(with_android(ttl=ttl))

    assert (kinds, where) == (["BadRequest"], "message.android.ttl")
    assert "duration must end with 's'" in text


@pytest.mark.parametrize("ttl", ["-1s", "2419201s"])
def test_a_ttl_of_more_than_four_weeks_is_rejected_by_fcm(ttl: str) -> None:
    assert refused(with_android(ttl=ttl))[:2] == (["BadRequest", "FcmError"], "message.android.ttl")


@pytest.mark.parametrize("ttl", ["0s", "2419200s", "3.5s"])
def test_a_ttl_of_up_to_four_weeks_is_accepted(ttl: str) -> None:
    assert send(make_handler(), with_android(ttl=ttl)).status == 200


@pytest.mark.parametrize("key", ["from", "message_type", "google.sent", "gcm.notification.title", "gcm.notification"])
@pytest.mark.parametrize("place", ["message", "android", "webpush"])
def test_a_reserved_data_key_is_rejected(key: str, place: str) -> None:
    data = {"alert": "a1", key: "x"}
    message = make_message(data=data) if place == "message" else make_message() | {place: {"data": data}}

    kinds, where, text = refused(message)

    assert (kinds, where) == (["BadRequest", "FcmError"], "message.data[1].key")
    assert text == f"Invalid data payload key: {key}"


@pytest.mark.parametrize("key", ["From", "from_us", "googled", "gcm", "collapse_key"])
def test_a_data_key_similar_to_a_reserved_one_is_accepted(key: str) -> None:
    assert send(make_handler(), make_message(data={key: "x"})).status == 200


def test_texts_and_data_may_have_4096_bytes_and_no_more() -> None:
    fits = {"fid": "f", "data": {"key": "é" * 2046 + "x"}}
    too_big = {"fid": "f", "data": {"key": "é" * 2047}}

    assert send(make_handler(), fits).status == 200
    assert refused(too_big) == (["BadRequest", "FcmError"], "", "Android message is too big")


def test_a_topic_message_may_have_half_the_size() -> None:
    assert send(make_handler(), {"topic": "t", "data": {"key": "x" * 2045}}).status == 200
    assert refused({"topic": "t", "data": {"key": "x" * 2046}})[2] == "Android message is too big"


def test_texts_and_data_count_together_without_the_address() -> None:
    text: dict[str, Any] = {"fid": "f" * 3000, "data": {"key": "x" * 2000}, "android": {"notification": {"body": "y" * 2089}}}

    assert send(make_handler(), text).status == 200
    text["android"]["notification"]["body"] += "y"
    assert refused(text)[2] == "Android message is too big"


def test_apples_payload_is_measured_as_json_with_the_data() -> None:
    aps = {"alert": {"title": "t", "body": "b" * 2000}}

    assert send(make_handler(), {"fid": "f", "data": {"key": "x" * 2000}, "apns": {"payload": {"aps": aps}}}).status == 200
    assert (
        refused({"fid": "f", "data": {"key": "x" * 2090}, "apns": {"payload": {"aps": aps}}})[2] == "Android message is too big"
    )


def test_a_collapse_id_that_apple_would_reject_is_rejected() -> None:
    assert send(make_handler(), make_message(apns={"headers": {"apns-collapse-id": "c" * 64}})).status == 200
    assert refused(make_message(apns={"headers": {"apns-collapse-id": "c" * 65}}))[1] == "message.apns.headers"


def with_apple(aps: Any = None, **headers: str) -> dict[str, Any]:
    payload = {} if aps is None else {"payload": {"aps": aps}}
    return make_message(apns={"headers": {name.replace("_", "-"): value for name, value in headers.items()}, **payload})


@pytest.mark.parametrize(
    "apple",
    [
        with_apple({"alert": "x"}, apns_push_type="alert", apns_priority="10", apns_expiration="0"),
        with_apple({"alert": "x", "sound": "default", "interruption-level": "time-sensitive"}, apns_priority="5"),
        with_apple({"content-available": 1}, apns_push_type="background", apns_priority="5"),
    ],
)
def test_what_apple_delivers_is_accepted(apple: dict[str, Any]) -> None:
    assert send(make_handler(), apple).status == 200


@pytest.mark.parametrize(
    ("apple", "field"),
    [
        (with_apple(apns_push_type="notification"), "headers"),
        (with_apple(apns_priority="high"), "headers"),
        (with_apple(apns_expiration="tomorrow"), "headers"),
        (with_apple({"alert": "x", "interruption-level": "loud"}), "payload"),
        (with_apple("x"), "payload"),
        # A message of data alone may only have the lower priority, and may show nothing.
        (with_apple({"content-available": 1}, apns_push_type="background", apns_priority="10"), "headers"),
        (with_apple({"content-available": 1}), "headers"),
        (with_apple({"alert": "x"}, apns_push_type="background", apns_priority="5"), "headers"),
    ],
)
def test_what_apple_would_refuse_is_rejected(apple: dict[str, Any], field: str) -> None:
    assert refused(apple)[:2] == (["BadRequest", "FcmError"], f"message.apns.{field}")


@pytest.mark.parametrize("headers", [{"TTL": "0", "Urgency": "very-low"}, {"ttl": "60", "urgency": "high", "topic": "a_-9" * 8}])
def test_what_a_push_service_delivers_is_accepted(headers: dict[str, str]) -> None:
    web = {"headers": headers, "fcm_options": {"link": "https://app.example.org/"}}

    assert send(make_handler(), make_message(webpush=web)).status == 200


@pytest.mark.parametrize(
    ("web", "field"),
    [
        ({"headers": {"TTL": "1h"}}, "headers"),
        ({"headers": {"Urgency": "urgent"}}, "headers"),
        ({"headers": {"Topic": "a" * 33}}, "headers"),
        ({"headers": {"Topic": "two words"}}, "headers"),
        ({"headers": {"Topic": ""}}, "headers"),
        ({"fcm_options": {"link": "http://app.example.org/"}}, "fcm_options.link"),
        ({"fcmOptions": {"link": "alert/7"}}, "fcm_options.link"),
    ],
)
def test_what_a_push_service_would_refuse_is_rejected(web: dict[str, Any], field: str) -> None:
    assert refused(make_message(webpush=web))[:2] == (["BadRequest", "FcmError"], f"message.webpush.{field}")


@pytest.mark.parametrize("name", ["android_v2", "androidV2"])
def test_both_versions_of_androids_options_are_rejected(name: str) -> None:
    options = {"remote_notification": {"notification": {"title": "x"}}}

    assert refused(make_message() | {name: options})[1] == "message.android_v2"
    assert send(make_handler(), make_message(android=None) | {name: options}).status == 200


@pytest.mark.parametrize("topic", ["/topics/news", "two words", "ü"])
def test_a_malformed_topic_is_rejected(topic: str) -> None:
    assert refused(make_message(fid=None, topic=topic))[1] == "message.topic"


def test_a_malformed_analytics_label_is_rejected() -> None:
    assert refused(make_message(fcm_options={"analytics_label": "a label"}))[1] == "message.fcm_options.analytics_label"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b"12", b'{"message": NaN}', b'{"message": {"fid": "\\ud800"}}', b"\xff", b"[" * 60_000]
)
def test_a_body_that_is_no_message_is_400(body: bytes) -> None:
    reply = send_bytes(make_handler(), body)

    assert (reply.status, error_of(reply)["status"]) == (400, "INVALID_ARGUMENT")


def test_an_empty_request_has_no_message() -> None:
    assert send_bytes(make_handler(), b"{}").status == 400
    assert send_bytes(make_handler(), b'{"message": null}').status == 400


def test_the_last_of_duplicate_keys_counts() -> None:
    handler = make_handler()

    send_bytes(handler, b'{"message": {"fid": "first", "fid": "last", "data": {"alert": "a1"}}}')

    assert [one["address"] for one in handler.send_endpoint.counts.each()] == ["last"]


def test_validate_only_validates_and_delivers_nothing() -> None:
    handler = make_handler()

    good = send_bytes(handler, orjson.dumps({"message": make_message(), "validate_only": True}))
    bad = send_bytes(handler, orjson.dumps({"message": make_message(surprise=1), "validateOnly": True}))

    assert orjson.loads(good.body) == {"name": "projects/fingerpost-test/messages/fake_message_id"}
    assert bad.status == 400
    assert handler.send_endpoint.counts.summary()["accepted_total"] == 0
    assert handler.send_endpoint.phones.newest() == []
