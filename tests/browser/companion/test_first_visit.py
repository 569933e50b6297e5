"""The first visit to the companion: from the choices to the plan, by keyboard, in both schemes, and with the clock running."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import faults_of, looks
from tests.browser.companion.window import as_phone, enter, plan_of, visit_again
from tests.browser.companion_site import CompanionSite
from tests.browser.conftest import listen
from tests.packs import Packs, notice

#: Those that a request for alerts may name.
AUDIENCES = ("bystander", "educator", "parent", "teen")

pytestmark = [pytest.mark.browser, pytest.mark.django_db]


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
    picture(page, "companion-choices")
    faults = [fault for scheme, width in looks(page, widths=(320,)) for fault in faults_of(page, "choices", scheme, width)]

    # The country of the browser's language stands first, below the one that is not known yet.
    assert page.locator("#country option").nth(1).get_attribute("value") == "GB"
    assert page.locator("section.danger").inner_text().count("Call the emergency number of the country you are in.") == 1
    # The keyboard is enough.
    page.locator("#country").select_option("GB")
    call = page.locator("section.danger").get_by_role("link", name="999").first
    # Once the country is known, its number does not wait for another choice.
    expect(call).to_have_attribute("href", "tel:999")
    assert page.get_by_role("heading", name="Who are you?").is_visible()
    page.get_by_role("button", name="Young person").press("Enter")
    expect(page.get_by_role("heading", name="What happened?")).to_be_visible()
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
    # A form of the web has no opening hours.
    form = page.locator("section[aria-labelledby=step-report] article").first
    expect(form.get_by_role("link", name="ceop")).to_be_visible()
    assert form.get_by_text("Opening hours not known").count() == 0
    assert page.locator("details.tip").count() == 5
    assert page.locator("details.tip[open]").count() == 1
    as_phone(page)
    page.evaluate("document.querySelectorAll('details:not(.tip)').forEach(part => part.open = false)")
    picture(page, "companion-plan")
    faults += [fault for scheme, width in looks(page, widths=(320, 1280)) for fault in faults_of(page, "plan", scheme, width)]
    assert page.evaluate("[document.title, location.pathname, location.hash]") == ["Companion", "/companion/", ""]
    assert page.evaluate("history.length") <= 2
    assert hosts == {site.url.removeprefix("http://")}
    assert not [path for path in site.requests if "blackmail" in path or "teen" in path]
    assert faults == []
    assert complaints == []


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


def wait_for_alerts(page: Page, number: int) -> None:
    """Wait until so many answers of the feed have come."""
    page.wait_for_function(
        "number => performance.getEntriesByType('resource').filter(one => one.name.includes('/v1/alerts')).length >= number",
        arg=number,
    )


def test_news_that_have_not_changed_are_not_sent_again(visit: Callable[..., Page], site: CompanionSite) -> None:
    page = visit()
    enter(page)
    site.alerts = [{"status": "Actual", "title": "New advice", "body": "Read it.", "lang": "en", "dir": "ltr", "tip": None}]

    for visits in (1, 2):
        page.get_by_role("button", name="News").click()
        expect(page.get_by_role("heading", name="New advice")).to_be_visible()
        wait_for_alerts(page, visits * (1 + len(AUDIENCES)))
        page.get_by_role("button", name="Back").click()

    queries = [path for path in site.requests if path.startswith("/v1/alerts?")]
    assert len(queries) == 2 * len({*queries})
    assert site.unchanged > 0


@pytest.mark.parametrize(
    ("who", "own"), [("Young person", "teen"), ("Parent or carer", "parent"), ("Adult, about something from childhood", "")]
)
def test_no_request_for_news_tells_who_the_reader_is(visit: Callable[..., Page], site: CompanionSite, who: str, own: str) -> None:
    page = visit()
    enter(page, who=who)
    alert: dict[str, object] = {"status": "Actual", "body": "Read it.", "lang": "en", "dir": "ltr", "tip": None, "services": []}
    site.alerts_by_audience = {name: [alert | {"title": f"For “{name}”"}] for name in ("", *AUDIENCES)}

    page.get_by_role("button", name="News").click()

    expect(page.get_by_role("heading", name="For “")).to_have_text(f"For “{own}”")
    wait_for_alerts(page, 1 + len(AUDIENCES))
    queries = sorted(path.partition("locale=en")[2] for path in site.requests if path.startswith("/v1/alerts?"))
    assert queries == ["", *(f"&audience={name}" for name in AUDIENCES)]


def test_news_have_the_help_of_the_campaign_and_every_line_of_its_text(
    visit: Callable[..., Page], site: CompanionSite, real_packs: Packs
) -> None:
    page = visit()
    enter(page)
    services = ["gb-childline", "gb-emergency-999", "retired-since"]
    alert = {
        "status": "Actual",
        "title": "New advice",
        "body": "Read it.\nThen rest.",
        "lang": "en",
        "dir": "ltr",
        "tip": "first-hour",
    }
    site.alerts = [alert | {"services": services}, alert | {"title": "Older advice", "services": ["gb-childline"]}]
    page.get_by_role("button", name="News").click()

    newest, older = (page.get_by_role("article", name=name) for name in ("New advice", "Older advice"))
    assert newest.locator("p").first.inner_text() == "Read it.\nThen rest."
    headings = newest.get_by_role("heading", level=3).all_inner_texts()
    assert headings == ["If someone makes threats: the first hour", "Talk to someone", "In danger right now"]
    expect(newest.get_by_role("link", name="999").first).to_have_attribute("href", "tel:999")
    for article in (newest, older):
        expect(article.get_by_role("link", name="0800 1111")).to_have_attribute("href", "tel:08001111")
    assert older.get_by_role("link", name="999").count() == 0
    assert [fault for scheme, width in looks(page, widths=(320,)) for fault in faults_of(page, "news", scheme, width)] == []
