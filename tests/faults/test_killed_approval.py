"""kill -9 of a web process at the COMMIT of an approval: it holds if PostgreSQL got that far, and is sent once in both cases."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings as product
from django.test import Client
from django.urls import reverse

from notifications.campaigns.progress import progress_of
from notifications.models import Campaign
from tests import make
from tests.faults.web import Web
from tests.faults.workers import end_connections, until
from tests.notifications.steps import tick_and_send
from tests.processes import Emulator
from tools.faults.proxy import DelayingProxy, Rewriter

pytestmark = [pytest.mark.faults, pytest.mark.django_db(transaction=True)]

_TOKEN = "a" * 32


class AtCommit:
    """Sees what a web process sends to PostgreSQL, and kills it in place of, or after, the COMMIT of a change of a campaign."""

    def __init__(self, kill: Callable[[], None], *, passed_on: bool) -> None:
        self._kill, self._passed_on = kill, passed_on
        self.killed = False

    def rewriter(self) -> Rewriter:
        """Return what looks at one connection."""
        changed = False

        def look(data: bytes) -> bytes:
            nonlocal changed
            changed = changed or b'UPDATE "notifications_campaign"' in data
            if not changed or b"COMMIT" not in data or self.killed:
                return data
            self.killed = True
            self._kill()
            return data if self._passed_on else b""

        return look


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    made = Web(tmp_path)
    yield made
    made.stop()
    end_connections()


def approve(web: Web, campaign: Campaign) -> int:
    """Send the form of an approval as the approver's browser; return the status of the answer."""
    browser = Client()
    browser.force_login(make.campaign_staff()[1])
    session = browser.cookies[product.SESSION_COOKIE_NAME].value
    form = {"action": "approve", "fingerprint": campaign.fingerprint, "language": "en", "csrfmiddlewaretoken": _TOKEN}
    headers = {
        "Cookie": f"{product.SESSION_COOKIE_NAME}={session}; {product.CSRF_COOKIE_NAME}={_TOKEN}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection = http.client.HTTPConnection("127.0.0.1", web.port, timeout=60)
    try:
        connection.request("POST", reverse("admin:campaign-approve", args=[campaign.pk]), urlencode(form), headers)
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(("passed_on", "state", "again"), [(True, "approved", 409), (False, "submitted", 302)])
def test_an_approval_whose_answer_was_lost_holds_or_is_given_again(
    web: Web, fcm_emulator: Emulator, passed_on: bool, state: str, again: int
) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign(state="submitted")
    there = web.settings["DATABASE_URL"]
    at_commit = AtCommit(lambda: os.killpg(web.process_group, signal.SIGKILL), passed_on=passed_on)
    port = urlsplit(there).port
    assert port is not None
    proxy = DelayingProxy(port, delay=0.0, rewriter=at_commit.rewriter)
    web.start(DATABASE_URL=there.replace(f":{port}/", f":{proxy.port}/"))

    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        approve(web, campaign)
    proxy.stop()
    web.stop()
    until(lambda: Campaign.objects.get().state == state)
    web.start(DATABASE_URL=there)
    status = approve(web, campaign)
    tick_and_send()

    assert at_commit.killed
    assert status == again
    assert progress_of(Campaign.objects.get())["accepted"] == 30
    assert fcm_emulator.counts()["messages"] == 30
