"""Releases and withdrawals in the browser: every page after an act or a refusal is accessible, and the ticks stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect

from content.models import Release, Unit
from core import tokens
from core.models import User
from tests import make
from tests.browser.conftest import follow, listen
from tests.browser.test_text_pages import check, press, with_password

pytestmark = pytest.mark.browser


@pytest.fixture
def publisher() -> User:
    make.small_content()
    make.service("gb-wrong", name="Help & Talk")
    make.tip("ask", texts={"do-now.1": "Ask {service:gb-wrong}."})
    make.tip("hold-on", texts={"title": "Hold on"})
    make.tip("stay", texts={"title": "Stay"})
    make.release()
    return with_password(make.person("pol", "publisher"))


def candidate() -> Release:
    """Compile a candidate that takes two tips away and changes a third."""
    Unit.objects.filter(key__in=["tip.hold-on.title", "tip.stay.title"]).update(owner="nothing")
    unit = Unit.objects.get(key="tip.first-hour.title")
    unit.revise(text="Stop", change="cosmetic", by=User.objects.system(), at=timezone.now(), from_revision=unit.revision)
    return make.release(publish=False)


@pytest.mark.parametrize("width", [390, 1280])
def test_a_release_is_ticked_scheduled_refused_when_stale_and_published(
    context_of: Callable[..., BrowserContext], complaints: list[str], publisher: User, width: int
) -> None:
    page = listen(context_of(publisher, width=width).new_page(), complaints)
    release = candidate()
    page.goto(f"/console/releases/{release.number}/")
    first, second = page.get_by_label("Hold on"), page.get_by_label("Stay")

    first.check()
    press(page, f"Publish release {release.number}")
    check(page, "a refused publication")
    expect(first).to_be_checked()
    expect(second).not_to_be_checked()

    second.check()
    page.get_by_label("Time to publish").fill((timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M"))
    press(page, "Approve and publish at this time")
    check(page, "a scheduled release")
    press(page, "Cancel the scheduled publication")
    check(page, "a schedule that was cancelled")

    newer = make.release()
    page.get_by_label("Hold on").check()
    page.get_by_label("Stay").check()
    press(page, f"Publish release {release.number}")
    check(page, "a stale candidate")
    expect(page.get_by_text("Another release was published")).to_be_visible()
    for part in ("changes/", "coverage/", "preview/?locale=ar"):
        page.goto(f"/console/releases/{release.number}/{part}")
        check(page, part, focus="body")

    page.goto("/console/releases/")
    page.get_by_text("Only some languages").click()
    page.get_by_label("Welsh").check()
    press(page, "Compile a release")
    check(page, "a candidate of one language")
    expect(page.get_by_text("Only Welsh was compiled")).to_be_visible()
    assert Release.objects.current() == newer
    assert complaints == []


@pytest.mark.parametrize("width", [390, 1280])
def test_a_service_is_withdrawn_and_put_back(
    context_of: Callable[..., BrowserContext], complaints: list[str], publisher: User, width: int
) -> None:
    page = listen(context_of(publisher, width=width).new_page(), complaints)
    page.goto("/console/services/gb-wrong/")
    follow(page.get_by_role("link", name="Withdraw this service"))
    expect(page.get_by_role("heading", name="What changes for readers")).to_be_visible()

    press(page, "Withdraw now")
    check(page, "a withdrawn service")
    page.get_by_text("Put back", exact=True).first.click()
    page.get_by_label("Second person").fill("pol")
    page.get_by_label("Their command line token").fill("none")
    press(page, "Put back")
    check(page, "a token that is not valid")
    page.get_by_label("Second person").fill("sue")
    page.get_by_label("Their command line token").fill(tokens.issue(make.person("sue", "publisher")))
    press(page, "Put back")
    check(page, "a service that was put back")
    page.goto("/console/services/gb-emergency/")
    follow(page.get_by_role("link", name="Withdraw this service"))
    check(page, "a withdrawal that is refused", focus="body")
    assert complaints == []
