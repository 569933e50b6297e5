"""A programme in a browser: an author ties two campaigns and submits them, and another person reads and approves both at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, expect

from notifications.models import Campaign, Programme
from tests import make
from tests.browser.accessible import faults_of
from tests.browser.conftest import listen
from tests.browser.test_campaign_decisions import ARABIC, TEXTS
from tests.notifications.campaigns.test_programmes import parents_and_educators

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("scheme", "width", "scripts"), [("light", 1280, True), ("dark", 360, False)])
def test_two_people_take_a_programme_from_drafts_to_approval(
    context_of: Callable[..., BrowserContext], complaints: list[str], scheme: str, width: int, scripts: bool
) -> None:
    parents_and_educators()
    starts = (timezone.now() + timedelta(hours=3)).replace(microsecond=0)
    times: dict[str, Any] = {
        "schedule": {"at": f"{starts:%Y-%m-%dT%H:%M:%SZ}"},
        "not_after": (starts + timedelta(hours=2)).isoformat(),
        "services": ["gb-line"],
    }
    make.campaign(state="draft", name="Parents in Wales", messages={"en": TEXTS, "ar": ARABIC}, **times)
    make.campaign(state="draft", name="Educators", audience={"countries": ["GB"], "audiences": ["educator"]}, **times)
    author, approver = make.campaign_staff()
    found: list[Any] = []

    page = listen(context_of(author, width=width, scheme=scheme).new_page(), complaints)
    page.goto("/console/programmes/")
    page.get_by_label("Name of the programme").fill("Half-term")
    page.get_by_role("button", name="Create").click()
    for name in ("Parents in Wales", "Educators"):
        page.get_by_label("Draft", exact=True).select_option(label=name)
        page.get_by_role("button", name="Add to the programme").click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
    found += faults_of(page)
    page.get_by_role("button", name="Submit all drafts").click()
    expect(page.get_by_text("Submitted: 2 campaigns.")).to_be_visible()

    page = listen(context_of(approver, width=width, scheme=scheme, java_script_enabled=scripts).new_page(), complaints)
    page.goto(f"/console/programmes/{Programme.objects.get().pk}/approve/")
    if scripts:
        found += faults_of(page)
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="Approve 2 campaigns").click()
    expect(page.get_by_text("Each campaign is sent at its time")).to_be_visible()
    assert found == []
    assert set(Campaign.objects.values_list("state", flat=True)) == {"approved"}
    assert complaints == []
