"""The main path of a campaign (write, submit, approve) by keyboard alone, without scripts, on a narrow window and at 200 %.

Every page on the way, before and after each act, passes axe, fits its window, and has its controls in view.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from notifications.models import Campaign
from tests import make
from tests.browser.accessible import axe_violations
from tests.browser.conftest import listen
from tests.browser.people import KeyboardPerson, Person

pytestmark = pytest.mark.browser

#: Controls that do not lie wholly between the two sides of the window.
OUT_OF_VIEW = """
() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
  .filter(one => one.checkVisibility({checkVisibilityCSS: true, checkOpacity: true}))
  .filter(one => !one.closest(".fp-scroll, .visually-hidden, .skip-to-content-link"))
  .filter(one => { const box = one.getBoundingClientRect(); return box.width && (box.left < -1 || box.right > innerWidth + 1); })
  .map(one => one.outerHTML.slice(0, 120))
"""


@dataclass(frozen=True)
class Way:
    """How somebody uses the console."""

    name: str
    width: int = 1280
    scheme: str = "light"
    person: type[Person] = Person
    window: dict[str, Any] = field(default_factory=dict)
    #: axe needs scripts.
    axe: bool = True


WAYS = [
    Way("keyboard alone", person=KeyboardPerson, scheme="dark"),
    Way("without scripts", window={"java_script_enabled": False}, axe=False),
    Way("360 pixels", width=360),
    # 1280 pixels at 200 % are 640 CSS pixels of twice the size (WCAG 2.2, 1.4.4 and 1.4.10).
    Way("200 %", width=640, scheme="dark", window={"device_scale_factor": 2}),
]


@pytest.fixture
def content() -> None:
    make.small_content()
    make.tip("for-parents", audiences=["parent"])
    make.app()
    make.installations(25)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_a_campaign_is_written_submitted_and_approved(
    context_of: Callable[..., BrowserContext], complaints: list[str], content: None, way: Way
) -> None:
    found: list[Any] = []

    def check(page: Page) -> None:
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append((page.url, "wider than the window"))
        found.extend((page.url, "out of view", control) for control in page.evaluate(OUT_OF_VIEW))
        if way.axe:
            for violation in axe_violations(page):
                found.append(
                    (page.url, violation["id"], [node["html"][:160] + node["failureSummary"] for node in violation["nodes"]][:3])
                )

    def person(user: make.User) -> Person:
        window = context_of(user, width=way.width, scheme=way.scheme, **way.window)
        return way.person(listen(window.new_page(), complaints), check=check)

    ada = person(make.person("ada", "campaign-author"))
    ben = person(make.person("ben", "campaign-approver", locales=("en",)))
    write(ada)
    approve(ben)

    campaign = Campaign.objects.get()
    assert (campaign.state, campaign.created_by.username) == ("approved", "ada")
    assert found == []
    # The services of the test are named by their ids.
    assert [found for found in ada.codes + ben.codes if not re.fullmatch(r"The [a-z]+-[a-z]+ service", str(found[-1]))] == []
    assert ada.refusals + ben.refusals == []
    assert complaints == []


def write(ada: Person) -> None:
    """Write an urgent warning task by task, and submit it."""
    ada.open("/console/campaigns/new/")
    ada.write("Name of the campaign", "Half-term warning")
    ada.tick_at(ada.page.get_by_label("Urgent warning"))
    ada.press("Start")
    ada.go("Who")
    ada.tick("Parents", within=ada.group("Readers"))
    ada.tick("In these countries")
    ada.tick("United Kingdom", within=ada.group("Countries"))
    ada.tick("Readers of every language")
    ada.press("Save")
    ada.go("Words")
    ada.go("English, the main language")
    ada.write("Lock screen title", "New advice in the app")
    ada.write("Lock screen text", "Take two minutes to read it.")
    ada.write("Title in the app", "If someone makes threats")
    ada.write("Text in the app", "Do not pay. It is never their fault. Watch at 8.30pm on 25 February.")
    ada.press("Save")
    ada.go("Back to the list")
    ada.go("Help")
    ada.tick_at(ada.page.get_by_label("The gb-line service"))
    ada.press("Save")
    ada.go("When")
    ada.tick("As soon as it is approved")
    ada.tick("Phones get the alert at night")
    ada.write("Why it cannot wait", "A child is in danger.")
    ada.press("Save")
    ada.go("Check and submit")
    ada.press("Submit for approval")


def approve(ben: Person) -> None:
    """Approve it, from Today."""
    ben.open("/console/")
    ben.go("Read and decide")
    ben.go("Approve…")
    ben.tick("I have read the English text, and it is right.")
    ben.press("Approve this live alert")


@pytest.mark.parametrize("address", ["campaigns/", "campaigns/new/", "calendar/", ""])
def test_the_console_can_run_from_right_to_left(context_of: Callable[..., BrowserContext], content: None, address: str) -> None:
    make.campaign(state="submitted", name="تحذير نصف الفصل")
    page = context_of(make.person("nora", "campaign-author", "campaign-approver"), width=390).new_page()
    page.goto(f"/console/{address}")

    page.evaluate("document.documentElement.dir = 'rtl'")

    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    assert page.evaluate(OUT_OF_VIEW) == []
