"""Chromium, a live server, and signed-in browser windows."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from typing import Any, Literal

import pytest
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.models import User

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


def sign_in(page: Page, name: str) -> None:
    """Sign in with the form."""
    page.goto("/console/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Today").wait_for()
