"""A campaign from the empty form to the report, as two people do it, with the real server, worker, emulator and browser.

Amina writes for parents in Wales and Northern Ireland in three languages, for the second at which a programme begins, and for
teachers everywhere. David approves both. The phones get the alert at that second. Amina finds an error and corrects it, David
approves the correction and stops the teachers' alert, and the report is read and downloaded. What they type is what a press
officer types: "8.30pm", "25 February", "13 to 17", "Wales". Nothing of it is refused, and no page shows a code.
"""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests import make
from tests.browser.conftest import PASSWORD, listen
from tests.browser.people import Person
from tests.browser.story_servers import HELP, StoryServers, write_content
from tests.faults.workers import Workers, end_connections
from tests.processes import Emulator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

LONDON = ZoneInfo("Europe/London")
#: Seconds between the choice of the second and the second itself: enough to submit and approve on a busy machine.
AHEAD = 75
NIGHT = "The programme is watched at that hour."
#: Language → lock screen title and text, title and text in the app.
TEXTS = {
    "English": (
        "New advice in the app",
        "Take two minutes to read it.",
        "If someone threatens to share a private picture",
        "Watch at 8.30pm on 25 February, with young people of 13 to 17. Do not pay. It is never the young person's fault.",
    ),
    "Welsh": (
        "Cyngor newydd yn yr ap",
        "Cymerwch ddau funud i'w ddarllen.",
        "Os oes rhywun yn bygwth rhannu llun preifat",
        "Gwyliwch am 20:30 ar 25 Chwefror. Peidiwch â thalu. Nid bai'r person ifanc yw hyn byth.",
    ),
    "Arabic": (
        "نصائح جديدة في التطبيق",
        "اقرأها في دقيقتين.",
        "إذا هدد شخص بنشر صورة خاصة",
        "شاهدوا البرنامج الساعة 20:30 مع الشباب من 13–17 سنة. لا تدفع. لا ذنب للشاب في ذلك أبدا.",
    ),
}
CORRECTED = {
    "English": "Watch at 9pm on 25 February, with young people of 13 to 17. Do not pay. It is never the young person's fault.",
    "Welsh": "Gwyliwch am 21:00 ar 25 Chwefror. Peidiwch â thalu. Nid bai'r person ifanc yw hyn byth.",
}
FIELDS = ("Lock screen title", "Lock screen text", "Title in the app", "Text in the app")
#: Parents in Wales and Northern Ireland, and teachers.
PARENTS = 30 + 30 + 40 + 24
TEACHERS = 4 * 24
TEACHERS_IN = {"GB": "Europe/London", "US": "America/New_York", "IN": "Asia/Kolkata", "FR": "Europe/Paris"}


@dataclass
class Story:
    """The two people, the servers, and where pictures for the documentation go."""

    servers: StoryServers
    amina: Person
    david: Person
    picture: Callable[[Page, str], None]


@pytest.fixture
def servers(live_server: Any, running_emulator: Emulator, settings: Any, tmp_path: Path) -> Iterator[StoryServers]:
    """Start a worker and its beat, and register the phones of the story."""
    running_emulator.reset()
    settings.FIREBASE_PROJECTS = {running_emulator.project: str(running_emulator.credentials_file)}
    write_content(running_emulator.project)
    workers = Workers(tmp_path, running_emulator)
    found = StoryServers(live_server.url, running_emulator)
    try:
        workers.start_beat()
        workers.start()
        wales: dict[str, Any] = {"country": "GB", "region": "GB-WLS", "zone": "Europe/London", "audience": "parent"}
        for locale, count in (("cy", 30), ("en", 30), ("ar", 24)):
            found.register(count, locale=locale, **wales)
        found.register(40, locale="en", **{**wales, "region": "GB-NIR"})
        for country, zone in TEACHERS_IN.items():
            found.register(24, country=country, region=None, locale="en", zone=zone, audience="educator")
        yield found
    finally:
        found.web.close()
        workers.end()
        end_connections()


@pytest.fixture
def story(
    context_of: Callable[..., BrowserContext], servers: StoryServers, picture: Callable[[Page, str], None], complaints: list[str]
) -> Story:
    """Sign both people in, each in a browser of their own."""
    people = []
    for name, role in (("amina", "campaign-author"), ("david", "campaign-approver")):
        user = make.person(name, role)
        user.set_password(PASSWORD)
        user.save()
        window = context_of(width=1200)
        window.set_default_timeout(60_000)
        people.append(Person(listen(window.new_page(), complaints)))
        people[-1].sign_in(name, PASSWORD)
    amina, david = people
    return Story(servers, amina, david, picture)


