"""The companion in Chromium: offline, safe to be seen, in any language, and on each of its failing screens."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from api.pages.companion import companion
from content.resolver.vectors import read_cases, read_packs
from tests.browser.accessible import faults_of, looks
from tests.browser.companion_site import CompanionSite
from tests.browser.conftest import ARGS, listen
from tests.manifest_vectors import KEY, THIEF
from tests.packs import Packs, notice

pytestmark = pytest.mark.browser

DOCS = Path(__file__).resolve().parents[2] / "docs"
PLACES = (("GB", "en"), ("GB", "ar"), ("GB", "bn"), ("GB", "hi"), ("ZZ", "en"), ("ZZ", "ar"))
NEUTRAL = "https://www.wikipedia.org/"
YEAR = timedelta(days=365)

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


@pytest.fixture(scope="module")
def site() -> Iterator[CompanionSite]:
    found = CompanionSite()
    yield found
    found.close()


@pytest.fixture
def visit(chromium: Browser, site: CompanionSite, real_packs: Packs) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a new window on the companion; the neutral page never leaves this machine."""
    site.publish(real_packs, PLACES)
    opened: list[BrowserContext] = []

    def open_page(*, width: int = 390, locale: str = "en-GB", script: str | None = None, at: datetime | None = None) -> Page:
        context = chromium.new_context(base_url=site.url, viewport={"width": width, "height": 844}, locale=locale)
        opened.append(context)
        context.set_default_timeout(15_000)
        context.route(f"{NEUTRAL}**", neutral)
        if script:
            context.add_init_script(script)
        page = context.new_page()
        if at is not None:
            page.clock.set_fixed_time(at)
        page.goto("/companion/")
        return page

    yield open_page
    for context in opened:
        context.close()


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
    page.locator("section.danger").wait_for()


def plan_of(page: Page, situation: str = "Blackmail or threats") -> None:
    page.get_by_role("button", name=situation).click()
    page.get_by_role("heading", name=situation, level=1).wait_for()


