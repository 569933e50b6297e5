"""The companion without a network, or with help that cannot be checked or was withdrawn."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from api.pages.companion import companion
from core.canonical import digest
from tests.browser.companion.window import PLACES, as_phone, enter, plan_of, wait_for_worker
from tests.browser.companion_site import CompanionSite
from tests.browser.conftest import ARGS
from tests.manifest_vectors import KEY, THIEF
from tests.packs import Packs

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


def test_it_starts_offline_after_one_visit_and_a_restart(
    chromium: Browser, site: CompanionSite, real_packs: Packs, tmp_path: Path, picture: Callable[[Page, str], None]
) -> None:
    site.publish(real_packs, PLACES)
    options: Any = {"executable_path": shutil.which("chromium"), "args": ARGS, "base_url": site.url, "locale": "en-GB"}
    context = chromium.browser_type.launch_persistent_context(tmp_path, **options)
    page = context.new_page()
    page.goto("/companion/")
    enter(page)
    wait_for_worker(page)
    context.close()

    context = chromium.browser_type.launch_persistent_context(tmp_path, **options)
    try:
        page = context.new_page()
        context.set_offline(True)
        page.goto("/companion/")
        expect(page.get_by_text("No connection. This is the help kept on this device.")).to_be_visible()
        as_phone(page)
        picture(page, "companion-offline")
        plan_of(page)
        assert page.get_by_role("link", name="999").first.is_visible()
        assert page.get_by_role("link", name="0800 1111").first.is_visible()
    finally:
        context.close()


def test_what_cannot_be_checked_is_refused_and_what_was_withdrawn_is_gone(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs, picture: Callable[[Page, str], None]
) -> None:
    page = visit()
    enter(page)
    changed = copy.deepcopy(real_packs["GB", "en"])
    changed["labels"]["situations"]["blackmail"]["text"] = "Forged"
    forged = {**real_packs, ("GB", "en"): changed}
    kept_back = page.get_by_text("New help could not be checked. You see the last good one.")
    now = datetime.now(UTC)

    for attack in ({"key": THIEF}, {"release": 3}, {"issued": now - timedelta(days=1)}):
        site.publish(forged, PLACES, **attack)
        page.reload()
        expect(kept_back).to_be_visible()
        assert page.get_by_text("Forged").count() == 0, attack
    picture(page, "companion-refused")
    site.publish(forged, PLACES, issued=now + timedelta(seconds=2), days=-1)
    page.reload()
    expect(page.get_by_text("This help may be old.").first).to_be_visible()
    expect(page.locator("main [role=status]")).to_contain_text("Help as of:")
    picture(page, "companion-old")
    assert page.get_by_text("Forged").count() == 0

    changed["labels"]["situations"]["blackmail"]["text"] = "Threats"
    site.publish(
        {**real_packs, ("GB", "en"): changed},
        PLACES,
        release=8,
        key=KEY,
        issued=now + timedelta(seconds=4),
        withdrawn=[{"service": "gb-childline", "successor": None, "date": "2026-11-30"}],
    )
    page.reload()
    page.get_by_role("button", name="Threats", exact=True).click()
    assert page.get_by_text("0800 1111").count() == 0
    assert page.get_by_role("link", name="999").first.is_visible()
    picture(page, "companion-withdrawn")


def test_a_changed_pack_is_refused_and_min_release_makes_the_kept_one_old(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs
) -> None:
    page = visit()
    enter(page)
    renewed = copy.deepcopy(real_packs["GB", "en"])
    renewed["labels"]["situations"]["blackmail"]["text"] = "Threats"
    status = page.locator("main [role=status]")
    for min_release in (7, 8):
        site.publish({**real_packs, ("GB", "en"): renewed}, PLACES, release=8, min_release=min_release)
        body = site.packs["GB"]["en"]
        site.altered = {f"/v1/packs/GB/en/{digest(body)}": body.replace(b'"Threats"', b'"Changed"')}
        page.reload()

        expect(status).to_contain_text("New help could not be checked. You see the last good one.")
        assert page.get_by_text("Changed").count() == 0
        assert page.get_by_role("button", name="Blackmail or threats").is_visible()
        assert ("This help may be old." in status.inner_text()) == (min_release == 8)

    site.altered = {}
    page.reload()
    expect(page.get_by_role("button", name="Threats", exact=True)).to_be_visible()
    expect(status).to_be_empty()


def test_a_page_that_becomes_visible_again_looks_for_what_was_withdrawn(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs
) -> None:
    now = datetime.now(UTC)
    page = visit(at=now)
    enter(page)
    plan_of(page)
    line = page.get_by_role("link", name="0800 1111")
    assert line.first.is_visible()
    withdrawn = [{"service": "gb-childline", "successor": None, "date": "2026-11-30"}]
    site.publish(real_packs, PLACES, release=8, withdrawn=withdrawn)
    visible = "document.dispatchEvent(new Event('visibilitychange'))"

    page.clock.set_fixed_time(now + timedelta(seconds=30))
    page.evaluate(visible)
    page.clock.set_fixed_time(now + timedelta(seconds=90))
    page.evaluate(visible)

    expect(line).to_have_count(0)
    assert site.requests.count("/v1/manifest/GB") == 1


def test_the_service_worker_keeps_no_file_of_another_version(visit: Callable[..., Page], site: CompanionSite) -> None:
    style = f"/companion/{companion().version}/companion/style.css"
    site.altered = {style: b"/* another version */"}
    page = visit()
    page.goto("/nothing")
    source = companion().worker.body.decode()
    install = f"""async () => {{
      self.skipWaiting = () => null;
      {source}
      const event = new Event("install");
      let installed;
      event.waitUntil = (promise) => {{ installed = promise; }};
      self.dispatchEvent(event);
      const answer = await installed.then(() => "installed", (error) => error.message);
      return [answer, await caches.keys()];
    }}"""

    assert page.evaluate(install) == [f"{style} is of another version", []]
