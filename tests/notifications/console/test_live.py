"""The page of a campaign while it is sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import User
from core.states import advance
from notifications.campaigns import lifecycle
from notifications.console import campaign_display
from notifications.models import Brake, Campaign, ProgressSample
from tests import make
from tests.notifications.steps import tick

pytestmark = pytest.mark.django_db


def page(campaign: Campaign, name: str = "campaign-live") -> str:
    return reverse(f"admin:{name}", args=[campaign.pk])


def send(campaign: Campaign, **counts: Any) -> Campaign:
    """Freeze the campaign and set its counts; it began a minute ago."""
    ago = timezone.now() - timedelta(minutes=1)
    values: dict[str, Any] = {"frozen_at": ago, "started_at": ago, "starts_at": ago, "devices": 900, "accepted": 400} | counts
    advance(campaign, "sending", by=User.objects.system(), at=ago, **values)
    return campaign


def test_the_page_after_approval_counts_down_and_refreshes_by_itself(client: Client) -> None:
    starts = (datetime.now(UTC) + timedelta(hours=3, seconds=5)).replace(microsecond=0)
    make.app()
    make.installations(30)
    ends = (starts + timedelta(hours=2)).isoformat()
    campaign = make.campaign(state="submitted", schedule={"at": starts.strftime("%Y-%m-%dT%H:%M:%SZ")}, not_after=ends)
    client.force_login(make.campaign_staff()[1])

    answer = client.post(
        page(campaign, "campaign-approve"), {"action": "approve", "fingerprint": campaign.fingerprint, "language": "en"}
    )
    html = client.get(answer["Location"]).content.decode()

    assert answer["Location"] == page(campaign)
    assert f'data-countdown="{int(starts.timestamp())}">3 h 0 min' in html
    assert f"{starts.astimezone(ZoneInfo('Europe/London')):%H:%M:%S} London time" in html
    assert f'data-progress="{page(campaign, "campaign-progress")}"' in html
    assert "notifications/progress.js" in html
    assert "notifications/live.js" in html
    assert page(campaign, "campaign-stop") in html


def test_the_page_shows_languages_platforms_reasons_and_pace_in_words(client: Client) -> None:
    campaign = make.campaign()
    by_key = {message.key: str(message.pk) for message in campaign.messages.all()}
    tally = {by_key["en/parent/android"]: {"accepted": 380, "unregistered": 20}, by_key["en*/parent/ios"]: {"accepted": 40}}
    send(campaign, accepted=420, rejected=20, tally=tally)
    earlier = timezone.now() - timedelta(seconds=30)
    ProgressSample.objects.create(campaign=campaign, at=earlier, moved_at=earlier, processed=140, pending=760)
    client.force_login(make.person("nora", "auditor"))

    html = client.get(page(campaign)).content.decode()

    assert "Other languages, in English" in html
    assert "iPhone and iPad" in html
    assert ">380<" in html
    assert "App removed, or its address expired: 20" in html
    assert "a minute." in html
    assert "unregistered" not in html


def test_a_campaign_that_stands_still_says_why(client: Client) -> None:
    make.app()
    make.installations(30)
    campaign = make.campaign()
    tick()
    earlier = timezone.now() - timedelta(seconds=50)
    ProgressSample.objects.update(at=earlier, moved_at=earlier)
    Campaign.objects.update(starts_at=earlier, frozen_at=earlier)
    client.force_login(make.person("nora", "auditor"))

    html = client.get(page(campaign)).content.decode()

    assert "Nothing has moved for 50 seconds" in html


def test_pause_and_resume_stay_on_the_page(client: Client) -> None:
    campaign = send(make.campaign())
    client.force_login(make.campaign_staff()[1])

    client.post(page(campaign), {"action": "pause"})
    paused = client.get(page(campaign)).content.decode()
    client.post(page(campaign), {"action": "resume"})
    campaign.refresh_from_db()

    assert 'value="resume"' in paused
    assert "Campaign paused" in paused
    assert campaign.state == "sending"


def test_the_stop_page_names_the_other_messages_of_the_thread(client: Client) -> None:
    alert = make.campaign(name="The wrong alert")
    update = make.campaign(kind="update", references=alert.pk, name="The correction")
    client.force_login(make.campaign_staff()[1])

    html = client.get(page(alert, "campaign-stop")).content.decode()
    alone = client.get(page(make.campaign(), "campaign-stop")).content.decode()

    assert "with every other message of its thread" in html
    assert page(update) in html
    assert "The correction" in html
    assert "of the same thread" not in alone


def test_a_halted_campaign_is_resumed_with_a_button_of_its_page_and_of_today(client: Client) -> None:
    campaign = make.campaign()
    lifecycle.halt(campaign, "FCM refuses the credentials.", at=timezone.now())
    author, approver = make.campaign_staff()

    client.force_login(author)
    without = [client.get(url).content.decode() for url in (page(campaign), reverse("admin:index"))]
    client.force_login(approver)
    shown = [client.get(url).content.decode() for url in (page(campaign), reverse("admin:index"))]
    client.post(page(campaign), {"action": "resume"})
    campaign.refresh_from_db()

    button = 'name="action" value="resume"'
    assert [button in html for html in (*without, *shown)] == [author.has_perm("notifications.stop_campaign")] * 2 + [True] * 2
    assert campaign.state == "approved"


def test_a_waiting_line_shows_seconds() -> None:
    sentence = "Nothing is due before 2026-12-01T06:00:00Z."

    assert campaign_display.with_times(sentence) == "Nothing is due before 1 December 2026 at 06:00:00 UTC."
    exact = Campaign(schedule_kind="at", schedule_at="2026-12-01T06:00:00Z", home_zone="Europe/London")
    local = Campaign(schedule_kind="local", schedule_at="2026-12-01T06:00:00", home_zone="Europe/London")
    assert "06:00:00" in campaign_display.begins_text(exact)
    assert "06:00:00" in campaign_display.begins_text(local)


def test_stop_everything_is_shown_truthfully_on_every_page_of_the_campaign(client: Client) -> None:
    campaign = send(make.campaign())
    approver = make.campaign_staff()[1]
    Brake.objects.stop_everything(by=approver, at=timezone.now(), reason="A wrong number.")
    client.force_login(approver)

    for address in (page(campaign), page(campaign, "campaign"), reverse("admin:campaigns")):
        html = client.get(address).content.decode()
        assert "Stopped with everything else" in html, address
        assert ">Sending</span>" not in html, address
    assert "All sending stopped" in client.get(page(campaign)).content.decode()


def test_the_reason_of_a_halt_is_in_the_timeline(client: Client) -> None:
    campaign = send(make.campaign())
    lifecycle.halt(campaign, "FCM does not accept our credentials.", at=timezone.now())
    client.force_login(make.person("nora", "auditor"))

    html = client.get(page(campaign)).content.decode()

    assert "Campaign halted" in html
    assert html.count("FCM does not accept our credentials.") == 2


def test_a_draft_has_nothing_to_follow(client: Client) -> None:
    campaign = make.campaign(state="draft")
    client.force_login(make.person("nora", "auditor"))

    assert "nothing of it is sent" in client.get(page(campaign)).content.decode()
