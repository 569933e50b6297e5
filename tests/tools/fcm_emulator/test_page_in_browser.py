"""The page in a real browser: its security policy blocks nothing that it needs, and axe finds no fault."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from axe_core_python.sync_playwright import Axe
from fcm_emulator.handler import Handler
from playwright.sync_api import Browser, Route, sync_playwright

from tests.tools.fcm_emulator.in_process import AT, PROJECT, get, make_handler, make_message, post, send

pytestmark = pytest.mark.browser

ORIGIN = "http://127.0.0.1:9099"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Debian's Chromium, whose sandbox does not work for root.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield browser
        browser.close()


def busy_handler() -> Handler:
    handler = make_handler()
    for lang, direction in (("cy", "ltr"), ("ar", "rtl"), ("en", "ltr")):
        for number in range(3):
            data = make_message()["data"] | {"lang": lang, "dir": direction, "status": "Exercise" if number else "Actual"}
            send(handler, fid=f"{lang}-{number}", data=data)
    for topic in ("news", "a-topic-with-a-name-that-is-longer-than-a-narrow-screen-is-wide"):
        handler.send_endpoint.topics_of(PROJECT).subscribe("t:1", topic, at=AT)
    post(handler, "/emulator/plan", {"rules": [{"match": {"any": True}, "answer": "INTERNAL"}], "quota": 5})
    return handler


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_is_accessible_in_light_and_dark_and_on_a_phone(chromium: Browser, scheme: str, width: int) -> None:
    handler = busy_handler()
    page = chromium.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))

    def fulfill(route: Route) -> None:
        reply = get(handler, route.request.url.removeprefix(ORIGIN))
        headers = {name.decode(): value.decode() for name, value in reply.headers}
        route.fulfill(status=reply.status, body=reply.body, headers=headers | {"Content-Type": reply.content_type.decode()})

    page.route("**/*", fulfill)
    page.goto(ORIGIN + "/")
    # Closed details lie behind other elements, where axe would measure a wrong contrast.
    page.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)")

    found = Axe().run(page, options={"resultTypes": ["violations"]})["violations"]
    violations = [(violation["id"], [node["html"] for node in violation["nodes"]]) for violation in found]
    wider_than_the_window = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.close()

    assert violations == []
    assert complaints == []
    assert not wider_than_the_window
