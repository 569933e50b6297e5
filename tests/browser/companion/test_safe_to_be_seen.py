"""The companion leaves nothing behind: quick exit, and forgetting everything."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from api.pages.companion import companion
from tests.browser.companion.window import LEFT, NEUTRAL, enter, plan_of, wait_for_worker
from tests.browser.companion_site import CompanionSite

pytestmark = [pytest.mark.browser, pytest.mark.django_db]

#: What is kept beside the pack, which is the same for every reader of a country and language.
KEPT = """async () => {
  const opened = await new Promise(done => { const r = indexedDB.open("companion"); r.onsuccess = () => done(r.result); });
  const table = opened.transaction("kept").objectStore("kept");
  const found = {};
  for (const key of ["choices", "manifest", "trust"]) {
    const value = await new Promise(done => { const r = table.get(key); r.onsuccess = () => done(r.result); });
    found[key] = key === "trust" ? Object.keys(value) : value;
  }
  opened.close();
  return found;
}"""


def test_leaving_leaves_no_history_and_forgetting_leaves_nothing(visit: Callable[..., Page]) -> None:
    page = visit()
    enter(page)
    plan_of(page)
    wait_for_worker(page)
    assert page.evaluate(LEFT) == {
        "databases": ["choices", "manifest", "pack", "trust"],
        "caches": [f"companion-{companion().version}"],
        "workers": 1,
        "local": 0,
        "cookies": "",
    }

    page.keyboard.press("Escape")
    page.wait_for_url(NEUTRAL)
    page.go_back()
    assert page.url == "about:blank"
    page.go_forward()
    assert page.url == NEUTRAL
    # What is kept for the next time names neither who the reader is, nor the situation or a tip or step that was looked at.
    page.goto("/nothing")
    kept = page.evaluate(KEPT)
    assert set(kept) == {"choices", "manifest", "trust"}
    assert kept["choices"] == {"country": "GB", "locale": "en"}
    assert not re.search("blackmail|threat|danger|talk|report", json.dumps(kept))
    assert page.evaluate("history.state") is None

    page.goto("/companion/")
    page.get_by_role("button", name="Young person").click()
    # Another tab must not keep the database.
    other = page.context.new_page()
    other.goto("/companion/")
    other.locator("main nav").wait_for()
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Forget everything").click()
    page.wait_for_url(NEUTRAL)
    page.goto("/nothing")
    left = page.evaluate(LEFT)
    assert left == {"databases": [], "caches": [], "workers": 0, "local": 0, "cookies": ""}
    # Nor does the cache of the browser keep what the API answered.
    cached = "fetch('/v1/manifest/GB', {cache: 'only-if-cached', mode: 'same-origin'}).then(r => r.status, () => 'none')"
    assert page.evaluate(cached) in ("none", 504)


def test_a_worker_that_is_still_fetching_files_keeps_none_after_forgetting(
    visit: Callable[..., Page], site: CompanionSite
) -> None:
    style = f"/companion/{companion().version}/companion/style.css"
    page = visit()
    page.goto("/nothing")
    page.evaluate("navigator.serviceWorker.getRegistrations().then(all => Promise.all(all.map(one => one.unregister())))")
    page.evaluate("caches.keys().then(all => Promise.all(all.map(one => caches.delete(one))))")
    site.hold("/v1/")
    page.goto("/companion/")
    expect(page.get_by_role("button", name="Leave now")).to_be_visible()
    # The page has its style; the worker, which begins after the first screen, fetches it again.
    site.hold(style)
    site.release("/v1/")
    enter(page)
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Forget everything").click()
    expect(page.locator("#app")).to_be_empty()
    page.wait_for_timeout(500)
    site.release()

    page.wait_for_url(NEUTRAL)
    page.goto("/nothing")
    assert page.evaluate(LEFT) == {"databases": [], "caches": [], "workers": 0, "local": 0, "cookies": ""}
