"""The bytes that are sent to FCM, as approved."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from fcm_emulator import validation
from hypothesis import given
from hypothesis import strategies as st

from notifications.campaigns import fingerprint, lifecycle
from notifications.campaigns import texts as words
from notifications.campaigns.fcm_message import InvalidMessage, MessageContent, encode_message
from notifications.console.preview import previews
from notifications.delivery.fcm import MessageTemplate
from notifications.models import Campaign, Message, Platform
from tests import make

EXPIRES = datetime(2026, 12, 3, tzinfo=UTC)


def content(**changes: Any) -> MessageContent:
    fields: dict[str, Any] = {
        "platform": "android",
        "data": {"alert": "7", "inner_body": "Text"},
        "title": "New advice",
        "body": "Read it.",
        "tag": "7",
        "expires": EXPIRES,
        "urgent": False,
        "audible": False,
    }
    return MessageContent(**(fields | changes))


def test_a_message_that_is_too_long_says_what_to_change() -> None:
    """An alert for every country may name a hundred services."""
    with pytest.raises(InvalidMessage, match=r"the limit\. Choose fewer services, or shorten the text in the app\.$"):
        encode_message(content(data={"alert": "7", "services": ",".join(f"country-{number:04}-line" for number in range(250))}))


@pytest.mark.parametrize("platform", Platform.values)
@pytest.mark.parametrize("kind", ["fid", "token"])
def test_only_address_and_time_to_live_are_put_into_the_approved_bytes(platform: str, kind: str) -> None:
    body = encode_message(content(platform=platform))

    sent = json.loads(MessageTemplate(body).fill(kind, "an-address", 3600))["message"]

    assert sent.pop(kind) == "an-address"
    if platform == "android":
        assert sent["android"].pop("ttl") == "3600s"
    if platform == "web":
        assert sent["webpush"]["headers"].pop("TTL") == "3600"
    assert sent == json.loads(body)


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(Platform.values))
def test_no_text_can_look_like_the_place_of_the_address(title: str, inner: str, platform: str) -> None:
    trick = f'{title}"android":{{"webpush":{{"headers":{{'
    try:
        body = encode_message(content(platform=platform, title=trick, body=trick, data={"inner_body": inner + trick}))
    except (InvalidMessage, UnicodeEncodeError):
        return

    sent = json.loads(MessageTemplate(body).fill("fid", "A" * 22, 60))["message"]

    assert sent["fid"] == "A" * 22
    assert sent["data"]["inner_body"] == inner + trick


def test_a_message_to_topics_serves_all_platforms_and_takes_both_times_to_live() -> None:
    body = encode_message(content(platform="", data={"alert": "7", "inner_body": '100 %d of "webpush":{"headers":{'}))

    sent = json.loads(MessageTemplate(body).fill("topic", "fp1.teen.GB.~.cy.teen.~", 3600))["message"]

    assert sent.pop("topic") == "fp1.teen.GB.~.cy.teen.~"
    assert sent["android"].pop("ttl") == "3600s"
    assert sent["webpush"]["headers"].pop("TTL") == "3600"
    assert sent == json.loads(body)
    text = sent["notification"]
    assert text == {"title": "New advice", "body": "Read it."}
    sent["android"]["notification"].update(text)
    sent["apns"]["payload"]["aps"]["alert"] = text
    sent["webpush"]["notification"].update(text)
    for platform, part in (("android", "android"), ("ios", "apns"), ("web", "webpush")):
        assert sent[part] == json.loads(encode_message(content(platform=platform)))[part]


@pytest.mark.parametrize("letter", ["a", "é", "अ", "😀"])
def test_outer_texts_of_usual_length_fit_a_topic_in_every_script_however_fcm_counts(letter: str) -> None:
    texts = {"title": letter * 65, "body": letter * 180}

    body = encode_message(content(platform="", audible=True, data={"alert": "123456789", "inner": "feed"}, **texts))

    sent = MessageTemplate(body).fill("topic", "t", 10**9)
    assert len(sent) <= 2_048
    validation.validate(sent)


def test_the_time_to_live_is_never_longer_than_fcm_keeps_anything() -> None:
    sent = json.loads(MessageTemplate(encode_message(content())).fill("fid", "A" * 22, 10**9))

    assert sent["message"]["android"]["ttl"] == "2419200s"


def test_a_lock_screen_shows_the_outer_text_alone() -> None:
    android = json.loads(encode_message(content()))["android"]
    ios = json.loads(encode_message(content(platform="ios")))["apns"]

    assert android["notification"] == {
        "title": "New advice",
        "body": "Read it.",
        "tag": "7",
        "channel_id": "updates",
        "visibility": "PRIVATE",
        "local_only": True,
    }
    assert ios["payload"]["aps"] == {
        "alert": {"title": "New advice", "body": "Read it."},
        "interruption-level": "active",
        "mutable-content": 1,
        "thread-id": "7",
    }


def test_every_message_is_delivered_at_once_and_until_the_end_of_the_campaign() -> None:
    android = json.loads(encode_message(content()))["android"]
    ios = json.loads(encode_message(content(platform="ios")))["apns"]

    assert android["priority"] == "high"
    assert ios["headers"] == {
        "apns-collapse-id": "7",
        "apns-expiration": str(int(EXPIRES.timestamp())),
        "apns-priority": "10",
        "apns-push-type": "alert",
    }


def test_a_closed_browser_gets_the_newest_message_of_a_thread_alone() -> None:
    alert = json.loads(encode_message(content(platform="web")))["webpush"]
    cancel = json.loads(encode_message(content(platform="web", urgent=True, body="Withdrawn.")))["webpush"]

    assert alert["headers"] == {"Topic": "7", "Urgency": "normal"}
    assert cancel["headers"] == {"Topic": "7", "Urgency": "high"}
    assert alert["notification"]["tag"] == cancel["notification"]["tag"] == "7"
    # The service worker of Firebase ignores a link to another host, and would not run the app's own listener.
    assert "fcm_options" not in alert


def _sounds(body: str) -> bool:
    """Return whether the message makes a sound; the same must hold on every platform that it is for."""
    message = json.loads(body)
    said: set[bool] = set()
    if android := message.get("android"):
        said.add(android["notification"]["channel_id"] == "urgent")
        said.add(android["notification"].get("default_sound", False))
    if apple := message.get("apns"):
        said.add(apple["payload"]["aps"].get("sound") == "default")
        said.add(apple["payload"]["aps"]["interruption-level"] == "time-sensitive")
    if web := message.get("webpush"):
        said.add(web["notification"].get("renotify", False))
        said.add(not web["notification"].get("silent", False))
    (audible,) = said
    return audible


@pytest.mark.sampled
@pytest.mark.parametrize("severity", ["Extreme", "Severe", "Moderate", "Minor", "Unknown"])
@pytest.mark.parametrize("kind", ["alert", "update", "cancel", "all-clear"])
def test_phones_sound_for_severe_alerts_and_teenagers_phones_for_extreme_ones(db: None, kind: str, severity: str) -> None:
    alert = {**make.definition()["alert"], "severity": severity}
    readers = {"countries": "all", "audiences": ["parent", "teen", "educator", "bystander"]}
    earlier: dict[str, Any] = {} if kind == "alert" else {"references": make.campaign().pk}

    campaign = make.campaign(state="submitted", kind=kind, alert=alert, audience=readers, **earlier)

    expected = {
        "teen": kind in ("alert", "update") and severity == "Extreme",
        "adult": kind in ("alert", "update") and severity in ("Extreme", "Severe"),
    }
    for message in campaign.messages.all():
        assert _sounds(message.body) is expected["teen" if message.audience == "teen" else "adult"], message.key


@pytest.mark.parametrize("kind", ["alert", "update", "cancel", "all-clear"])
def test_every_kind_shows_a_text_so_that_an_iphone_in_the_background_gets_it(db: None, kind: str) -> None:
    earlier: dict[str, Any] = {} if kind == "alert" else {"references": make.campaign().pk}

    campaign = make.campaign(state="submitted", kind=kind, **earlier)

    for message in campaign.messages.filter(platform="ios"):
        apple = json.loads(message.body)["apns"]
        assert (apple["headers"]["apns-push-type"], apple["headers"]["apns-priority"]) == ("alert", "10")
        assert apple["payload"]["aps"]["alert"]["body"]
        assert "content-available" not in apple["payload"]["aps"]


def test_every_message_passes_the_checks_of_fcm_apple_and_the_push_services(db: None) -> None:
    campaign = make.campaign(state="submitted", alert={**make.definition()["alert"], "severity": "Extreme"})

    for message in [*campaign.messages.all(), *teens("It is not your fault.").messages.all()]:
        kind = "fid" if message.platform else "topic"
        validation.validate(MessageTemplate(message.body).fill(kind, "a" * 22, 3600))


def test_bytes_that_were_frozen_before_a_change_of_the_format_are_sent_as_they_are() -> None:
    earlier = (
        '{"android":{"notification":{"body":"Read it.","channel_id":"updates","local_only":true,"tag":"7","title":"New advice",'
        '"visibility":"PRIVATE"},"priority":"normal"},"apns":{"headers":{"apns-collapse-id":"7","apns-expiration":"1796256000",'
        '"apns-priority":"5","apns-push-type":"alert"},"payload":{"aps":{"alert":{"body":"Read it.","title":"New advice"},'
        '"mutable-content":1,"thread-id":"7"}}},"data":{"alert":"7"},"webpush":{"headers":{"Urgency":"normal"},'
        '"notification":{"body":"Read it.","tag":"7","title":"New advice"}}}'
    )

    sent = json.loads(MessageTemplate(earlier).fill("topic", "t", 60))["message"]

    assert sent.pop("topic") == "t"
    assert (sent["android"].pop("ttl"), sent["webpush"]["headers"].pop("TTL")) == ("60s", "60")
    assert sent == json.loads(earlier)


def test_a_message_that_fcm_would_refuse_is_refused() -> None:
    for wrong in ({"data": {"inner_body": "x" * 4000}}, {"data": {"count": 1}}, {"title": 7}):
        with pytest.raises(InvalidMessage):
            encode_message(content(**wrong))


def test_every_locale_platform_and_audience_has_a_message_and_a_fallback(db: None) -> None:
    texts = make.definition()["messages"]["en"]
    teen = {"outer": texts["outer"], "inner": {"title": "For you", "body": "It is not your fault."}}
    urdu = {"outer": {"title": "نئی بات", "body": "اسے پڑھیں۔"}, "inner": {"title": "دھمکی", "body": "پیسے نہ دیں۔"}}
    campaign = make.campaign(
        state="submitted",
        messages={"en": texts | {"variants": {"teen": teen}}, "ur": urdu},
        audience={"countries": "all", "audiences": ["parent", "teen"]},
    )

    messages = {message.key: json.loads(message.body)["data"] for message in campaign.messages.all()}

    assert len(messages) == 3 * 2 * 3
    assert messages["ur/parent/ios"]["dir"] == "rtl"
    assert messages["en/teen/web"]["inner_title"] == "For you"
    assert messages["en*/parent/android"]["fallback"] == "not-translated"
    assert set(messages["en/parent/android"]) == {
        "v", "alert", "rev", "act", "status", "lang", "dir", "fallback", "inner_title", "inner_body", "tip", "services",
        "open", "sent", "expires",
    }  # fmt: skip
    for data in messages.values():
        assert all(isinstance(value, str) for value in data.values())
        assert not any(key == "from" or key.startswith(("google", "gcm")) or key == "message_type" for key in data)


def teens(inner: str, **changes: Any) -> Campaign:
    """Submit a campaign for the teen app, in topics mode, with this text inside."""
    make.app("teen", push_mode="topics")
    texts = make.definition()["messages"]["en"] | {"inner": {"title": "For you", "body": inner}}
    audience = {"countries": ["GB"], "audiences": ["teen"]}
    return make.campaign(**{"state": "submitted", "apps": ["teen"], "audience": audience, "messages": {"en": texts}} | changes)


def test_messages_to_topics_say_the_same_as_those_to_phones(db: None) -> None:
    messages = {message.key: json.loads(message.body) for message in teens("It is not your fault.").messages.all()}

    assert set(messages) == {f"{tongue}/teen/{to}" for tongue in ("en", "en*") for to in ("android", "ios", "web", "topic")}
    assert messages["en/teen/topic"]["data"] == messages["en/teen/android"]["data"]
    assert not any(message.platform == "" for message in make.campaign(state="submitted").messages.all())


def test_messages_to_topics_are_a_part_of_what_is_approved(db: None) -> None:
    campaign = teens("It is not your fault.")

    document = fingerprint.document(campaign)

    assert json.loads(document["messages"]["en/teen/topic"])["data"]["inner_body"] == "It is not your fault."


def room(inner: str) -> dict[str, str]:
    """Return the data of the message to topics with this text inside, after the emulator has checked it as FCM would."""
    campaign = teens(inner)
    messages = campaign.messages.filter(platform="")
    for message in messages:
        validation.validate(MessageTemplate(message.body).fill("topic", "a" * 900, 10**9))
    data: dict[str, str] = json.loads(messages.get(fallback=False).body)["data"]
    return data


@pytest.mark.parametrize("letter", ["a", "é", "ế", "😀"])
def test_messages_to_topics_have_the_inner_text_while_it_fits(db: None, letter: str) -> None:
    size = len(letter.encode())
    data = {length: room("a" + letter * length) for length in range(1_040 // size, 1_280 // size, 40 // size)}

    kept = [length for length, fields in data.items() if "inner_body" in fields]
    left = [length for length, fields in data.items() if "inner_body" not in fields]

    assert kept
    assert left
    # One limit in bytes, the same for characters of one to four bytes. The text gate wants a letter in each text.
    assert max(kept) < min(left)
    assert max(kept) * size in range(1_060, 1_240)
    assert all(data[length]["inner_body"] == "a" + letter * length for length in kept)
    for length in left:
        assert data[length]["inner"] == "feed"
        assert "inner_title" not in data[length]
        assert data[length]["open"].startswith("alert/")


def test_a_long_text_goes_whole_to_single_phones_and_can_be_submitted(db: None) -> None:
    messages = {message.key: json.loads(message.body)["data"] for message in teens("a" * 1_500).messages.all()}

    assert messages["en/teen/topic"]["inner"] == "feed"
    assert messages["en/teen/ios"]["inner_body"] == "a" * 1_500
    assert "inner" not in messages["en/teen/ios"]


def test_the_approver_sees_the_text_that_topics_leave_to_the_feed(db: None) -> None:
    long, short = teens("a" * 1_500), teens("It is not your fault.")
    person = make.campaign_staff()[1]

    (seen_long, *_), (seen_short, *_) = previews(long, person), previews(short, person)

    assert (seen_long.inner["body"], seen_long.fetched) == ("a" * 1_500, True)
    assert (seen_short.fetched, seen_short.platforms) == (False, ["topic", "android", "ios", "web"])


def test_the_longest_outer_text_and_many_services_still_go_to_topics(db: None) -> None:
    many = [f"gb-service-with-a-long-name-{number:02d}" for number in range(60)]
    make.world()
    for slug in ("gb-line", *many):
        make.service(slug, channels=int(slug == many[0]))
    outer = {"title": "a" + "😀" * 64, "body": "a" + "😀" * 179}
    texts = {"outer": outer, "inner": {"title": "For you", "body": "It is not your fault."}}

    campaign = teens("", messages={"en": texts}, services=many)
    message = campaign.messages.get(platform="", fallback=False)

    validation.validate(MessageTemplate(message.body).fill("topic", "a" * 900, 10**9))
    data = json.loads(message.body)["data"]
    assert (data["inner"], data["open"]) == ("feed", f"alert/{campaign.pk}")
    assert not {"services", "inner_title", "inner_body"} & data.keys()


def test_a_message_too_large_without_its_inner_text_is_refused(db: None) -> None:
    with pytest.raises(InvalidMessage):
        encode_message(content(platform="", data={"services": "x" * 2_000}))


def test_the_same_campaign_gives_the_same_bytes(db: None) -> None:
    campaign = make.campaign(state="submitted")
    author, _ = make.campaign_staff()
    before = list(campaign.messages.values_list("body", flat=True))
    at = campaign.submitted_at
    assert at is not None

    lifecycle.send_back(campaign, by=author, at=at)
    lifecycle.submit(campaign, by=author, at=at)

    assert list(Message.objects.values_list("body", flat=True)) == before


@pytest.mark.parametrize(
    ("locale", "served"),
    [("en", "en"), ("en-AU", "en"), ("pt-PT", "pt-BR"), ("ur", "ur"), ("sr", None), ("und", None), ("fr", None)],
)
def test_a_reader_gets_their_own_language_in_their_own_script_or_the_home_text(locale: str, served: str | None) -> None:
    campaign = Campaign(words={"en": {}, "pt-BR": {}, "ur": {}, "sr-Latn": {}}, home_locale="en")

    assert words.served(campaign, locale) == served
