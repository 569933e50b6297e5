"""Every page passes axe and fits its window, in light and dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import resolve
from django.utils import timezone
from playwright.sync_api import BrowserContext

from content.assurance.record import record_assurance
from content.models import (
    Channel,
    ChannelRevision,
    Judgement,
    OrganizationRevision,
    ReadingLink,
    Service,
    ServiceRevision,
    Target,
    TextSuggestion,
    Tip,
    TipRevision,
    Unit,
)
from content.models.assurance import Method
from content.models.channel_revision import Act
from core.console.pages import ROUTES
from core.models import User
from core.states import advance
from tests import make
from tests.browser.accessible import axe_violations, faults_of, looks
from tests.browser.conftest import listen
from tests.processes import ROOT

pytestmark = pytest.mark.browser


#: Pages about content that other tests open, because they load the companion or are no pages.
ELSEWHERE = {"tip-phone", "service-phone", "text-file-download"}


def suggest_and_invite(*, by: User, at: datetime) -> None:
    """Create a suggestion for a Welsh text, a link to it for an outside reader, and what that reader says of it."""
    target = Target.objects.get(unit__key="tip.first-hour.title", locale="cy")
    suggested: dict[str, Any] = {"unit": target.unit, "locale": "cy", "by": by, "at": at}
    TextSuggestion.objects.suggest(text="Arhoswch", from_revision=target.revision, **suggested)
    link = ReadingLink.objects.issue(locale="cy", units=[target.unit_id], reader="A nurse", days=7, counts=False, by=by, at=at)
    shown = {"revision": target.revision, "source_revision": target.unit.revision}
    Judgement.objects.record(link, unit=target.unit_id, verdict="not-clear", note="Too formal.", at=at, **shown)


def everything() -> list[str]:
    """Create data for every page, and return the paths below /console/."""
    at = timezone.now()
    make.small_content()
    make.service("nz-line", country="NZ")
    editor = make.person("eva", "localisation-editor")
    make.target("tip.first-hour.title", "cy", "Arhoswch ac anadlwch", approved=True)
    make.target("tip.first-hour.do-not.1", "ar", "لا تدفع.", approved=True)
    Unit.objects.get(key="tip.first-hour.do-not.1").revise(
        text="Do not pay, and do not buy anything.", change="safety", by=editor, at=at, from_revision=1
    )
    channel = Channel.objects.get(service="gb-line")
    record_assurance(
        channel, by=make.checker(), at=at, method=Method.RUNG, until=(at + timedelta(days=9)).date(), note="Answered."
    )
    facts = channel.facts() | {"cost": "standard"}
    for act, position in ((Act.CHANGE, 1), (Act.ADD, None)):
        ChannelRevision.objects.propose(
            service_id="gb-line", position=position, act=act, by=editor, at=at, facts=facts, reason="A new price."
        )
    changed = Tip.objects.get().facts() | {"audiences": ["parent"], "do_now": []}
    proposed = TipRevision.objects.propose(slug="first-hour", facts=changed, by=editor, at=at, reason="Why.")
    own = Service.objects.select_related("organization").get(pk="gb-line")
    facts = {"status": "defunct", "situations": ["blackmail"], "general": False}
    of_service = ServiceRevision.objects.propose(service=own, facts=facts, by=editor, at=at, reason="They closed.")
    of_organization = OrganizationRevision.objects.propose(
        organization=own.organization, name="Another name", by=editor, at=at, reason="Renamed."
    )
    suggest_and_invite(by=editor, at=at)
    make.release()
    make.release(publish=False)
    texts = make.definition()["messages"]["en"]
    arabic = {"outer": {"title": "نصائح", "body": "اقرأها."}, "inner": {"title": "تهديدات", "body": "لا تدفع."}}
    waiting = make.campaign(state="submitted", messages={"en": texts, "ar": arabic})
    going = make.campaign(state="approved")
    # With topics, and with so many addresses gone that the page warns.
    counts: dict[str, Any] = {
        "devices": 900,
        "accepted": 700,
        "rejected": 200,
        "gone": 200,
        "topics": 3,
        "topics_accepted": 2,
        "topics_unknown": 1,
    }
    advance(going, "sending", by=User.objects.system(), at=at, frozen_at=at, started_at=at, **counts)
    make.app("parent-test", test=True)
    alert = {**make.definition()["alert"], "status": "Exercise"}
    exercise = make.campaign(state="draft", kind="exercise", apps=["parent-test"], alert=alert)
    numbers = list(make.Release.objects.order_by("pk").values_list("pk", flat=True))
    return [
        "",
        "tips/",
        "tips/?locale=cy",
        "tips/first-hour/",
        "new-tip/",
        "languages/",
        "languages/propose/",
        "tip-changes/",
        f"tip-changes/{proposed.pk}/",
        "service-changes/",
        f"service-changes/{of_service.pk}/",
        f"organization-changes/{of_organization.pk}/",
        "words/",
        "words/ar/",
        "words/ar/tip.first-hour.do-not.1/",
        "words/cy/tip.first-hour.title/",
        "work/",
        "tips/first-hour/cy/",
        "tips/first-hour/ar/",
        "words/cy/tip.first-hour.title/history/",
        "find/cy/",
        "find/cy/?find=anadlwch&put=cymerwch+anadl",
        "suggestions/cy/",
        "readers/cy/",
        "readers/cy/new/?tip=first-hour",
        "handouts/",
        "text-files/cy/",
        "text-files/cy/import/",
        "sources/",
        "sources/tip.first-hour.do-not.1/",
        "services/",
        "services/gb-line/",
        "services/gb-line/edit/",
        "services/gb-line/approve/",
        "tip-changes/first-hour/approve/",
        "services/zz-line/edit/",
        "services/gb-line/propose/",
        "services/gb-line/propose/?position=1&remove=1",
        "services/gb-line/notice/",
        "notices/",
        "figures/",
        "figures/propose/",
        "desk/",
        "releases/lapsed/",
        "services/gb-line/channels/1/",
        "services/zz-line/channels/1/",
        "organizations/org/",
        "numbers/",
        "apps/",
        "apps/parent/",
        "releases/",
        *(f"releases/{number}/{part}" for number in numbers for part in ("", "changes/", "coverage/", "preview/")),
        "withdrawals/",
        "withdrawals/services/gb-line/",
        "withdrawals/tips/first-hour/",
        "campaigns/",
        "campaigns/new/",
        "campaigns/stop-everything/",
        *(f"campaigns/{campaign.pk}/" for campaign in (waiting, going, exercise)),
        f"campaigns/{waiting.pk}/approve/",
        f"campaigns/{waiting.pk}/read/",
        f"campaigns/{going.pk}/live/",
        f"campaigns/{going.pk}/report/",
        "test-phones/",
        f"campaigns/{going.pk}/test/",
        f"campaigns/{going.pk}/correct/",
        f"campaigns/{going.pk}/correct/?as=wrong",
        f"campaigns/{going.pk}/stop/",
        f"campaigns/new/?like={going.pk}",
        f"campaigns/new/?follows={going.pk}",
        f"campaigns/{exercise.pk}/edit/",
        "audit/",
        "history/",
        "status/",
        "calendar/",
        "calendar/?view=week",
        "settings/",
        "people/",
        "people/invite/",
        f"people/{User.objects.filter(is_staff=True).earliest('pk').pk}/",
        f"people/{User.objects.filter(is_staff=True).earliest('pk').pk}/rights/",
        "factors/",
        "confirm/",
        "token/",
        "password_change/",
    ]


@pytest.mark.timeout(600)
def test_every_page_is_accessible_and_fits_its_window(context_of: Callable[..., BrowserContext], complaints: list[str]) -> None:
    addresses = everything()
    root = User.objects.create_superuser("root", password=None, locales=["*"])
    root.set_password("a-long-demo-password")
    root.save()
    page = listen(context_of(root).new_page(), complaints)
    found: list[Any] = []

    for address in addresses:
        answer = page.goto(f"/console/{address}")
        assert answer is not None
        assert answer.status == 200, address
        for scheme, width in looks(page):
            found += faults_of(page, address, scheme, width)

    assert found == []
    assert complaints == []
    opened = {resolve(f"/console/{address.partition('?')[0]}").url_name for address in addresses}
    about_content = {route.name for route in ROUTES if route.page.__module__.startswith("content.")}
    assert about_content - opened == ELSEWHERE


def test_no_script_reads_the_look() -> None:
    """Otherwise a page would have to be loaded in each look."""
    scripts = [path for package in ("api", "core", "content", "notifications", "kit") for path in (ROOT / package).rglob("*.js")]

    assert len(scripts) > 3
    reads = re.compile(r"matchMedia|innerWidth|clientWidth|offsetWidth|screen\.width")
    assert [path for path in scripts if reads.search(path.read_text(encoding="utf-8"))] == []


def test_the_sign_in_page_and_the_error_pages_are_accessible(
    context_of: Callable[..., BrowserContext], complaints: list[str]
) -> None:
    nobody, nora = context_of().new_page(), context_of(make.person("nora", "auditor")).new_page()

    for page, address in ((nobody, "/console/"), (nora, "/console/campaigns/new/"), (nora, "/console/campaigns/99/")):
        listen(page, complaints).goto(address)
        assert [violation["id"] for violation in axe_violations(page)] == []

    assert complaints == []
