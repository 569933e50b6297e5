"""The bytes that FCM gets, as approved."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import fcm, words
from notifications.fcm import Content, NotAMessage, Template
from notifications.models import Campaign, Message, Platform
from tests import make

EXPIRES = datetime(2026, 12, 3, tzinfo=UTC)


def content(**changes: Any) -> Content:
    fields: dict[str, Any] = {
        "platform": "android",
        "data": {"alert": "7", "inner_body": "Text"},
        "title": "New advice",
        "body": "Read it.",
        "tag": "7",
        "expires": EXPIRES,
        "urgent": False,
    }
    return Content(**(fields | changes))


@pytest.mark.parametrize("platform", Platform.values)
@pytest.mark.parametrize("kind", ["fid", "token"])
def test_only_the_address_and_the_time_to_live_are_put_into_the_approved_bytes(platform: str, kind: str) -> None:
    body = fcm.prepare(content(platform=platform))

    sent = json.loads(Template(body).fill(kind, "an-address", 3600))["message"]

    assert sent.pop(kind) == "an-address"
    if platform == "android":
        assert sent["android"].pop("ttl") == "3600s"
    if platform == "web":
        assert sent["webpush"]["headers"].pop("TTL") == "3600"
    assert sent == json.loads(body)


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(Platform.values))
def test_no_text_can_pass_for_the_place_of_the_address(title: str, inner: str, platform: str) -> None:
    trick = f'{title}"android":{{"webpush":{{"headers":{{'
    try:
        body = fcm.prepare(content(platform=platform, title=trick, body=trick, data={"inner_body": inner + trick}))
    except (NotAMessage, UnicodeEncodeError):
        return

    sent = json.loads(Template(body).fill("fid", "A" * 22, 60))["message"]

    assert sent["fid"] == "A" * 22
    assert sent["data"]["inner_body"] == inner + trick


def test_the_time_to_live_is_never_longer_than_fcm_keeps_anything() -> None:
    sent = json.loads(Template(fcm.prepare(content())).fill("fid", "A" * 22, 10**9))

    assert sent["message"]["android"]["ttl"] == "2419200s"


def test_a_lock_screen_shows_the_outer_text_alone() -> None:
    android = json.loads(fcm.prepare(content()))["android"]
    ios = json.loads(fcm.prepare(content(platform="ios")))["apns"]

    assert android["notification"] == {
        "title": "New advice",
        "body": "Read it.",
        "tag": "7",
        "channel_id": "updates",
        "visibility": "PRIVATE",
        "local_only": True,
    }
    assert ios["payload"]["aps"]["alert"] == {"title": "New advice", "body": "Read it."}
    assert ios["payload"]["aps"]["mutable-content"] == 1
    assert (ios["headers"]["apns-collapse-id"], ios["headers"]["apns-expiration"]) == ("7", str(int(EXPIRES.timestamp())))


def test_what_fcm_would_not_take_is_no_message() -> None:
    for wrong in ({"data": {"inner_body": "x" * 4000}}, {"data": {"count": 1}}, {"title": 7}):
        with pytest.raises(NotAMessage):
            fcm.prepare(content(**wrong))


def test_every_locale_platform_and_audience_has_its_bytes_and_strangers_have_the_home_text(db: None) -> None:
    texts = make.definition()["messages"]["en"]
    teen = {"outer": texts["outer"], "inner": {"title": "For you", "body": "It is not your fault."}}
    campaign = make.campaign(
        state="submitted",
        messages={"en": texts | {"variants": {"teen": teen}}, "ur": texts},
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


def test_the_same_campaign_gives_the_same_bytes(db: None) -> None:
    campaign = make.campaign(state="submitted")
    author, _ = make.campaign_staff()
    before = list(campaign.messages.values_list("body", flat=True))
    at = campaign.submitted_at
    assert at is not None

    campaign.send_back(by=author, at=at)
    campaign.submit(by=author, at=at)

    assert list(Message.objects.values_list("body", flat=True)) == before


@pytest.mark.parametrize(
    ("locale", "served"),
    [("en", "en"), ("en-AU", "en"), ("pt-PT", "pt-BR"), ("ur", "ur"), ("sr", None), ("und", None), ("fr", None)],
)
def test_a_reader_gets_their_own_language_in_their_own_script_or_the_home_text(locale: str, served: str | None) -> None:
    campaign = Campaign(words={"en": {}, "pt-BR": {}, "ur": {}, "sr-Latn": {}}, home_locale="en")

    assert words.served(campaign, locale) == served
