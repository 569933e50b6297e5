"""Campaigns in the console: writing, approving, what an approver sees, watching and stopping."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.states import advance
from notifications.campaigns import lifecycle
from notifications.console.campaign_display import topics_text
from notifications.delivery import planner
from notifications.models import Brake, Campaign, Registration
from tests import make
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db


def page(campaign: Campaign, name: str = "campaign") -> str:
    return reverse(f"admin:{name}", args=[campaign.pk])


def test_a_second_person_approves_the_fingerprint_that_the_page_showed(client: Client) -> None:
    author, approver = make.campaign_staff()
    campaign = make.campaign(state="draft")
    lifecycle.submit(campaign, by=author, at=timezone.now())
    client.force_login(approver)
    confirmation = client.get(page(campaign, "campaign-approve")).content.decode()

    answer = client.post(
        page(campaign, "campaign-approve"), {"action": "approve", "fingerprint": campaign.fingerprint, "language": "en"}
    )
    campaign.refresh_from_db()

    assert f'name="fingerprint" value="{campaign.fingerprint}"' in confirmation
    assert answer.status_code == 302
    assert (campaign.state, campaign.approved_by) == ("approved", approver)


def test_an_approval_of_an_earlier_version_is_refused(client: Client) -> None:
    author, approver = make.campaign_staff()
    campaign = make.campaign(state="submitted")
    shown = campaign.fingerprint
    lifecycle.send_back(campaign, by=author, at=timezone.now())
    lifecycle.edit(campaign, make.definition(name="Another text"), by=author, at=timezone.now())
    lifecycle.submit(campaign, by=author, at=timezone.now())
    client.force_login(approver)

    answer = client.post(page(campaign, "campaign-approve"), {"action": "approve", "fingerprint": shown, "language": "en"})
    campaign.refresh_from_db()

    assert answer.status_code == 409
    assert campaign.state == "submitted"


def test_nobody_approves_a_campaign_that_they_wrote_or_edited(client: Client) -> None:
    both = make.person("both", "campaign-author", "campaign-approver")
    campaign = make.campaign(state="draft")
    lifecycle.edit(campaign, make.definition(), by=both, at=timezone.now())
    lifecycle.submit(campaign, by=make.campaign_staff()[0], at=timezone.now())
    client.force_login(both)

    shown = client.get(page(campaign)).content.decode()
    confirmation = client.get(page(campaign, "campaign-approve")).content.decode()
    answer = client.post(
        page(campaign, "campaign-approve"), {"action": "approve", "fingerprint": campaign.fingerprint, "language": "en"}
    )
    campaign.refresh_from_db()

    assert "someone else must approve it" in shown
    assert 'value="approve"' not in confirmation
    assert answer.status_code == 403
    assert campaign.state == "submitted"


def test_an_approval_without_confirming_the_reading_is_refused(client: Client) -> None:
    campaign = make.campaign(state="submitted")
    client.force_login(make.campaign_staff()[1])

    answer = client.post(page(campaign, "campaign-approve"), {"action": "approve", "fingerprint": campaign.fingerprint})

    assert answer.status_code == 400
    assert Campaign.objects.get().state == "submitted"


def test_the_approver_sees_each_language_in_its_direction_and_the_override(client: Client) -> None:
    texts = make.definition()["messages"]["en"]
    arabic = {"outer": {"title": "نصائح", "body": "اقرأها."}, "inner": {"title": "تهديدات", "body": "لا تدفع."}}
    make.world()
    campaign = make.campaign(state="submitted", messages={"en": texts, "ar": arabic})
    approver = make.person("reads-english", "campaign-approver", locales=("en",))
    client.force_login(approver)

    answer = client.get(page(campaign, "campaign-approve"))
    html = answer.content.decode()

    assert '<div class="fp-outer" lang="ar" dir="rtl"><p class="fp-phone-title">نصائح</p><p>اقرأها.</p></div>' in html
    assert '<div class="fp-inner" lang="en" dir="ltr">' in html
    assert "not one of your languages" in html
    assert "A test runs at any hour." in html
    assert "fp-banner live" in html
    assert [(phone.locale, phone.fallback) for phone in answer.context["previews"]] == [
        ("en", False),
        ("en", True),
        ("ar", False),
    ]
    assert {p for phone in answer.context["previews"] for p in phone.platforms} == {"android", "ios", "web"}


@pytest.mark.parametrize(("state", "red"), [("draft", False), ("submitted", True), ("approved", True), ("stopped", False)])
def test_only_what_can_still_reach_readers_is_marked_live(client: Client, state: str, red: bool) -> None:
    campaign = make.campaign(state="approved" if state == "stopped" else state)
    author, approver = make.campaign_staff()
    if state == "stopped":
        lifecycle.stop(campaign, by=approver, at=timezone.now(), reason="Wrong.")
    client.force_login(author)

    html = client.get(page(campaign)).content.decode()

    assert ("fp-banner live" in html) is red


def test_an_exercise_does_not_look_like_a_live_alert(client: Client) -> None:
    make.app("parent-test", test=True)
    alert = {**make.definition()["alert"], "status": "Exercise"}
    campaign = make.campaign(state="submitted", kind="exercise", apps=["parent-test"], alert=alert)
    client.force_login(make.campaign_staff()[1])

    html = client.get(page(campaign)).content.decode()

    assert "fp-banner exercise" in html
    assert "fp-banner live" not in html


def test_an_approver_sends_back_with_a_reason_that_the_author_sees(client: Client) -> None:
    author, approver = make.campaign_staff()
    campaign = make.campaign(state="submitted")
    client.force_login(approver)

    without = client.post(page(campaign), {"action": "return", "reason": " "})
    client.post(page(campaign), {"action": "return", "reason": "The Welsh text says Monday."})
    campaign.refresh_from_db()
    client.force_login(author)

    assert without.status_code == 400
    assert campaign.state == "draft"
    assert "The Welsh text says Monday." in client.get(reverse("admin:index")).content.decode()
    assert "The Welsh text says Monday." in client.get(page(campaign)).content.decode()


def test_a_rejection_is_final_and_needs_a_reason(client: Client) -> None:
    campaign = make.campaign(state="submitted")
    client.force_login(make.campaign_staff()[1])

    assert client.post(page(campaign), {"action": "reject", "reason": ""}).status_code == 400
    client.post(page(campaign), {"action": "reject", "reason": "Not ours to say."})
    campaign.refresh_from_db()

    assert (campaign.state, campaign.reason) == ("rejected", "Not ours to say.")


def test_resuming_never_approves_a_campaign(client: Client) -> None:
    campaign = make.campaign(state="submitted")
    client.force_login(make.person("both", "campaign-author", "campaign-approver"))

    assert client.post(page(campaign), {"action": "resume"}).status_code == 409
    campaign.refresh_from_db()
    assert (campaign.state, campaign.approved_by) == ("submitted", None)


def sending() -> Campaign:
    campaign = make.campaign(state="approved")
    now = timezone.now()
    advance(campaign, "sending", by=make.User.objects.system(), at=now, frozen_at=now, started_at=now, devices=100, accepted=70)
    return campaign


def test_a_campaign_is_paused_resumed_and_stopped_after_a_confirmation(client: Client) -> None:
    campaign = sending()
    client.force_login(make.campaign_staff()[0])

    client.post(page(campaign), {"action": "pause"})
    assert Brake.objects.get(campaign=campaign).state == "paused"
    client.post(page(campaign), {"action": "resume"})
    assert Brake.objects.get(campaign=campaign).state == "go"
    confirmation = client.get(page(campaign, "campaign-stop")).content.decode()
    campaign.refresh_from_db()
    assert "Stop campaign" in confirmation
    assert campaign.state == "sending"

    client.post(page(campaign, "campaign-stop"), {"action": "stop", "reason": ""})
    campaign.refresh_from_db()
    assert (campaign.state, Brake.objects.get(campaign=campaign).state) == ("stopped", "stopped")
    assert client.post(page(campaign, "campaign-stop"), {"action": "stop"}).status_code == 409


def test_the_counts_are_on_the_page_and_as_json_for_the_script(client: Client) -> None:
    campaign = sending()
    client.force_login(make.person("nora", "auditor"))

    html = client.get(page(campaign)).content.decode()
    answer = client.get(page(campaign, "campaign-progress"))

    assert '<dd data-count="accepted">70</dd>' in html
    assert f'data-progress="{page(campaign, "campaign-progress")}"' in html
    assert "no-store" in answer["Cache-Control"]
    assert answer.json()["numbers"] == {"accepted": 70, "rejected": 0, "unknown": 0, "skipped": 0, "pending": 0}
    assert answer.json()["moving"] is True
    assert answer.json()["bar"][0] == {"name": "accepted", "x": 0.0, "width": 70.0}


def test_topics_are_counted_apart_and_their_phones_are_not_known(client: Client) -> None:
    make.app("teen", push_mode="topics")
    teens: dict[str, Any] = {"apps": ["teen"], "audience": {"countries": ["GB"], "audiences": ["teen"]}}
    campaign = make.campaign(**teens)
    make.topic()
    make.topic(locale="cy")
    client.force_login(make.campaign_staff()[1])

    before = client.get(page(campaign)).content.decode()
    tick()
    after = client.get(page(campaign)).content.decode()
    progress = client.get(page(campaign, "campaign-progress")).json()
    stop = client.get(page(campaign, "campaign-stop")).content.decode()

    assert "2 at the moment, and one request to FCM for each. The number of phones that subscribe to them is not known" in before
    assert "None of these apps stores addresses" in before
    assert "ewer than 20" not in before
    assert "The number of phones that subscribe to a topic is not known" in after
    assert progress["topics"] == "2 topics: 2 pending"
    assert "2 topics: 2 pending" in stop


def test_one_topic_and_many_are_counted_in_words(client: Client) -> None:
    assert [topics_text(number) for number in (1, 2, 12_924)] == ["1 topic", "2 topics", "12,924 topics"]
    make.app("teen", push_mode="topics")
    campaign = make.campaign(state="draft", apps=["teen"], audience={"countries": ["GB"], "audiences": ["teen"]})
    client.force_login(make.campaign_staff()[0])

    who = client.get(page(campaign, "campaign-who")).content.decode()

    assert "1 topic, whose phones cannot be counted (one request to FCM for each topic)" in who
    assert "<td>1 topic</td>" in who
    assert "1 topics" not in who
    assert "ewer than 20" not in who


def test_everything_is_stopped_with_a_reason_and_allowed_by_an_approver(client: Client) -> None:
    author, approver = make.campaign_staff()
    client.force_login(author)
    stop = reverse("admin:stop-everything")

    assert client.post(stop, {"action": "stop-everything", "reason": ""}).status_code == 400
    client.post(stop, {"action": "stop-everything", "reason": "Wrong text is going out."})
    assert Brake.objects.get(campaign=None).state == "stopped"
    assert "Wrong text is going out." in client.get(reverse("admin:index")).content.decode()
    assert client.post(reverse("admin:campaigns"), {"action": "release-everything"}).status_code == 403

    client.force_login(approver)
    client.post(reverse("admin:campaigns"), {"action": "release-everything"})
    assert Brake.objects.get(campaign=None).state == "go"


def test_the_page_rounds_the_number_of_phones_and_hides_fewer_than_twenty(client: Client, settings: Any) -> None:
    make.app()
    twenty = make.installations(20)
    campaign = make.campaign(state="submitted")
    Registration.objects.filter(pk=twenty[0].id).delete()
    client.force_login(make.campaign_staff()[1])

    few = client.get(page(campaign)).content.decode()
    make.installations(34)
    more = client.get(page(campaign)).content.decode()

    assert "Fewer than 20 at the moment" in few
    assert ">19<" not in few
    assert "About 30 at the moment" in more


@pytest.mark.parametrize("state", ["draft", "submitted", "sending", "done"])
def test_no_page_of_a_campaign_counts_registrations(client: Client, state: str) -> None:
    make.small_content()
    make.app()
    make.installations(25)
    campaign = make.campaign(state=state if state in ("draft", "submitted") else "approved")
    if state in ("sending", "done"):
        assert planner.plan_audience(campaign, at=datetime.now(UTC))
    if state == "done":
        Campaign.objects.filter(pk=campaign.pk).update(state="done", finished_at=datetime.now(UTC))
    client.force_login(make.person("nora", "campaign-author", "campaign-approver"))
    names = (
        "campaign",
        *(("campaign-approve",) if state == "submitted" else ()),
        *(("campaign-who",) if state == "draft" else ()),
    )

    with CaptureQueriesContext(connection) as queries:
        for name in names:
            assert client.get(reverse(f"admin:{name}", args=[campaign.pk])).status_code == 200
        if state == "sending":
            client.post(reverse("admin:campaign", args=[campaign.pk]), {"action": "pause"})

    assert [query["sql"] for query in queries if 'FROM "notifications_registration"' in query["sql"]] == []
    assert any("notifications_segment" in query["sql"] for query in queries) is (state in ("draft", "submitted"))
