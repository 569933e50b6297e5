"""Second factors: required outside the sandbox for every page, set up and used with real codes, limited, and on record."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core import roles
from core.audit_verbs import Verb
from core.console import pages, sign_in
from core.errors import Forbidden
from core.models import AuditEntry, User
from tests import make

pytestmark = pytest.mark.django_db

LOGIN, PASSWORD = "/console/login/", "correct horse battery"


@pytest.fixture(autouse=True)
def _outside_the_sandbox(settings: Any) -> Iterator[None]:
    settings.FACTOR_REQUIRED = True
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def ada() -> User:
    user = make.person("ada", "campaign-approver")
    user.email, user.date_joined = "ada@example.org", timezone.now() - timedelta(days=30)
    user.set_password(PASSWORD)
    user.save()
    return user


def code_of(secret: str, *, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def enter_password(client: Client, **more: str) -> Any:
    return client.post(LOGIN, {"username": "ada", "password": PASSWORD, "next": "/console/", **more})


def set_up_app(client: Client) -> str:
    """Set up an authenticator app, and return its secret."""
    secret = str(client.get(reverse("admin:factors")).context["app_form"].secret)
    done = client.post(reverse("admin:factors"), {"action": "add-app", "code": code_of(secret)})
    assert done.status_code == 200
    return secret


def with_app(client: Client) -> str:
    """Sign in for the first time, set up an app and sign out; return the secret."""
    enter_password(client)
    secret = set_up_app(client)
    client.logout()
    cache.clear()
    return secret


def test_without_a_factor_every_page_leads_to_its_set_up(client: Client, ada: User) -> None:
    enter_password(client)

    closed = [route for route in pages.ROUTES if "<" not in route.pattern and not route.page.open_without_factor]
    assert len(closed) > 15
    for path in (*(reverse(f"admin:{route.name}") for route in closed), "/console/", "/console/token/", "/console/core/user/"):
        for answer in (client.get(path), client.post(path, {"action": "stop-everything", "reason": "x"})):
            assert (answer.status_code, answer["Location"]) == (302, reverse("admin:factors")), path


def test_setting_up_an_app_opens_the_console_and_shows_the_recovery_codes_once(client: Client, ada: User) -> None:
    enter_password(client)
    page = client.get(reverse("admin:factors"))
    secret = page.context["app_form"].secret

    wrong = client.post(reverse("admin:factors"), {"action": "add-app", "code": "000000"})
    assert wrong.status_code == 400
    assert wrong.context["app_form"].secret == secret, "a wrong code keeps the secret that the app already has"
    done = client.post(reverse("admin:factors"), {"action": "add-app", "code": code_of(secret)})

    codes = re.findall(r"fp-code\">(\d{8})<", done.content.decode())
    assert len(codes) == 10
    assert "no-store" in done["Cache-Control"]
    assert client.get("/console/").status_code == 200
    assert codes[0] not in client.get(reverse("admin:factors")).content.decode()


def test_the_secret_is_encrypted_in_the_database(client: Client, ada: User) -> None:
    secret = with_app(client)

    stored = Authenticator.objects.get(user=ada, type="totp").data["secret"]

    assert secret not in stored
    assert decrypt(stored) == secret


def test_the_password_alone_opens_nothing_once_there_is_a_factor(client: Client, ada: User) -> None:
    secret = with_app(client)

    step = enter_password(client)
    assert (step.status_code, step.templates[0].name) == (200, "core/factor.html")
    assert client.get("/console/")["Location"].startswith(LOGIN)
    assert client.post(reverse("admin:factor"), {"code": "000000"}).status_code == 400
    right = client.post(reverse("admin:factor"), {"code": code_of(secret)})

    assert (right.status_code, right["Location"]) == (302, "/console/")
    assert client.get("/console/").status_code == 200
    assert "fingerpost_browser" in right.cookies
    assert AuditEntry.objects.filter(verb=Verb.SIGN_IN_FAILED, row=str(ada.pk)).count() == 1


def test_a_code_and_a_recovery_code_work_once(client: Client, ada: User) -> None:
    secret = with_app(client)
    recovery = Authenticator.objects.get(user=ada, type="recovery_codes").wrap().get_unused_codes()[0]
    code = code_of(secret)

    for used in (code, recovery):
        enter_password(client)
        assert client.post(reverse("admin:factor"), {"code": used}).status_code == 302
        client.logout()
        enter_password(client)
        assert client.post(reverse("admin:factor"), {"code": used}).status_code == 400


def test_a_form_sent_without_a_session_is_carried_through_both_steps(client: Client, ada: User) -> None:
    secret = with_app(client)

    step = enter_password(client, **{"next": "/console/audit/", "kept.note": "typed before"})
    carried = {field.carried_name: field.value for field in step.context["kept"]}
    done = client.post(reverse("admin:factor"), {"code": code_of(secret), **carried})

    assert done.templates[0].name == "core/send_again.html"
    assert (done.context["url"], [field.value for field in done.context["fields"]]) == ("/console/audit/", ["typed before"])


def test_tries_at_the_code_are_limited_and_the_right_one_is_refused_then(client: Client, ada: User) -> None:
    secret = with_app(client)
    enter_password(client)

    for _ in range(sign_in.ACCOUNT_TRIES):
        client.post(reverse("admin:factor"), {"code": "000000"})

    late = client.post(reverse("admin:factor"), {"code": code_of(secret)})
    assert late.status_code == 400
    assert "too many tries" in late.content.decode()


def test_staff_pass_the_second_step_while_the_cache_is_down(client: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = with_app(client)
    enter_password(client)

    def down(*_args: Any, **_kwargs: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr("allauth.mfa.totp.internal.auth.cache.add", down)
    monkeypatch.setattr("core.rate_limits.count", down)

    assert client.post(reverse("admin:factor"), {"code": code_of(secret, steps=-5)}).status_code == 400
    assert client.post(reverse("admin:factor"), {"code": code_of(secret)}).status_code == 302


@pytest.mark.parametrize("credential", ["", "x", "{}", '{"id": 1}', "[]", "null"])
def test_an_odd_answer_of_a_passkey_is_refused(client: Client, ada: User, credential: str) -> None:
    with_app(client)
    enter_password(client)

    assert client.post(reverse("admin:factor"), {"credential": credential}).status_code == 400


def test_a_fresh_sign_in_takes_the_factor_not_the_password(client: Client, ada: User) -> None:
    secret = with_app(client)
    enter_password(client)
    client.post(reverse("admin:factor"), {"code": code_of(secret)})
    session = client.session
    session[sign_in.SIGNED_IN_AT] = time.time() - 3600
    session.save()

    assert client.post(reverse("admin:token")).status_code == 403
    assert client.post(reverse("admin:confirm"), {"password": PASSWORD}).status_code == 400
    assert client.post(reverse("admin:confirm"), {"code": code_of(secret, steps=1)}).status_code == 200
    assert client.post(reverse("admin:token")).context["token"]


def test_a_changed_factor_is_recorded_mailed_and_pauses_approvals(
    client: Client, ada: User, django_capture_on_commit_callbacks: Any
) -> None:
    enter_password(client)
    roles.require_approver(ada, "notifications.approve_campaign")

    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(client)

    ada.refresh_from_db()
    entry = AuditEntry.objects.get(verb=Verb.CREDENTIAL_CHANGED)
    assert (entry.row, entry.details) == (str(ada.pk), {"change": "app-added"})
    assert [message.to for message in mail.outbox] == [["ada@example.org"]]
    with pytest.raises(Forbidden, match="24 hours"):
        roles.require_approver(ada, "notifications.approve_campaign")
    roles.require(ada, "notifications.stop_campaign")
    User.objects.filter(pk=ada.pk).update(credentials_changed_at=timezone.now() - roles.APPROVAL_PAUSE)
    ada.refresh_from_db()
    roles.require_approver(ada, "notifications.approve_campaign")


def test_a_new_account_sets_up_its_factors_without_a_pause(client: Client, ada: User) -> None:
    User.objects.filter(pk=ada.pk).update(date_joined=timezone.now())
    enter_password(client)

    set_up_app(client)

    ada.refresh_from_db()
    assert ada.credentials_changed_at is None


def test_a_changed_password_is_recorded_and_pauses_approvals(client: Client, ada: User) -> None:
    enter_password(client)
    set_up_app(client)
    new = "another long password"

    client.post(reverse("admin:password_change"), {"old_password": PASSWORD, "new_password1": new, "new_password2": new})

    changes = AuditEntry.objects.filter(verb=Verb.CREDENTIAL_CHANGED).order_by("pk").values_list("details", flat=True)
    assert list(changes) == [{"change": "app-added"}, {"change": "password"}]


def test_the_last_factor_cannot_be_removed(client: Client, ada: User) -> None:
    enter_password(client)
    set_up_app(client)

    assert client.post(reverse("admin:factors"), {"action": "remove-app"}).status_code == 409
    assert client.post(reverse("admin:factors"), {"action": "remove-key", "key": "7"}).status_code == 404


def test_in_the_sandbox_the_password_alone_is_enough(client: Client, ada: User, settings: Any) -> None:
    settings.FACTOR_REQUIRED = False

    assert enter_password(client)["Location"] == "/console/"
    assert client.get("/console/").status_code == 200


def test_an_account_that_is_closed_between_the_steps_is_not_let_in(client: Client, ada: User) -> None:
    secret = with_app(client)
    enter_password(client)
    User.objects.filter(pk=ada.pk).update(is_active=False)

    client.post(reverse("admin:factor"), {"code": code_of(secret)})

    assert client.get("/console/").status_code == 302


def test_a_reset_on_the_server_removes_the_factors_and_ends_the_sessions(client: Client, ada: User) -> None:
    enter_password(client)
    set_up_app(client)
    out = StringIO()

    call_command("staff", "reset", "ada", "--json", stdout=out)

    assert client.get("/console/")["Location"].startswith(LOGIN)
    assert not Authenticator.objects.filter(user=ada).exists()
    ada.refresh_from_db()
    assert ada.check_password(json.loads(out.getvalue())["password"])
    assert ada.credentials_changed_at is not None
    assert AuditEntry.objects.filter(verb=Verb.CREDENTIAL_CHANGED, details={"change": "reset"}).exists()
