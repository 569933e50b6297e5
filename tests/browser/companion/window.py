"""What a reader does in a window of the companion, and what the browser has kept of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, Route, expect

from tests.browser.companion_site import CompanionSite

PLACES = (*(("GB", locale) for locale in ("en", "ar", "bn", "cy", "hi", "ur")), ("ZZ", "en"), ("ZZ", "ar"))
NEUTRAL = "https://www.wikipedia.org/"

#: Everything that the page has left in the browser, by kind of storage.
LEFT = """async () => {
  const kept = async ({name}) => {
    const opened = await new Promise(done => { const r = indexedDB.open(name); r.onsuccess = () => done(r.result); });
    if (![...opened.objectStoreNames].length) return [];
    const keys = await new Promise(done => {
      const r = opened.transaction("kept").objectStore("kept").getAllKeys(); r.onsuccess = () => done(r.result);
    });
    opened.close();
    return keys;
  };
  const databases = await Promise.all((await indexedDB.databases()).map(kept));
  return {
    databases: databases.flat(),
    caches: await caches.keys(),
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    local: localStorage.length + sessionStorage.length,
    cookies: document.cookie,
  };
}"""


def neutral(route: Route) -> None:
    route.fulfill(body="<title>Somewhere else</title>", content_type="text/html")


def enter(page: Page, *, country: str = "GB", locale: str | None = None, who: str = "Young person") -> None:
    """Choose country, language and reader, and wait for the situations."""
    page.locator("#country").select_option(country)
    expect(page.locator("#locale option[value=hi]")).to_be_attached()
    if locale is not None:
        page.locator("#locale").select_option(locale)
        expect(page.locator("html")).to_have_attribute("lang", locale)
        page.locator(".choices button").first.click()
    else:
        page.get_by_role("button", name=who).click()
    page.locator("main nav").wait_for()


def plan_of(page: Page, situation: str = "Blackmail or threats") -> None:
    page.get_by_role("button", name=situation).click()
    page.get_by_role("heading", name=situation, level=1).wait_for()


def as_phone(page: Page) -> None:
    """Show the page as a phone does, for its picture."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="light")


def show_only(page: Page, *parts: str) -> None:
    """Hide the sections but those with these ids of headings, for a picture of what is further down a long page."""
    page.evaluate(
        "shown => document.querySelectorAll('main > section').forEach("
        "part => { part.hidden = !shown.includes(part.getAttribute('aria-labelledby')); })",
        list(parts),
    )


def wait_for_worker(page: Page) -> None:
    """Wait until the files of the app are kept."""
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")


def visit_again(visit: Callable[..., Page], site: CompanionSite, packs: Any, **options: Any) -> Page:
    """Open a window on other packs than those that the fixture serves."""
    page = visit(**options)
    site.publish(packs, PLACES)
    page.reload()
    return page
