"""No bare page in the console, and no form lost: after a session, a CSRF token or the server has failed."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client
from django.urls import reverse

from content.models import Target, Unit, UnsavedText
from core.console import pages
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db

KEY = "tip.first-hour.title"
PASSWORD = "correct horse battery"
TEXT = 'Arhoswch ac\r\nanadlwch "yn araf" <b>'


@pytest.fixture
def eve(db: None) -> User:
    make.world()
    make.unit(KEY, "Stop and breathe", owner="tip:first-hour")
    person = make.person("eve", "localisation-editor")
    person.set_password(PASSWORD)
    person.save()
    return person


def address() -> str:
    return reverse("admin:translation", args=["cy", KEY])


def typed(text: str = TEXT) -> dict[str, str]:
    return {"action": "save", "text": text, "revision": "0", "source_revision": "1"}


def form_in(page: str, action: str) -> dict[str, str]:
    """Return the fields of the form in a page that is sent to the address, as a browser would send them."""
    form = next(form for form in re.findall(r"<form.*?</form>", page, re.DOTALL) if f'action="{action}"' in form)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    # A browser drops the first line end of a text area.
    fields |= dict(re.findall(r'<textarea hidden name="([^"]+)">\n(.*?)</textarea>', form, re.DOTALL))
    return {name: html.unescape(value) for name, value in fields.items()}


def test_a_form_sent_after_the_session_has_ended_survives_the_sign_in_and_is_saved(eve: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    token = browser.get("/console/login/").cookies["csrftoken"].value
    text = "Arhoswch ac anadlwch.\n\nYn araf."

    refused = browser.post(address(), {**typed(text), "csrfmiddlewaretoken": token})
    login = form_in(refused.content.decode(), "/console/login/")
    wrong = browser.post("/console/login/", {**login, "username": "eve", "password": "wrong"})
    login = form_in(wrong.content.decode(), "/console/login/")
    signed_in = browser.post("/console/login/", {**login, "username": "eve", "password": PASSWORD})
    again = form_in(signed_in.content.decode(), address())
    assert not Target.objects.exists()
    saved = browser.post(address(), again)

    assert refused.status_code == 403
    assert "Nothing is lost" in refused.content.decode()
    assert "You are signed in again" in signed_in.content.decode()
    assert "password" not in again
    assert "username" not in again
    assert saved.status_code == 302
    assert Target.objects.get().text == text


def test_a_form_opened_before_another_sign_in_can_be_sent_again(eve: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(eve)
    browser.get(address())

    refused = browser.post(address(), {**typed(), "csrfmiddlewaretoken": "x" * 64}, headers={"sec-fetch-site": "same-origin"})
    page = refused.content.decode()
    again = form_in(page, address())

    assert refused.status_code == 403
    assert "DEBUG" not in page
    assert "Nothing is lost" in page
    assert again["text"].split() == TEXT.split()
    assert "<b>" not in page.partition("What you had typed")[2]
    assert browser.post(address(), {**again, "text": "Arhoswch."}).status_code == 302


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://example.org"}, {}])
def test_a_form_of_another_site_is_refused_without_its_fields(eve: User, headers: dict[str, str]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(eve)

    refused = browser.post(address(), typed("Click here"), headers=headers)

    assert refused.status_code == 403
    assert "was not sent from the console" in refused.content.decode()
    assert "Click here" not in refused.content.decode()


def test_after_a_failure_of_the_server_a_form_can_be_sent_again(eve: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **more: object) -> None:
        raise RuntimeError("a secret detail")

    browser = Client(raise_request_exception=False)
    browser.force_login(eve)
    monkeypatch.setattr(Target, "write", fail)

    failed = browser.post(address(), typed(), headers={"sec-fetch-site": "same-origin"})
    page = failed.content.decode()

    assert failed.status_code == 500
    assert "Something went wrong on the server" in page
    assert "secret" not in page
    assert form_in(page, address())["text"].split() == TEXT.split()


def test_the_failure_page_needs_no_database(eve: User, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Client(raise_request_exception=False)
    browser.force_login(eve)

    def fail(*args: object, **more: object) -> None:
        raise AssertionError("a query")

    monkeypatch.setattr("django.db.backends.utils.CursorWrapper.execute", fail)
    failed = browser.get(address())

    assert failed.status_code == 500
    assert "Something went wrong on the server" in failed.content.decode()


def test_an_unknown_page_is_a_page_of_the_console(eve: User) -> None:
    browser = Client()
    browser.force_login(eve)

    found = browser.get("/console/nothing/here/")

    assert found.status_code == 404
    assert "There is no page at this address." in found.content.decode()
    assert 'aria-label="Console"' in found.content.decode()


def test_a_page_that_nobody_may_open_is_refused_with_a_page_of_the_console(eve: User) -> None:
    browser = Client()
    browser.force_login(eve)

    refused = browser.get(reverse("admin:autocomplete"))

    assert refused.status_code == 403
    assert "Two administrators can give you the role" in refused.content.decode()


def test_a_form_that_is_too_large_is_refused_with_a_sentence(eve: User) -> None:
    browser = Client()
    browser.force_login(eve)

    refused = browser.post(address(), typed("x" * 300_000))

    assert refused.status_code == 413
    assert "256 KiB" in refused.content.decode()
    assert not UnsavedText.objects.exists()


def test_every_form_survives_the_end_of_the_session(eve: User) -> None:
    """Whatever page the form is of, the sign-in form carries its fields."""
    unit = Unit.objects.get()

    for route in pages.ROUTES:
        if "<" in route.pattern or not route.page.actions:
            continue
        answer = Client().post(f"/console/{route.pattern}", {"action": "x", "a": ["one", "two"], "text": unit.text})
        page = answer.content.decode()
        assert answer.status_code == 403, route.name
        assert page.count('name="kept.a"') == 2, route.name
        assert unit.text in page, route.name


@pytest.mark.parametrize(
    "path",
    [
        "/console/words/%00/",
        "/console/words/cy/?q=%00",
        "/console/audit/?by=%00",
        "/console/audit/?verb=a%00b",
        "/console/audit/?%00=a",
    ],
)
def test_a_nul_in_the_address_is_a_bad_request(eve: User, path: str) -> None:
    browser = Client()
    browser.force_login(eve)

    answer = browser.get(path)

    assert answer.status_code == 400


def test_a_nul_in_a_form_is_a_bad_request_and_nothing_is_saved(eve: User) -> None:
    browser = Client()
    browser.force_login(eve)

    answer = browser.post(address(), typed("Arhoswch\0"))

    assert answer.status_code == 400
    assert "cannot be read" in answer.content.decode()
    assert not Target.objects.filter(locale="cy").exists()