def test_two_people_take_a_campaign_from_the_empty_form_to_the_report(
    story: Story, capsys: pytest.CaptureFixture[str], complaints: list[str]
) -> None:
    began = time.monotonic()
    second = write_for_parents(story)
    parents = number_of(story.amina)
    written = time.monotonic() - began
    approve(story, "Watch together", ("English", "Welsh", "Arabic"))
    story.david.sees("Starts in")
    story.picture(story.david.page, "sending")
    arabic_is_right(story.david.page, story.servers.url, parents)

    write_for_teachers(story)
    teachers = number_of(story.amina)
    approve(story, "Watch together: teachers", ("English", "Welsh", "Arabic"))

    counts = story.servers.wait_for(parents, PARENTS)
    assert second.timestamp() <= counts["first_at"] <= counts["last_at"] < second.timestamp() + 2
    assert (counts["accepted_total"], counts["doubled"]) == (PARENTS, 0)
    assert story.servers.wait_for(teachers, TEACHERS)["doubled"] == 0

    found_at = time.time()
    correct(story, parents)
    correction = number_of(story.amina)
    approve(story, "Correction: Watch together", ("English", "Welsh", "Arabic"))
    corrected = story.servers.wait_for(parents, PARENTS, rev=2)
    assert corrected["first_at"] - found_at < 300
    query = {"country": "GB", "region": "GB-WLS", "locale": "cy", "audience": "parent"}
    assert correction in story.servers.feed(**query)
    assert parents not in story.servers.feed(**query)
    assert story.servers.web.get(f"/v1/alerts/{parents}").json()["alert"]["superseded_by"] == correction

    gone_after = stop(story, teachers)
    report(story, correction)

    with capsys.disabled():
        print(
            f"\n{story.amina.presses} presses and {story.amina.characters} characters to write, {story.david.presses} presses to "
            f"approve and stop; parents' campaign written in {written:.0f} s; the phones got it from "
            f"{counts['first_at'] - second.timestamp():.2f} to {counts['last_at'] - second.timestamp():.2f} s after the second; "
            f"first corrected phone {corrected['first_at'] - found_at:.0f} s after the error was found; gone from the feed "
            f"{gone_after:.1f} s after the stop"
        )
    for person in (story.amina, story.david):
        assert person.refusals == []
        assert person.codes == []
    assert complaints == []


def write_for_parents(story: Story) -> datetime:
    """Write and submit the parents' campaign; return the second at which it starts."""
    amina = story.amina
    amina.go("Campaigns", within=amina.page.get_by_role("navigation", name="Console"))
    amina.go("Write a campaign")
    amina.write("Name of the campaign", "Watch together")
    amina.tick_at(amina.page.get_by_label("At a broadcast"))
    amina.press("Start")
    choose_parents(amina)
    for language, texts in TEXTS.items():
        write_text(story, language, texts)
    amina.go("Back to the list")
    amina.go("Help")
    amina.tick_at(amina.page.get_by_role("region", name="United Kingdom").get_by_label(HELP["GB"]))
    amina.choose_at(amina.page.get_by_label("Tip that opens for parents"), tips_of(amina)[0])
    amina.press("Save")
    tomorrow = datetime.now(LONDON) + timedelta(days=1)
    amina.go("When")
    set_time(amina, f"{tomorrow:%Y-%m-%d}", "06:00", end=tomorrow + timedelta(days=1))
    amina.sees("Check and submit")
    story.picture(amina.page, "task-list")
    amina.go("When")
    story.picture(amina.page, "when")
    second = (datetime.now(LONDON) + timedelta(seconds=AHEAD)).replace(microsecond=0)
    set_time(amina, f"{second:%Y-%m-%d}", f"{second:%H:%M:%S}", end=second + timedelta(days=1))
    amina.go("Check and submit")
    amina.press("Submit for approval")
    amina.sees("someone else must approve it")
    return second


def choose_parents(amina: Person) -> None:
    amina.go("Who")
    amina.tick("Parents", within=amina.group("Readers"))
    amina.tick("In these countries")
    amina.tick("United Kingdom", within=amina.group("Countries"))
    amina.unfold("Only parts of a country, such as Wales")
    amina.tick("Wales")
    amina.tick("Northern Ireland")
    amina.tick("Readers of every language")
    amina.press("Save")


def write_text(story: Story, language: str, texts: tuple[str, ...]) -> None:
    amina = story.amina
    if language == "English":
        amina.go("Words")
        amina.go("English, the main language")
    else:
        amina.choose("Another language", language)
        amina.press("Write it", within=amina.page.locator("form", has=amina.page.get_by_label("Another language")))
    for field, text in zip(FIELDS, texts, strict=True):
        amina.write(field, text)
    if language == "Arabic":
        story.picture(amina.page, "words-arabic")
    amina.press("Save")


def set_time(amina: Person, day: str, clock: str, *, end: datetime) -> None:
    """Choose one moment for everybody, at night too."""
    amina.tick("At one moment for everybody, such as a broadcast")
    start = amina.page.locator(".fp-when-at")
    amina.write("Date", day, within=start)
    amina.write("Time", clock, within=start)
    amina.choose("Clock of", "London, United Kingdom")
    amina.write("Nothing is sent from this date …", f"{end:%Y-%m-%d}")
    amina.write("… and time", "8.30pm")
    if not amina.page.get_by_label("Phones get the alert at night").is_visible():
        amina.unfold("Night")
    amina.tick("Phones get the alert at night")
    amina.write("Why it cannot wait", NIGHT)
    amina.press("Save")


