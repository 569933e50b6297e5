"""A fresh sign-in before what reaches readers: which acts ask for it, and that nothing is lost or done meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from core.audit_verbs import Verb
from core.console import pages, sign_in, step_up
from core.models import AuditEntry, User
from notifications.models import Campaign
from tests import make

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
#: The names of acts that reach readers or give something back to them. Words reach readers by a release alone.
REACHING = ("approve", "confirm", "publish", "schedule", "resume", "release-everything", "put-back", "put-back-tip")
#: Nothing may delay these.
NEVER = ("stop", "stop-everything", "pause", "withdraw", "reject", "return", "discard", "end", "cancel")


@pytest.fixture(autouse=True)
def _outside_the_sandbox(settings: Any) -> Iterator[None]:
    settings.FACTOR_REQUIRED = True
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def approver(client: Client) -> User:
    """Return a signed-in approver whose sign-in is an hour old."""
    user = make.person("david", "campaign-approver")
    user.set_password(PASSWORD)
    user.save()
    client.force_login(user)
    _signed_in(client, 3600)
    return user


def _signed_in(client: Client, seconds_ago: float) -> None:
    import time

    session = client.session
    session[sign_in.SIGNED_IN_AT] = time.time() - seconds_ago
    # As django-allauth keeps it after a sign-in with a second factor.
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time() - seconds_ago}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()


def test_every_act_that_reaches_readers_needs_a_fresh_sign_in_and_no_stop_does() -> None:
    guarded: set[tuple[str, str]] = set()
    free: set[tuple[str, str]] = set()
    for route in pages.ROUTES:
        for action in route.page.actions:
            method = getattr(route.page, f"action_{action.replace('-', '_')}")
            (guarded if getattr(method, step_up.MARK, False) else free).add((route.name, action))

    assert {(name, action) for name, action in free if action in REACHING} == {
        ("translation", "approve"),
        ("tip-translation", "approve"),
        ("source-text", "approve"),
        ("source-text", "put-back"),
    }
    assert not {(name, action) for name, action in guarded if action in NEVER}
    of_rights = {(name, action) for name, action in guarded if name in {"person", "person-invite", "person-rights", "app"}}
    of_person = {("person", action) for action in ("change", "reset", "reopen")}
    assert of_rights == {("person-invite", "propose"), ("person-rights", "hand-out"), ("app", "propose"), *of_person}
    assert {action for _, action in guarded - of_rights} == set(REACHING)


def test_an_approval_with_an_old_sign_in_is_carried_through_a_new_one(client: Client, approver: User) -> None:
    campaign = make.campaign(state="submitted")
    address = reverse("admin:campaign-approve", args=[campaign.pk])
    form = {"action": "approve", "fingerprint": campaign.fingerprint, "language": "en"}

    refused = client.post(address, form)
    assert (refused.status_code, refused.templates[0].name) == (403, "core/step_up.html")
    assert Campaign.objects.get().state == "submitted"

    carried = {field.carried_name: field.value for field in refused.context["kept"]}
    wrong = client.post(reverse("admin:confirm"), {"password": "wrong", "next": address, **carried})
    assert wrong.status_code == 400
    assert AuditEntry.objects.filter(verb=Verb.SIGN_IN_FAILED, row=str(approver.pk)).count() == 1
    right = client.post(reverse("admin:confirm"), {"password": PASSWORD, "next": address, **carried})
    assert {field.name: field.value for field in right.context["fields"]} == form
    assert Campaign.objects.get().state == "submitted"

    client.post(right.context["url"], form)
    assert Campaign.objects.get().state == "approved"


def test_a_sign_in_is_fresh_for_five_minutes(client: Client, approver: User) -> None:
    campaign = make.campaign(state="submitted")
    address = reverse("admin:campaign-approve", args=[campaign.pk])
    form = {"action": "approve", "fingerprint": campaign.fingerprint, "language": "en"}

    _signed_in(client, step_up.FRESH_SECONDS + 1)
    assert client.post(address, form).status_code == 403
    _signed_in(client, -60)
    assert client.post(address, form).status_code == 403, "a time that has not come yet"
    _signed_in(client, step_up.FRESH_SECONDS - 30)
    assert client.post(address, form).status_code == 302


def test_stopping_everything_asks_for_nothing(client: Client, approver: User) -> None:
    answer = client.post(reverse("admin:stop-everything"), {"action": "stop-everything", "reason": "A wrong number."})

    assert answer.status_code == 302
    assert AuditEntry.objects.filter(verb=Verb.SENDING_STOPPED).exists()


def test_tries_at_the_password_are_limited(client: Client, approver: User) -> None:
    for _ in range(sign_in.ACCOUNT_TRIES):
        client.post(reverse("admin:confirm"), {"password": "wrong"})

    answer = client.post(reverse("admin:confirm"), {"password": PASSWORD})

    assert answer.status_code == 400
    assert "too many tries" in answer.content.decode()


@pytest.mark.parametrize("next_page", ["https://example.org/", "//example.org", "/v1/alerts", "javascript:alert(1)", ""])
def test_a_foreign_address_is_not_followed(client: Client, approver: User, next_page: str) -> None:
    answer = client.post(reverse("admin:confirm"), {"password": PASSWORD, "next": next_page, "kept.action": "x"})

    assert answer.context["url"] == reverse("admin:index")
