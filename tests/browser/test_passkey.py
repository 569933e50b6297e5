"""A passkey in a real browser: added, used for a sign-in, and used to confirm an approval; Chromium plays the authenticator."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import BrowserContext, Page, expect

from core.audit_verbs import Verb
from core.console import sign_in
from core.console.step_up import FRESH_SECONDS
from core.models import AuditEntry
from notifications.models import Campaign
from tests import make
from tests.browser.conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _outside_the_sandbox(settings: Any) -> None:
    settings.FACTOR_REQUIRED = True


def with_authenticator(context: BrowserContext) -> Page:
    """Open a page to whose browser a passkey is attached that always recognizes its owner (WebAuthn's virtual authenticator).

    https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/#method-addVirtualAuthenticator
    """
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def enter_password(page: Page) -> None:
    page.goto("/console/login/")
    page.fill("#id_username", "ada")
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Log in").click()


def test_a_passkey_is_added_opens_the_console_and_confirms_an_approval(context_of: Callable[..., BrowserContext]) -> None:
    ada = make.person("ada", "campaign-approver")
    ada.set_password(PASSWORD)
    ada.save()
    campaign = make.campaign(state="submitted")
    context = context_of()
    page = with_authenticator(context)

    enter_password(page)
    expect(page.get_by_text("The console needs a second factor")).to_be_visible()
    page.fill("#passkey-name", "My laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("heading", name="Your recovery codes")).to_be_visible()
    assert Authenticator.objects.filter(user=ada, type=Authenticator.Type.WEBAUTHN).count() == 1

    context.clear_cookies()
    enter_password(page)
    page.get_by_role("button", name=re.compile("passkey", re.IGNORECASE)).click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()

    _let_the_sign_in_age(context)
    page.goto(f"/console/campaigns/{campaign.pk}/approve/")
    for box in page.locator("input[type=checkbox][name=language]").all():
        box.check()
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert Campaign.objects.get().state == "submitted"
    page.get_by_role("button", name=re.compile("passkey", re.IGNORECASE)).click()
    expect(page.get_by_role("heading", name="Your sign-in is confirmed")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(lambda url: "/approve/" not in url)

    assert Campaign.objects.get().state in ("approved", "sending")
    assert AuditEntry.objects.filter(verb=Verb.CREDENTIAL_CHANGED, details__change="key-added").exists()


def _let_the_sign_in_age(context: BrowserContext) -> None:
    """Let the session of the browser look as it does when the last sign-in is too old."""
    from django.contrib.sessions.backends.db import SessionStore

    key = next(cookie["value"] for cookie in context.cookies() if cookie["name"] == "sessionid")
    store = SessionStore(session_key=key)
    store[sign_in.SIGNED_IN_AT] = time.time() - FRESH_SECONDS - 1
    store.save()
