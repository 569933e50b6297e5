"""Chromium, a live server, and signed-in browser windows."""

from __future__ import annotations

import inspect
import io
import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from django.db import connection, connections
from django.test import Client
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page, sync_playwright

from core.models import User
from tests import make
from tests.content.importing.words import words
from tests.processes import ROOT

#: For Debian's Chromium: root cannot use its sandbox, and it must not contact other servers.
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a-long-demo-password"
#: A picture in the documentation: bytes at most, and CSS pixels from the top of its page.
MAX_PICTURE, MAX_PICTURE_HEIGHT = 80_000, 1_100


@pytest.fixture(scope="session", autouse=True)
def _connections_of_the_server_end(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Wait until PostgreSQL has noticed that the live server is gone: a database in use cannot be dropped."""
    yield
    deadline = time.monotonic() + 10
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            if not cursor.fetchall():
                return
            time.sleep(0.1)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "Chromium is missing: apt-get install chromium"
    # Playwright runs an event loop in this thread, so Django takes each query for one made in async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()
        # In the event loop Django has a connection of its own, which would keep the database from being dropped.
        connections.close_all()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def context_of(chromium: Browser, live_server: Any) -> Iterator[Callable[..., BrowserContext]]:
    """Return a function that opens a separate browser window, signed in as a person."""
    opened: list[BrowserContext] = []

    def make(
        person: User | None = None, *, width: int = 1280, scheme: Literal["light", "dark"] = "light", **more: Any
    ) -> BrowserContext:
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 900}, color_scheme=scheme, **more
        )
        context.set_default_timeout(15_000)
        opened.append(context)
        if person is not None:
            client = Client()
            client.force_login(person)
            cookie = client.cookies["sessionid"]
            context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url + "/console/"}])
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def real_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the rows of a test have the English labels of the product, for pages that people look at."""
    known = words()["labels"]
    made = make.label_text
    monkeypatch.setattr(make, "label_text", lambda key: known.get(key) or made(key))
    # Rows that were made once have the other labels.
    monkeypatch.setattr(make, "small_content", inspect.unwrap(make.small_content))


@pytest.fixture
def picture(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Return a function that writes a picture of a page for the documentation, where pytest was called with --screenshots."""
    if request.config.getoption("--screenshots"):
        return write_picture
    return lambda page, name: None


def write_picture(page: Page, name: str) -> None:
    """Write the upper part of a page to docs/screenshots, with as many colours as MAX_PICTURE bytes allow."""
    page.evaluate("window.scrollTo(0, 0)")
    height = min(page.evaluate("document.body.scrollHeight"), MAX_PICTURE_HEIGHT)
    shown = page.screenshot(full_page=True, animations="disabled", clip={"x": 0, "y": 0, "width": 1200, "height": height})
    with Image.open(io.BytesIO(shown)) as image:
        for colours in (128, 64, 32, 16):
            packed = io.BytesIO()
            image.convert("RGB").quantize(colours, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
            if packed.tell() < MAX_PICTURE:
                break
    assert packed.tell() < MAX_PICTURE, f"{name} is too large: {packed.tell()} bytes"
    (ROOT / "docs" / "screenshots" / f"{name}.png").write_bytes(packed.getvalue())


@pytest.fixture
def complaints() -> list[str]:
    """Collect errors of scripts and violations of the content security policy."""
    return []


def listen(page: Page, complaints: list[str]) -> Page:
    """Record the errors of a page, except 4xx responses, which refused actions give."""
    page.on(
        "console",
        lambda m: (
            complaints.append(f"{page.url}: {m.text}")
            if m.type in ("error", "warning") and "the server responded with a status of 4" not in m.text
            else None
        ),
    )
    page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
    return page


def follow(control: Locator) -> None:
    """Click a link or button and wait for the page it opens: `click()` returns while the old page is still there."""
    with control.page.expect_navigation():
        control.click()


def sign_in(page: Page, name: str) -> None:
    """Sign in with the form."""
    page.goto("/console/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Today").wait_for()
