"""The page shows what people would see: outer text on the lock screen, inner text in the app, and nothing executable."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest
from fcm_emulator.handler import Handler
from fcm_emulator.phones import MAX_LOCALES, MAX_PER_LOCALE

from tests.tools.fcm_emulator.in_process import AT, PROJECT, get, make_handler, make_message, post, send


def with_data(**changes: str) -> dict[str, str]:
    data: dict[str, str] = make_message()["data"] | changes
    return data


def page(handler: Handler, query: str = "") -> str:
    reply = get(handler, "/" + query)
    assert reply.status == 200
    return reply.body.decode()


def lock_screens(html: str) -> list[str]:
    return re.findall(r"<section class=lock>(.*?)</section>", html, re.DOTALL)


def insides(html: str) -> list[str]:
    return re.findall(r"<section class=inside>(.*?)</section>", html, re.DOTALL)


def shown(handler: Handler) -> list[dict[str, Any]]:
    phones: list[dict[str, Any]] = orjson.loads(get(handler, "/emulator/phones").body)["phones"]
    return phones


def test_the_lock_screen_shows_outer_text_and_the_app_inner_text() -> None:
    handler = make_handler()
    send(handler)

    html = page(handler)

    (lock,), (inside,) = lock_screens(html), insides(html)
    assert "Cyngor newydd" in lock
    assert "Rhybudd" not in lock
    assert "Dyma sut i ymateb." not in lock
    assert "Rhybudd" in inside
    assert "Cyngor newydd" not in inside


def test_a_repeat_replaces_and_a_new_thread_is_added() -> None:
    handler = make_handler()
    send(handler)
    send(handler, at=AT + 5)
    other = make_message()["android"] | {"notification": {"title": "Arall", "tag": "b1"}}
    send(handler, android=other, data=with_data(alert="b1"))

    (phone,) = shown(handler)

    assert [(one["tag"], one["received"]) for one in phone["notifications"]] == [("b1", 1), ("a1", 2)]
    assert "replaced an earlier message" in page(handler)


def test_a_phone_moves_to_the_language_of_its_last_message() -> None:
    handler = make_handler()
    send(handler)
    send(handler, data=with_data(lang="en"))

    (phone,) = shown(handler)

    assert phone["locale"] == "en"
    assert list(handler.send_endpoint.phones.by_locale) == ["en"]


def test_the_most_recent_phone_of_each_language_comes_first() -> None:
    handler = make_handler()
    for number in range(5):
        for lang in ("cy", "ar", "bn"):
            send(handler, fid=f"{lang}-{number}", data=with_data(lang=lang))

    addresses = [phone["address"] for phone in shown(handler)]

    assert addresses[:3] == ["ar-4", "bn-4", "cy-4"]
    assert len(addresses) == 15


def test_the_page_shows_at_most_sixty_phones_and_keeps_few_more() -> None:
    handler = make_handler()
    for number in range(3000):
        send(handler, fid=f"fid-{number}", data=with_data(lang=f"l{number // 75}"))

    assert len(lock_screens(page(handler))) == 60
    assert len(shown(handler)) == MAX_LOCALES * MAX_PER_LOCALE <= 300
    assert len(handler.send_endpoint.phones._locale_of) == MAX_LOCALES * MAX_PER_LOCALE
    # Phones that were dropped still count.
    assert handler.send_endpoint.counts.summary()["addresses"] == 3000


def test_the_page_can_show_one_language() -> None:
    handler = make_handler()
    send(handler, fid="one", data=with_data(lang="cy"))
    send(handler, fid="two", data=with_data(lang="ar", dir="rtl"))

    html = page(handler, "?locale=ar")

    assert (">two<" in html, ">one<" in html) == (True, False)


def test_right_to_left_text_is_marked_on_a_left_to_right_page() -> None:
    handler = make_handler()
    send(handler, data=with_data(lang="ar", dir="rtl", inner_title="تحذير"))

    html = page(handler)

    assert "<html lang=en dir=ltr>" in html
    assert '<div lang="ar" dir=rtl><p class=title>تحذير</p>' in html


def test_a_secret_notification_is_not_on_the_lock_screen() -> None:
    handler = make_handler()
    android = make_message()["android"]
    send(handler, android=android | {"notification": android["notification"] | {"visibility": "SECRET"}})

    (lock,) = lock_screens(page(handler))

    assert "Nothing is shown." in lock
    assert "Cyngor" not in lock


def test_an_exercise_is_marked() -> None:
    handler = make_handler()
    send(handler, data=with_data(status="Exercise"))

    assert "<strong>Exercise</strong>" in page(handler)


@pytest.mark.parametrize(
    ("message", "outer", "platform"),
    [
        ({"notification": {"title": "a", "body": "b"}}, {"title": "a", "body": "b"}, ""),
        ({"notification": {"body": "b"}, "android": {"notification": {"title": "c"}}}, {"title": "c", "body": "b"}, "Android"),
        ({"apns": {"payload": {"aps": {"alert": {"title": "a", "body": "b"}}}}}, {"title": "a", "body": "b"}, "iOS"),
        ({"apns": {"payload": {"aps": {"alert": "only a body"}}}}, {"title": "", "body": "only a body"}, "iOS"),
        ({"webpush": {"notification": {"title": "a", "body": 7}}}, {"title": "a", "body": "7"}, "Web"),
    ],
)  # fmt: skip
def test_the_outer_text_of_every_platform_is_found(message: dict[str, Any], outer: dict[str, str], platform: str) -> None:
    handler = make_handler()
    send(handler, {"fid": "f"} | message)

    (phone,) = shown(handler)

    assert (phone["notifications"][0]["outer"], phone["notifications"][0]["platform"]) == (outer, platform)
    assert page(handler)


def test_text_of_a_message_is_escaped() -> None:
    handler = make_handler()
    evil = "<script>alert(1)</script>\"'><img src=x>"
    android = {"notification": {"title": evil, "body": evil, "tag": evil}}
    data = dict.fromkeys(("alert", "rev", "lang", "dir", "status", "inner_title", "inner_body", "open", "tip", "services"), evil)
    send(handler, fid="<b>fid</b>", android=android, data=data)

    html = page(handler)

    assert "<script" not in html
    assert "<img" not in html
    assert "<b>fid" not in html
    assert 'lang="&lt;script' in html


def test_the_page_may_load_only_its_own_style_sheet() -> None:
    handler = make_handler()
    send(handler)

    reply = get(handler, "/")

    policy = dict(reply.headers)[b"Content-Security-Policy"]
    assert policy == b"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    assert get(handler, "/page.css").content_type == b"text/css; charset=utf-8"
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?:", page(handler))


def test_the_page_reloads_only_on_request() -> None:
    handler = make_handler()

    assert "http-equiv=refresh" not in page(handler)
    assert "<meta http-equiv=refresh content=5>" in page(handler, "?refresh=5")
    assert get(handler, "/?refresh=0.1").body == get(handler, "/").body


def test_the_page_shows_the_current_fault_plan() -> None:
    handler = make_handler()

    post(handler, "/emulator/plan", {"rules": [{"match": {"address_prefix": "<x>"}, "answer": "QUOTA"}]})

    assert "<b>QUOTA</b> for address_prefix &lt;x&gt;: used 0 times" in page(handler)


@pytest.mark.parametrize(
    "host", [b"", b"emulator.example.org", b"127.0.0.1.example.org", b"10.0.0.1:9099", b"localhost.example.org", b"\xff"]
)
@pytest.mark.parametrize("path", ["/", "/page.css", "/emulator/phones", "/emulator/counts", "/emulator/plan"])
def test_the_emulators_own_pages_need_a_loopback_host(host: bytes, path: str) -> None:
    handler = make_handler()
    send(handler)

    reply = get(handler, path, host)

    assert reply.status == 403
    assert b"fid-1" not in reply.body


@pytest.mark.parametrize("host", [b"127.0.0.1", b"127.0.0.1:9099", b"localhost:1", b"LOCALHOST", b"[::1]:9099", b"127.1.2.3"])
def test_every_loopback_host_is_accepted(host: bytes) -> None:
    assert get(make_handler(), "/emulator/phones", host).status == 200


def test_the_page_shows_quota_topics_and_plan() -> None:
    handler = make_handler()
    handler.send_endpoint.topics_of(PROJECT).subscribe("t:1", "news", at=AT)
    for _ in range(3):
        send(handler)
    post(handler, "/emulator/plan", {"rules": [], "quota": 3})
    send(handler)

    html = page(handler)

    assert "3 messages in the last 60 seconds (limit 3); at most 3 in any 60 seconds; 429 responses: 1." in html
    assert "<p>1 topic with subscribers: <bdi>news</bdi> (1)</p>" in html
    assert "<p>quota 3</p>" in html
