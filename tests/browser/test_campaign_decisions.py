"""The pages that decide about a campaign and follow it, in a browser: accessible, in any theme and width, right to left too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect

from core.models import User
from core.states import advance
from notifications.models import Campaign, CampaignLook, PairingRequest
from notifications.models.test_phone import PairingOffer
from tests import make
from tests.browser.accessible import faults_of
from tests.browser.conftest import listen
from tests.notifications.test_test_phones import BODY

pytestmark = pytest.mark.browser

TEXTS = make.definition()["messages"]["en"]
ARABIC = {"outer": {"title": "نصائح", "body": "اقرأها."}, "inner": {"title": "تهديدات", "body": "لا تدفع."}}


def pages(root: User) -> list[str]:
    """Create campaigns in the states that the pages show, and return their paths."""
    at = timezone.now()
    make.small_content()
    make.app()
    make.installations(30)
    make.app("parent-test", test=True)
    offer = PairingRequest.objects.register(at=at, **BODY)
    assert isinstance(offer, PairingOffer)
    PairingRequest.objects.pair(offer.code, name="Pixel", by=root, at=at)
    going = make.campaign(messages={"en": TEXTS, "ar": ARABIC})
    key = str(going.messages.get(locale="ar", fallback=False, platform="ios").pk)
    counts: dict[str, Any] = {
        "devices": 900,
        "accepted": 700,
        "rejected": 20,
        "tally": {key: {"accepted": 700, "unregistered": 20}},
    }
    ago = at - timedelta(minutes=2)
    advance(going, "sending", by=User.objects.system(), at=ago, frozen_at=ago, started_at=ago, starts_at=ago, **counts)
    right = {**TEXTS, "inner": {**TEXTS["inner"], "body": "Do not pay. Tell an adult."}}
    waiting = make.campaign(state="submitted", kind="update", references=going.pk, messages={"en": right, "ar": ARABIC})
    earlier = {"messages": {"ar": {**ARABIC, "inner": {"title": "تهديدات", "body": "ادفع."}}}}
    CampaignLook.objects.create(campaign=waiting, by=root, fingerprint="0" * 64, definition=earlier, at=ago)
    return [
        f"campaigns/{waiting.pk}/approve/",
        f"campaigns/{waiting.pk}/read/",
        f"campaigns/{going.pk}/live/",
        f"campaigns/{going.pk}/report/",
        f"campaigns/{going.pk}/correct/",
        f"campaigns/{going.pk}/correct/?as=wrong",
        f"campaigns/{going.pk}/test/",
        "test-phones/",
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 360)])
def test_the_pages_are_accessible_and_fit_their_window(
    context_of: Callable[..., BrowserContext], complaints: list[str], scheme: str, width: int
) -> None:
    root = User.objects.create_superuser("root", password=None, locales=["en", "ar"])
    addresses = pages(root)
    page = listen(context_of(root, width=width, scheme=scheme).new_page(), complaints)
    found: list[Any] = []

    for address in addresses:
        answer = page.goto(f"/console/{address}")
        assert answer is not None
        assert answer.status == 200, address
        found += faults_of(page, address)

    assert found == []
    assert complaints == []


def test_the_page_after_an_approval_becomes_live_by_itself(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    make.app()
    make.installations(30)
    starts = (timezone.now() + timedelta(hours=3)).replace(microsecond=0)
    campaign = make.campaign(
        state="submitted",
        schedule={"at": f"{starts:%Y-%m-%dT%H:%M:%SZ}"},
        not_after=(starts + timedelta(hours=2)).isoformat(),
    )
    page = listen(context_of(make.person("ben", "campaign-approver")).new_page(), complaints)

    page.goto(f"/console/campaigns/{campaign.pk}/approve/")
    page.get_by_label("I have read the English text").check()
    page.get_by_role("button", name="Approve this live alert").click()
    expect(page.get_by_text("Starts in")).to_be_visible()
    now = timezone.now()
    campaign = Campaign.objects.get()
    advance(campaign, "sending", by=User.objects.system(), at=now, frozen_at=now, started_at=now, devices=100, accepted=64)

    expect(page.locator('[data-count="accepted"]')).to_have_text("64")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.get_by_role("link", name="Stop…")).to_be_visible()
    assert complaints == []