def as_phone(page: Page) -> None:
    """Show the page as a phone does, for its picture."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme="light")


def wait_for_worker(page: Page) -> None:
    """Wait until the files of the app are kept."""
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")


def test_from_the_first_visit_to_the_plan(
    visit: Callable[..., Page], site: CompanionSite, complaints: list[str], picture: Callable[[Page, str], None]
) -> None:
    page = visit()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    listen(page, complaints)
    page.reload()
    expect(page.get_by_role("heading", name="Which country are you in?")).to_be_focused()
    assert page.evaluate("history.length") <= 2
    faults = [fault for scheme, width in looks(page, widths=(320,)) for fault in faults_of(page, "choices", scheme, width)]

    # The keyboard is enough.
    page.locator("#country").select_option("GB")
    expect(page.locator("#locale option[value=hi]")).to_be_attached()
    page.get_by_role("button", name="Young person").press("Enter")
    call = page.locator("section.danger").get_by_role("link", name="999").first
    expect(call).to_have_attribute("href", "tel:999")
    faults += [fault for scheme, width in looks(page, widths=(320,)) for fault in faults_of(page, "start", scheme, width)]
    as_phone(page)
    picture(page, "companion-situations")
    page.get_by_role("button", name="Blackmail or threats").press("Enter")

    expect(page.get_by_role("heading", name="Blackmail or threats")).to_be_focused()
    assert page.locator("section h2").all_inner_texts() == [
        "In danger right now", "Talk to someone", "Report it", "Ask for pictures to be removed", "Tell the app or site",
        "What you can do",
    ]  # fmt: skip
    assert page.get_by_role("link", name="0800 1111").first.get_attribute("href") == "tel:08001111"
    assert page.locator("details.tip").count() == 5
    assert page.locator("details.tip[open]").count() == 1
    as_phone(page)
    picture(page, "companion-plan")
    faults += [fault for scheme, width in looks(page, widths=(320, 1280)) for fault in faults_of(page, "plan", scheme, width)]
    assert page.evaluate("[document.title, location.pathname, location.hash]") == ["Companion", "/companion/", ""]
    assert page.evaluate("history.length") <= 2
    assert hosts == {site.url.removeprefix("http://")}
    assert not [path for path in site.requests if "blackmail" in path or "teen" in path]
    assert faults == []
    assert complaints == []


def test_it_starts_offline_after_one_visit_and_a_restart(
    chromium: Browser, site: CompanionSite, real_packs: Packs, tmp_path: Path
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
    assert page.get_by_text("Forged").count() == 0

    site.publish(
        {**real_packs, ("GB", "en"): changed},
        PLACES,
        release=8,
        key=KEY,
        issued=now + timedelta(seconds=4),
        withdrawn=[{"service": "gb-childline", "successor": None, "date": "2026-11-30"}],
    )
    page.reload()
    page.get_by_role("button", name="Forged").click()
    assert page.get_by_text("0800 1111").count() == 0
    assert page.get_by_role("link", name="999").first.is_visible()


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

    page.goto("/companion/")
    # Another tab must not keep the database.
    other = page.context.new_page()
    other.goto("/companion/")
    other.locator("section.danger").wait_for()
    page.get_by_role("button", name="Forget everything").click()
    page.get_by_role("button", name="Forget everything").click()
    page.wait_for_url(NEUTRAL)
    page.goto("/nothing")
    left = page.evaluate(LEFT)
    assert left == {"databases": [], "caches": [], "workers": 0, "local": 0, "cookies": ""}
    # Nor does the cache of the browser keep what the API answered.
    cached = "fetch('/v1/manifest/GB', {cache: 'only-if-cached', mode: 'same-origin'}).then(r => r.status, () => 'none')"
    assert page.evaluate(cached) in ("none", 504)


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


def test_news_that_have_not_changed_are_not_sent_again(visit: Callable[..., Page], site: CompanionSite) -> None:
    page = visit()
    enter(page)
    site.alerts = [{"status": "Actual", "title": "New advice", "body": "Read it.", "lang": "en", "dir": "ltr", "tip": None}]

    for _ in range(2):
        page.get_by_role("button", name="News").click()
        expect(page.get_by_role("heading", name="New advice")).to_be_visible()
        page.get_by_role("button", name="Back").click()

    assert [path.partition("?")[0] for path in site.requests if "alerts" in path] == ["/v1/alerts", "/v1/alerts"]
    assert site.unchanged == 1


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


@pytest.mark.parametrize(("locale", "direction"), [("ar", "rtl"), ("bn", "ltr")])
def test_other_scripts_are_shown_right(
    visit: Callable[..., Page], real_packs: Packs, locale: str, direction: str, picture: Callable[[Page, str], None]
) -> None:
    page = visit()
    enter(page, locale=locale)
    pack = real_packs["GB", locale]
    page.get_by_role("button", name=pack["labels"]["situations"]["grooming"]["text"]).click()

    heading = page.locator("h1")
    expect(heading).to_have_text(pack["labels"]["situations"]["grooming"]["text"])
    assert page.evaluate("document.documentElement.dir") == direction
    assert page.get_by_role("link", name="999").first.is_visible()
    assert [fault for scheme, width in looks(page, widths=(320,)) for fault in faults_of(page, locale, scheme, width)] == []
    as_phone(page)
    if locale == "ar":
        picture(page, "companion-arabic")


def test_a_tip_in_another_language_says_so(visit: Callable[..., Page], site: CompanionSite, real_packs: Packs) -> None:
    pack = copy.deepcopy(real_packs["GB", "hi"])
    for tip in pack["tips"]:
        tip.update(lang="en", dir="ltr", title="In English")
    page = visit_again(visit, site, {**real_packs, ("GB", "hi"): pack})
    enter(page, locale="hi")
    page.get_by_role("button", name=pack["labels"]["situations"]["blackmail"]["text"]).click()

    tip = page.locator("details.tip").first
    words = pack["labels"]["companion"]["other-language"]["text"]
    expect(tip.get_by_text(words)).to_be_visible()
    assert tip.locator("h3").get_attribute("lang") == "en"


def visit_again(visit: Callable[..., Page], site: CompanionSite, packs: Any, **options: Any) -> Page:
    """Open a window on other packs than those that the fixture serves."""
    page = visit(**options)
    site.publish(packs, PLACES)
    page.reload()
    return page


def test_a_pack_with_gaps_still_gives_a_plan(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs, picture: Callable[[Page, str], None]
) -> None:
    pack = copy.deepcopy(real_packs["GB", "en"])
    pack["services"] = [s for s in pack["services"] if not {"emergency", "police-report"} & {*s["roles"]}]
    for service in pack["services"]:
        service["notices"] = [notice(**{"from": "2020-01-01T00:00:00Z", "until": "2090-01-01T00:00:00Z"})]
    page = visit_again(visit, site, {**real_packs, ("GB", "en"): pack})
    enter(page)
    assert page.locator("section.danger").inner_text().count("Call the emergency number of the country you are in.") == 1
    plan_of(page)

    expect(page.get_by_text("No one here is open right now. In danger? Call the emergency number.")).to_be_visible()
    report = page.locator("section[aria-labelledby=step-report]")
    expect(report.get_by_text("Go to the nearest police station.", exact=False)).to_be_visible()
    assert page.locator("a.action.shut").count() > 0
    page.get_by_text("Another app or site").click()
    expect(page.get_by_text("Use the report button in the app.", exact=False)).to_be_visible()
    picture(page, "companion-gaps")

    pack["services"] = []
    site.publish({**real_packs, ("GB", "en"): pack}, PLACES, release=8)
    page.reload()
    plan_of(page)
    # The kept pack is shown until the new one is there.
    expect(page.get_by_text("No one here is open right now.", exact=False)).to_have_count(0)


def test_what_is_known_of_a_channel_is_said_beside_it(visit: Callable[..., Page], site: CompanionSite, real_packs: Packs) -> None:
    pack = copy.deepcopy(real_packs["GB", "en"])
    for service in pack["services"]:
        service["assured_until"] = "2020-01-01"
        for channel in service["channels"]:
            channel.update(cost="free", on_bill=service["id"] != "gb-childline", anonymous=True)
        position = service["channels"][0]["position"]
        times = {"from": "2020-01-01T00:00:00Z", "until": "2090-01-01T00:00:00Z"}
        service["notices"] = [notice(kind="channel-down", position=position, **times)]
    page = visit_again(visit, site, {**real_packs, ("GB", "en"): pack})
    enter(page)
    plan_of(page)

    talk = page.locator("section[aria-labelledby=step-talk]")
    talk.locator("summary", has_text="Other ways to get help").click()
    down = "This way to reach them does not work at the moment."
    for card in talk.locator("article").all():
        assert card.get_by_text(down).count() == 1
        assert card.locator(".channel").filter(has_text=down).count() == 1
        assert card.get_by_text("This help may be old.").count() == 1
    childline = talk.locator(".channel").filter(has_text="0800 1111").first
    expect(childline).to_contain_text("Free · Not on the phone bill · You do not have to give your name.")
    expect(talk).to_contain_text("Free · Shows on the phone bill · You do not have to give your name.")
    platforms = page.locator("section[aria-labelledby=step-tell-the-platform]")
    platforms.locator("summary", has_text="Snapchat").click()
    expect(platforms.get_by_text("A report in the app takes along what you report.", exact=False)).to_be_visible()


def test_without_storage_it_works_and_says_so(visit: Callable[..., Page]) -> None:
    page = visit(script="Object.defineProperty(window, 'indexedDB', {get() { throw new DOMException('no', 'SecurityError'); }})")
    enter(page)

    expect(page.get_by_text("This browser keeps nothing. When you close this page, the help is gone.")).to_be_visible()
    plan_of(page)


def test_with_a_full_disk_it_works_and_says_so(visit: Callable[..., Page]) -> None:
    full = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    page = visit(script=full)
    enter(page)

    expect(page.get_by_text("This browser keeps nothing. When you close this page, the help is gone.")).to_be_visible()
    plan_of(page)


@pytest.mark.parametrize("off", [YEAR, -YEAR], ids=["a year ahead", "a year behind"])
def test_a_wrong_clock_hides_nothing(visit: Callable[..., Page], off: timedelta) -> None:
    page = visit(at=datetime.now(UTC) + off)
    enter(page)
    page.reload()

    expect(page.get_by_text("The clock of this device is wrong.", exact=False)).to_be_visible()
    plan_of(page)
    assert page.get_by_role("link", name="999").first.is_visible()


def test_the_first_start_without_a_server_says_what_to_do(
    visit: Callable[..., Page], site: CompanionSite, picture: Callable[[Page, str], None]
) -> None:
    site.is_down = True
    page = visit()

    expect(page.get_by_role("heading", name="In danger now?", exact=False)).to_be_visible()
    picture(page, "companion-first-start-offline")
    site.is_down = False
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Which country are you in?")).to_be_visible()


def test_the_modules_keep_the_published_vectors(visit: Callable[..., Page]) -> None:
    page = visit()
    base = f"/companion/{companion().version}"
    documents = {name: json.loads((DOCS / f"{name}.json").read_text()) for name in ("manifest-vectors", "language-vectors")}

    found = page.evaluate(
        """async ([base, manifests, languages]) => {
          const { Refused, decode, verifyCountryManifest, verifyPack } = await import(`${base}/companion/verify.js`);
          const { verify, verifyInScript } = await import(`${base}/companion/ed25519.js`);
          const { chooseLocale } = await import(`${base}/companion/locales.js`);
          const root = decode(manifests.root);
          const wrong = [];
          for (const {name, jws, country, now, last, expect} of manifests.country_manifests) {
            const before = last && {release: last.release, keysVersion: last.keys_version, issued: new Date(last.issued)};
            let got;
            try {
              const m = await verifyCountryManifest(jws, root, {country, now: new Date(now), last: before});
              const withdrawn = Object.fromEntries(m.withdrawn.map(one => [one.service, one.successor]));
              got = {release: m.release, keys_version: m.keysVersion, old: m.old, withdrawn};
            } catch (error) {
              if (!(error instanceof Refused)) throw error;
              got = {refused: error.code};
            }
            const order = value => JSON.stringify(Object.entries(value).sort());
            if (order(got) !== order(expect)) wrong.push([name, got]);
          }
          for (const {name, jws} of manifests.manifests) {
            const [first, second, third] = jws.split(".");
            let signature;
            try { signature = decode(third ?? ""); } catch { continue; }
            const signed = new TextEncoder().encode(`${first}.${second}`);
            for (const document of [root, crypto.getRandomValues(new Uint8Array(32))]) {
              const both = [await verify(document, signature, signed)];
              both.push(signature.length === 64 && await verifyInScript(document, signature, signed));
              if (both[0] !== both[1]) wrong.push([name, "two answers", both]);
            }
          }
          const document = manifests.manifests[0].jws.split(".")[0];
          const keys = JSON.parse(atob(document.replaceAll("-", "+").replaceAll("_", "/"))).keys.split(".");
          const bytes = new TextEncoder().encode(keys.slice(0, 2).join("."));
          if (!(await verifyInScript(root, decode(keys[2]), bytes))) wrong.push("a good signature in plain JavaScript");
          for (const {name, languages: given, served} of languages.cases) {
            const got = chooseLocale(languages.available, given);
            if (got !== served) wrong.push([name, got]);
          }
          return wrong;
        }""",
        [base, documents["manifest-vectors"], documents["language-vectors"]],
    )

    assert found == []


def test_the_resolver_in_the_browser_keeps_every_vector(visit: Callable[..., Page]) -> None:
    page = visit()
    packs, cases = read_packs(), read_cases()

    plans = page.evaluate(
        """async ([path, packs, cases]) => {
          const { resolve } = await import(path);
          return cases.map(({pack, query, at}) => {
            const { steps, tips, more_tips } = resolve(packs[pack], query, at);
            return { steps, tips, more_tips };
          });
        }""",
        [f"/companion/{companion().version}/resolver/index.js", packs, cases],
    )

    # A resolver without a parser of opening hours reads the tables of the week.
    wanted = [case.get("expect_by_week", case.get("expect")) for case in cases]
    assert [case["name"] for case, plan, want in zip(cases, plans, wanted, strict=True) if plan != want] == []