def approve(story: Story, name: str, languages: tuple[str, ...]) -> None:
    """Approve a campaign, from Today."""
    david = story.david
    david.go("Today")
    if name == "Watch together":
        story.picture(david.page, "to-do")
    david.go("Read and decide", within=david.page.get_by_role("listitem").filter(has_text=f"To approve: {name}"))
    david.go("Approve…")
    if name == "Watch together":
        story.picture(david.page, "approve-campaign")
    for language in languages:
        david.tick(f"I have read the {language} text, and it is right.")
    david.press("Approve this live alert")


def arabic_is_right(page: Page, url: str, campaign: str) -> None:
    """Look at the Arabic phone of a campaign: it runs from right to left, and the ages in it from left to right."""
    window = page.context.new_page()
    window.goto(f"{url}/console/campaigns/{campaign}/")
    phone = window.locator('.fp-inner[lang="ar"]').first
    assert phone.evaluate("phone => getComputedStyle(phone).direction") == "rtl"
    assert "\u206613–17\u2069" in phone.inner_text()
    expect(window.locator('.fp-outer[lang="ar"]').first).to_have_attribute("dir", "rtl")
    window.close()


def write_for_teachers(story: Story) -> None:
    """Write and submit the teachers' campaign, with what the parents' one says."""
    amina = story.amina
    amina.go("Duplicate")
    amina.write("Name of the new campaign", "Watch together: teachers")
    amina.press("Duplicate")
    amina.go("Who")
    story.picture(amina.page, "who")
    amina.untick("Parents", within=amina.group("Readers"))
    amina.tick("Educators", within=amina.group("Readers"))
    amina.untick("United Kingdom", within=amina.group("Countries"))
    amina.untick("Wales")
    amina.untick("Northern Ireland")
    amina.tick("In every country")
    amina.press("Save")
    amina.go("Help")
    for country in ("France", "India", "United States"):
        offers = amina.page.get_by_role("region", name=country, exact=True).locator("label")
        amina.tick_at(
            offers.filter(has_text=re.compile("valid until|helps everybody there")).first.locator("input:not(:checked)")
        )
    amina.choose_at(amina.page.get_by_label("Tip that opens for educators"), tips_of(amina)[0])
    amina.press("Save")
    amina.go("When")
    amina.tick("As soon as it is approved")
    amina.tick("Phones get the alert at night")
    amina.write("Why it cannot wait", NIGHT)
    amina.press("Save")
    amina.go("Check and submit")
    amina.press("Submit for approval")


def correct(story: Story, campaign: str) -> None:
    """Correct the time in English and Welsh; the Arabic text was right."""
    amina = story.amina
    amina.open(f"/console/campaigns/{campaign}/")
    amina.go("Correct or recall…")
    amina.go("The alert was wrong")
    story.picture(amina.page, "correct")
    for language, text in CORRECTED.items():
        amina.write("In-app text", text, within=amina.group(language))
    amina.tick("The Arabic text was right, and stays as it is.")
    amina.press("Submit for approval")


def stop(story: Story, campaign: str) -> float:
    """Stop a campaign; return after how many seconds the feed no longer lists it."""
    david = story.david
    david.open(f"/console/campaigns/{campaign}/live/")
    david.go("Stop…")
    david.press("Stop campaign")
    david.sees("Nothing more of it is sent")
    return story.servers.wait_until_gone(campaign, within=10, country="GB", locale="en", audience="educator")


def report(story: Story, campaign: str) -> None:
    """Read the report, and compare the file with it."""
    amina = story.amina
    amina.open(f"/console/campaigns/{campaign}/")
    amina.go("Report")
    amina.sees(f"{PARENTS} phones.")
    story.picture(amina.page, "report")
    with amina.page.expect_download() as download:
        amina.page.get_by_role("link", name="Download as CSV").click()
    rows = list(csv.reader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    outcomes = {row[1]: int(row[2]) for row in rows if row[0] == "Outcome"}
    assert sum(outcomes.values()) == PARENTS
    assert outcomes["Accepted: FCM took the message"] == PARENTS
    for name in ("calendar", "history"):
        amina.open(f"/console/{name}/")
        story.picture(amina.page, name)


def tips_of(person: Person) -> list[str]:
    """Return the titles of the tips that the page offers, best first."""
    options = person.page.locator("select[name^=tip_]").first.locator("option").all_inner_texts()
    return [text for text in options if text != "None"]


def number_of(person: Person) -> str:
    """Return the number of the campaign whose page is open."""
    found = re.search(r"/campaigns/(\d+)/", person.page.url)
    assert found is not None, person.page.url
    return found[1]
