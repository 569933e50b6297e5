"""Headers of every response, and what is deleted of what Django keeps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from config.celery import app
from core import tasks
from core.models import User
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("path", "policy"), [("/v1/", "cross-origin"), ("/v1/no-such-path", "cross-origin"), ("/console/login/", "same-origin")]
)
def test_every_response_names_what_pages_may_do(path: str, policy: str) -> None:
    answer = Client().get(path)

    assert answer["Cross-Origin-Resource-Policy"] == policy
    assert "camera=()" in answer["Permissions-Policy"]
    assert "Strict-Transport-Security" not in answer


def test_hsts_is_sent_behind_a_proxy_that_ends_tls(settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000

    assert Client().get("/v1/")["Strict-Transport-Security"] == "max-age=31536000"


def test_a_form_is_taken_behind_a_proxy_that_ends_tls(settings: Any) -> None:
    # What config/settings.py makes of PUBLIC_URL. The request itself comes from the proxy, without TLS.
    assert settings.CSRF_TRUSTED_ORIGINS == [settings.PUBLIC_URL]
    settings.CSRF_TRUSTED_ORIGINS = ["https://fingerpost.example"]
    browser = Client(enforce_csrf_checks=True)
    page = browser.get("/console/login/").content.decode()
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"csrfmiddlewaretoken": token, "username": "nobody", "password": "wrong"}

    taken = browser.post("/console/login/", form, headers={"origin": "https://fingerpost.example"})
    foreign = browser.post("/console/login/", form, headers={"origin": "https://elsewhere.example"})

    assert (taken.status_code, foreign.status_code) == (200, 403)


def test_ended_sessions_and_old_entries_of_the_admin_log_are_deleted() -> None:
    now, person = timezone.now(), make.person("ann")
    for key, ends in (("ended", -1), ("open", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(hours=ends))
    kind = ContentType.objects.get_for_model(User)
    for days in (366, 364):
        entry = LogEntry.objects.create(user=person, content_type=kind, object_id="1", object_repr="x", action_flag=CHANGE)
        LogEntry.objects.filter(pk=entry.pk).update(action_time=now - timedelta(days=days))

    tasks.forget_sessions()

    assert [session.session_key for session in Session.objects.all()] == ["open"]
    assert LogEntry.objects.count() == 1
    assert app.conf.beat_schedule["forget-sessions"]["task"] == tasks.forget_sessions.name


def test_a_message_to_the_broker_cannot_control_a_worker() -> None:
    assert app.conf.worker_enable_remote_control is False
