"""A session belongs to one sign-in: nobody can prepare it, and it ends with what opened it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from core import staff_changes
from core.models import StaffAct, User
from tests import make
from tests.make import NOON

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


@pytest.fixture
def eva() -> User:
    cache.clear()
    user = make.person("eva", "publisher")
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(browser: Client) -> None:
    browser.post("/console/login/", {"username": "eva", "password": PASSWORD, "next": "/console/"})


def is_in(browser: Client) -> bool:
    return browser.get(reverse("admin:index")).status_code == 200


def test_a_sign_in_gets_a_new_session_and_a_new_token_of_forms(eva: User) -> None:
    browser = Client()
    browser.get("/console/login/")
    session = browser.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    browser.cookies["sessionid"] = planted or ""
    token = browser.cookies["csrftoken"].value

    sign_in(browser)

    assert is_in(browser)
    assert browser.cookies["sessionid"].value != planted
    assert "planted" not in browser.session
    assert browser.cookies["csrftoken"].value != token
    stranger = Client()
    stranger.cookies["sessionid"] = planted or ""
    assert not is_in(stranger)


@pytest.mark.parametrize("way", ["password", "roles", "reset", "closed"])
def test_every_open_session_ends_with_what_opened_it(eva: User, way: str) -> None:
    ann, ben = make.person("ann", "administrator"), make.person("ben", "administrator")
    browsers = [Client(), Client()]
    for browser in browsers:
        sign_in(browser)
        assert is_in(browser)

    def by_two(act: StaffAct, *given: str) -> None:
        staff_changes.approve(staff_changes.propose(eva, act, given=given, locales=["*"], by=ann, at=NOON), by=ben, at=NOON)

    def change_password() -> None:
        new = "another long phrase"
        form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
        elsewhere = Client()
        sign_in(elsewhere)
        assert elsewhere.post(reverse("admin:password_change"), form).status_code == 302
        assert is_in(elsewhere), "the browser in which the password was changed stays"

    ways: dict[str, Callable[[], object]] = {
        "password": change_password,
        "roles": lambda: by_two(StaffAct.CHANGE, "assurer"),
        "reset": lambda: by_two(StaffAct.RESET),
        "closed": lambda: staff_changes.close(eva, by=ann, at=NOON, reason="The telephone was stolen."),
    }
    ways[way]()

    assert [is_in(browser) for browser in browsers] == [False, False]


def test_signing_out_ends_the_session_on_the_server(eva: User) -> None:
    browser, copy = Client(), Client()
    sign_in(browser)
    copy.cookies["sessionid"] = browser.cookies["sessionid"].value

    browser.post(reverse("admin:logout"))

    assert not is_in(copy)
