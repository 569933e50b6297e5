"""The start page of a sandbox while a campaign is being sent: what its phones show changes each second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.conftest import listen

pytestmark = pytest.mark.browser


def test_a_press_on_a_card_is_not_lost_while_the_campaign_is_being_sent(
    context_of: Callable[..., BrowserContext], settings: Any, complaints: list[str]
) -> None:
    settings.SANDBOX = True
    answers = 0

    def answer(route: Route) -> None:
        nonlocal answers
        answers += 1
        # The phone that got its message last has another time in each answer.
        shown = [
            {"alert": "1", "rev": "1", "title": "News", "body": "Read it.", "at": 1_800_000_000 + answers, "url": "/the-alert"}
        ]
        english = {"locale": "en", "name": "English", "dir": "ltr", "shown": shown}
        other = {"locale": "ar", "name": "Arabic", "dir": "rtl", "shown": []}
        route.fulfill(json={"reachable": True, "phones": [english, other]})

    page = listen(context_of(width=1200).new_page(), complaints)
    page.route("**/v1/sandbox/phones", answer)
    page.route("**/the-alert", lambda route: route.fulfill(content_type="text/html", body="<h1>The alert</h1>"))
    page.goto("/")
    card = page.locator(".card")
    expect(card).to_be_visible()
    first, clock = card.element_handle(), card.locator("time").text_content() or ""
    card.focus()
    box = card.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    expect(card.locator("time")).not_to_have_text(clock)
    deadline = time.monotonic() + 60
    seen = answers
    while answers < seen + 2 and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    expect(card).to_be_focused()
    page.mouse.up()

    assert first.evaluate("card => card.isConnected")
    expect(page.locator('iframe[title="The alert inside the app, English"]')).to_have_attribute("src", "/the-alert")
    assert complaints == []
