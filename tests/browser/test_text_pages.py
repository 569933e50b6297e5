"""Texts in the browser: every page after an act, a refusal or a conflict is accessible, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, Page, expect

from content.models import ReadingLink, Target, Unit
from core.models import User
from tests import make
from tests.browser.accessible import axe_violations, faults_of, looks
from tests.browser.conftest import PASSWORD, follow, listen

pytestmark = pytest.mark.browser

KEY = "tip.first-hour.title"
WELSH = f"/console/words/cy/{KEY}/"
SOURCE = f"/console/sources/{KEY}/"


def with_password(person: User) -> User:
    person.set_password(PASSWORD)
    person.save()
    return person


@pytest.fixture
def editor() -> User:
    make.world()
    make.tip(approved=True)
    return with_password(make.person("eva", "localisation-editor"))


def check(page: Page, place: str, *, focus: str = ".fp-messages") -> None:
    """Assert that axe finds nothing, the page fits its window, and the focus is where the person goes on."""
    violations = [(found["id"], [node["html"][:120] for node in found["nodes"]][:2]) for found in axe_violations(page)]
    assert violations == [], place
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth"), place
    assert page.evaluate("selector => document.activeElement.matches(selector)", focus), place


def press(page: Page, name: str) -> None:
    follow(page.get_by_role("button", name=name, exact=True))


@pytest.mark.parametrize("width", [390, 1280])
def test_each_page_after_an_act_a_refusal_or_a_conflict_is_accessible(
    context_of: Callable[..., BrowserContext], complaints: list[str], editor: User, width: int
) -> None:
    page = listen(context_of(editor, width=width).new_page(), complaints)
    box = page.get_by_role("textbox", name="Welsh")

    page.goto(WELSH)
    box.fill("Ffoniwch 0800 1111")
    press(page, "Save")
    check(page, "a refused text")
    box.fill("Arhoswch ac anadlwch")
    press(page, "Save")
    check(page, "a saved text")
    press(page, "Save")
    check(page, "a text saved without a change")

    target = Target.objects.get()
    target.write(text="Stopiwch", by=make.person("bo", "localisation-editor"), at=make.NOON, from_revision=target.revision)
    box.fill("Arhoswch am funud")
    press(page, "Save")
    check(page, "a conflict")
    expect(page.get_by_role("heading", name="Someone else saved this text while you were editing")).to_be_visible()
    press(page, "Save the text in the box in place of the other")
    check(page, "a conflict that was decided")

    page.get_by_text("Remove this translation").click()
    press(page, "Propose to remove the translation")
    check(page, "a proposed removal")
    press(page, "Keep the translation")
    check(page, "a removal that was withdrawn")
    follow(page.get_by_role("link", name="History of this translation"))
    check(page, "the history", focus="body")
    press(page, "Restore the text of revision 1")
    check(page, "a restored text")

    page.goto(SOURCE)
    page.get_by_label("Text in English").fill("Stop, and breathe")
    page.get_by_label("Safety").check()
    press(page, "Save")
    check(page, "a changed source text")
    press(page, "Put the text of revision 1 back")
    check(page, "a source text that was put back")
    assert complaints == []


def test_the_approvers_pages_after_an_act_are_accessible(
    context_of: Callable[..., BrowserContext], complaints: list[str], editor: User
) -> None:
    unit, target = Unit.objects.get(key=KEY), make.target(KEY, "cy", "Arhoswch", approved=True)
    target.write(text="Arhoswch ac anadlwch", by=editor, at=make.NOON, from_revision=target.revision)
    unit.revise(text="Stop, breathe", change="safety", by=editor, at=make.NOON, from_revision=1)
    page = listen(context_of(make.person("rhys", "localisation-reviewer")).new_page(), complaints)

    page.goto(WELSH)
    expect(page.get_by_text("What readers get now")).to_be_visible()
    check(page, "a draft beside the approved text", focus="body")
    page.goto(SOURCE)
    page.get_by_label("What the change means for the translations").select_option("clarity")
    press(page, "Approve the saved text")
    check(page, "an approved source text")
    page.goto(WELSH)
    press(page, "Confirm that it matches the source")
    check(page, "an approved translation")
    assert complaints == []


def test_what_is_typed_is_kept_without_saving_and_shown_in_another_browser(
    context_of: Callable[..., BrowserContext], complaints: list[str], editor: User
) -> None:
    page = listen(context_of(editor).new_page(), complaints)
    page.goto(WELSH)
    page.get_by_role("textbox", name="Welsh").fill("Arhoswch ac")
    expect(page.get_by_text("What you typed is kept, but not saved yet.")).to_be_visible()
    page.close()

    other = listen(context_of(editor).new_page(), complaints)
    other.goto(WELSH)
    expect(other.get_by_role("textbox", name="Welsh")).to_have_value("Arhoswch ac")
    check(other, "an unsaved text", focus="body")
    press(other, "Set it aside and show the saved text")
    expect(other.get_by_role("textbox", name="Welsh")).to_have_value("")
    expect(other.get_by_text("Texts that you set aside (1)")).to_be_visible()
    assert not Target.objects.exists()
    assert complaints == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_text_typed_while_the_session_ends_is_saved_after_the_sign_in(
    context_of: Callable[..., BrowserContext], complaints: list[str], editor: User, scripts: bool
) -> None:
    page = listen(context_of(java_script_enabled=scripts).new_page(), complaints)
    page.goto(WELSH)
    for _ in range(2):
        page.get_by_label("Username").fill("eva")
        page.get_by_label("Password").fill(PASSWORD)
        press(page, "Log in")
        if page.get_by_role("textbox", name="Welsh").count():
            page.get_by_role("textbox", name="Welsh").fill("Arhoswch.\n\nAc anadlwch.")
            Session.objects.all().delete()
            press(page, "Save")
            expect(page.get_by_text("Nothing is lost")).to_be_visible()

    expect(page.get_by_role("heading", name="You are signed in again")).to_be_visible()
    if scripts:
        check(page, "signed in again", focus="button")
    press(page, "Send it again")

    assert Target.objects.get().text == "Arhoswch.\n\nAc anadlwch."
    assert complaints == []


def test_after_another_sign_in_an_open_form_is_sent_again(
    context_of: Callable[..., BrowserContext], complaints: list[str], editor: User
) -> None:
    context = context_of(editor)
    page = listen(context.new_page(), complaints)
    page.goto(WELSH)
    page.get_by_role("textbox", name="Welsh").fill("Arhoswch.")
    context.clear_cookies(name="csrftoken")

    press(page, "Save")
    expect(page.get_by_role("heading", name="The form was not sent yet")).to_be_visible()
    check(page, "a form that was not accepted", focus="button")
    press(page, "Send it again")

    assert Target.objects.get().text == "Arhoswch."
    assert complaints == []


def test_an_outside_reader_judges_arabic_texts_without_scripts(
    context_of: Callable[..., BrowserContext], complaints: list[str], editor: User
) -> None:
    make.target(KEY, "ar", "توقف وتنفس")
    make.target("tip.first-hour.do-now.1", "ar", "أخبر شخصا بالغا.")
    staff = listen(context_of(editor).new_page(), complaints)
    staff.goto("/console/readers/ar/new/?tip=first-hour")
    found: list[object] = [*faults_of(staff, "the texts for a reader")]
    staff.get_by_role("textbox", name="Reader", exact=True).fill("A teacher")
    press(staff, "Create the link")
    link = ReadingLink.objects.get()

    page = listen(context_of(java_script_enabled=False).new_page(), complaints)
    page.goto(f"/reading/{link.token()}")
    page.get_by_role("textbox").first.fill("كلمة غير واضحة")
    follow(page.get_by_role("button", name="Not clear").first)
    expect(page.get_by_role("status")).to_have_text("1 / 2")
    assert page.locator(".shown").first.evaluate("one => getComputedStyle(one).direction") == "rtl"
    with_scripts = listen(context_of().new_page(), complaints)
    with_scripts.goto("/reading/x")
    found += faults_of(with_scripts, "a link that is not valid")
    with_scripts.goto(f"/reading/{link.token()}")
    found += faults_at_each_look(with_scripts, "the reader's page")
    staff.reload()
    expect(staff.get_by_text("كلمة غير واضحة")).to_be_visible()
    found += faults_at_each_look(staff, "the links")

    assert found == []
    assert complaints == []


def faults_at_each_look(page: Page, place: str) -> list[object]:
    return [fault for scheme, width in looks(page) for fault in faults_of(page, place, scheme, width)]
