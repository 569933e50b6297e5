"""What interrupts campaign staff: a wrong address, a session that ends, a second sign-in, the back button, a colleague."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import BrowserContext, expect

from core.models import User
from notifications.models import Campaign
from tests import make
from tests.browser.accessible import axe_violations
from tests.browser.conftest import PASSWORD, listen
from tests.browser.people import Person

pytestmark = pytest.mark.browser


@pytest.fixture
def content() -> None:
    make.small_content()
    make.app()
    make.installations(25)


def with_password(person: User) -> User:
    person.set_password(PASSWORD)
    person.save()
    return person


def fill_in(person: Person) -> None:
    """Fill in the form that starts a campaign; open it where another page is shown."""
    if "campaigns/new" not in person.page.url:
        person.open("/console/campaigns/new/")
    person.write("Name of the campaign", "Half-term warning")
    person.tick_at(person.page.get_by_label("Urgent warning"))


def test_an_address_that_does_not_exist_has_a_page_with_a_way_back(
    context_of: Callable[..., BrowserContext], complaints: list[str], content: None
) -> None:
    ada = Person(listen(context_of(make.person("ada", "campaign-author")).new_page(), complaints))

    for address in ("campagins/", "campaigns/999/", "campaigns/new/words/", "campaigns/99999999999999999999/"):
        answer = ada.page.goto(f"/console/{address}")
        assert answer is not None
        assert answer.status == 404, address
        expect(ada.page.get_by_role("heading", name="Page not found")).to_be_visible()
        assert [violation["id"] for violation in axe_violations(ada.page)] == []
    ada.go("Today", within=ada.page.get_by_role("navigation", name="Console"))
    assert complaints == []


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_text_outlives_the_end_of_the_session(
    context_of: Callable[..., BrowserContext], complaints: list[str], content: None, scripts: bool
) -> None:
    user = with_password(make.person("ada", "campaign-author"))
    ada = Person(listen(context_of(user, java_script_enabled=scripts).new_page(), complaints))
    fill_in(ada)
    ada.press("Start")
    ada.go("Words")
    ada.go("English, the main language")
    ada.write("Title in the app", "If someone makes threats")

    Session.objects.all().delete()
    ada.press("Save")
    ada.sees("Nothing is lost")
    ada.sign_in_here("ada", PASSWORD)
    ada.press("Send it again")

    assert Campaign.objects.get().words["en"]["inner"]["title"] == "If someone makes threats"


def test_a_sign_in_in_another_window_loses_no_text(
    context_of: Callable[..., BrowserContext], complaints: list[str], content: None
) -> None:
    with_password(make.person("ada", "campaign-author"))
    context = context_of()
    ada, again = (Person(listen(context.new_page(), complaints)) for _ in range(2))
    ada.sign_in("ada", PASSWORD)
    fill_in(ada)

    again.open("/console/")
    again.press("Sign out")
    again.sign_in("ada", PASSWORD)
    ada.press("Start")
    ada.sees("Nothing is lost")
    ada.press("Send it again")

    assert Campaign.objects.get().name == "Half-term warning"


def test_back_and_save_again_makes_no_second_draft(
    context_of: Callable[..., BrowserContext], complaints: list[str], content: None
) -> None:
    ada = Person(listen(context_of(make.person("ada", "campaign-author")).new_page(), complaints))
    fill_in(ada)
    ada.press("Start")

    ada.page.go_back()
    fill_in(ada)
    ada.press("Start")

    assert Campaign.objects.count() == 1
    expect(ada.page.get_by_role("heading", name="Half-term warning")).to_be_visible()


def test_a_colleague_who_saves_first_is_not_overwritten(
    context_of: Callable[..., BrowserContext], complaints: list[str], content: None
) -> None:
    campaign = make.campaign(state="draft", name="Shared")
    users = [make.person(name, "campaign-author") for name in ("ada", "olga")]
    ada, olga = (Person(listen(context_of(user).new_page(), complaints)) for user in users)
    for person, name in ((ada, "By Ada"), (olga, "By Olga")):
        person.open(f"/console/campaigns/{campaign.pk}/purpose/")
        person.write("Name", name)

    ada.press("Save")
    olga.press("Save")
    olga.sees("Someone else has saved this task")

    campaign.refresh_from_db()
    assert (campaign.name, len(olga.refusals)) == ("By Ada", 1)
    olga.press("Save my version")
    campaign.refresh_from_db()
    assert campaign.name == "By Olga"
