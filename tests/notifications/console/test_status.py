"""Status says in sentences what needs a person, what is late and what works, with as many queries whatever there is."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from content.console.status_lines import content_lines
from content.models import Manifest, Release, Tip, TipRevision
from content.publishing import signing
from content.publishing.scheduling import schedule
from core.console.status_lines import Condition, core_lines
from core.models import Backup, User
from core.querysets import count_each
from notifications.campaigns import lifecycle
from notifications.console.status_lines import sending_lines
from notifications.delivery import planner, unchecked_restores
from notifications.inspections import inspect_campaigns
from notifications.models import Batch, Brake, Heartbeat, HeartbeatPart, Quota, SchedulerRun
from tests import make
from tests.make import NOON
from tests.signing import Signer

pytestmark = pytest.mark.django_db


def sentences(client: Client) -> dict[str, str]:
    """Return the text of each part of the page."""
    client.force_login(User.objects.filter(username="olga").first() or make.person("olga", "administrator"))
    page = client.get(reverse("admin:status")).content.decode()
    parts = re.findall(r'<section aria-labelledby="([a-z-]+)">(.*?)</section>', page, re.S)
    return {name: html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", part))) for name, part in parts}


def lines(user: User) -> dict[Condition, str]:
    """Return what each part would say at noon."""
    sources = (sending_lines, content_lines, core_lines)
    found = [line for source in sources for line in source(user, at=NOON)]
    return {kind: " ".join(line.text for line in found if line.condition is kind) for kind in Condition}


def everything_runs() -> None:
    """Let workers and the beat have worked just now."""
    Brake.objects.for_everything()
    SchedulerRun.objects.take_turn(late_after=0.0)
    for part in HeartbeatPart:
        Heartbeat.objects.give(part, host="one")


def test_an_installation_that_is_new_says_what_is_missing(client: Client) -> None:
    found = sentences(client)

    assert "No worker has been seen so far. No alert is sent. Start a worker, or look at its log." in found["needs-person"]
    assert "No release is published: apps get no tips and no services." in found["needs-person"]
    assert "The manifest has never been signed" in found["needs-person"]
    assert "No wake-up of the beat has arrived so far." in found["late"]
    assert "Nothing is being sent." in found["works"]


def test_an_installation_that_works_needs_nobody_and_is_late_with_nothing(signer: Signer) -> None:
    make.small_content()
    make.approve_texts()
    make.check_channels()
    release = make.release()
    signing.sign_if_due(at=NOON)
    everything_runs()
    Backup.objects.create(taken_at=NOON, size=1, sha256="0" * 64)

    found = lines(make.person("olga", "administrator"))

    assert found[Condition.NEEDS_PERSON] == found[Condition.LATE] == ""
    for sentence in (
        "Workers look for something to send, and start what is due.",
        "The beat wakes workers",
        f"Readers get release {release.number}, published on",
        "The manifest was signed on",
        "Every number and address has a valid check.",
        "The last backup was made on",
    ):
        assert sentence in found[Condition.WORKS]


def test_what_is_old_or_silent_is_late_and_proposals_need_a_person(signer: Signer) -> None:
    make.small_release()
    candidate = make.release(publish=False)
    signing.sign_if_due(at=NOON - timedelta(days=5))
    everything_runs()
    Heartbeat.objects.filter(part=HeartbeatPart.BEAT).update(last_at=F("last_at") - timedelta(minutes=5))
    Backup.objects.create(taken_at=NOON - timedelta(days=3), size=1, sha256="0" * 64)
    soon = NOON + timedelta(minutes=5)
    Quota.objects.create(
        project="one", rate=10, booked_until=soon, blocked_until=soon, reason="FCM's quota is used up.", changed_at=soon
    )
    tip = Tip.objects.get()
    TipRevision.objects.propose(
        slug=tip.pk, facts=tip.facts() | {"order": 9}, by=make.person("eva", "localisation-editor"), at=NOON
    )

    found = lines(make.person("olga", "administrator"))

    assert "No wake-up of the beat has arrived since" in found[Condition.LATE]
    assert "There should be one each day." in found[Condition.LATE]
    assert "Nothing is sent to a Firebase project until" in found[Condition.LATE]
    assert "FCM's quota is used up." in found[Condition.LATE]
    assert "A worker should sign it each day." in found[Condition.LATE]
    assert "Workers look for something to send" in found[Condition.WORKS]
    assert f"Release {candidate.number} waits for a second person who publishes it." in found[Condition.NEEDS_PERSON]
    assert "1 change of a tip waits for a second person." in found[Condition.NEEDS_PERSON]


def test_a_release_that_is_approved_for_a_set_time_needs_nobody(client: Client, signer: Signer) -> None:
    make.small_release()
    candidate, pol, second = make.release(publish=False), make.person("pol", "publisher"), make.person("sue", "publisher")
    to_publish = f"Release {candidate.number} to publish"
    client.force_login(second)
    before = client.get(reverse("admin:index")).content.decode()

    schedule(candidate, publish_at=NOON + timedelta(hours=1), by=pol, at=NOON)
    found = lines(pol)

    assert to_publish in before
    assert to_publish not in client.get(reverse("admin:index")).content.decode()
    assert f"Release {candidate.number} " not in found[Condition.NEEDS_PERSON]
    assert f"Release {candidate.number} is approved, and will be published on " in found[Condition.WORKS]


def test_outside_the_sandbox_an_installation_without_a_backup_needs_one(settings: Any) -> None:
    settings.SANDBOX = False

    assert "There is no backup by the backup command." in lines(make.person("olga", "administrator"))[Condition.NEEDS_PERSON]


def test_campaigns_are_where_they_belong(client: Client) -> None:
    approver = make.campaign_staff()[1]
    make.app()
    make.installations(30)
    now = timezone.now()
    going, halted = make.campaign(name="Going"), make.campaign(name="Trouble")
    for campaign in (going, halted):
        assert planner.plan_audience(campaign, at=now)
    lifecycle.halt(halted, "FCM refuses the credentials.", at=now)
    make.campaign(name="Tomorrow", schedule={"at": f"{now + timedelta(hours=20):%Y-%m-%dT%H:%M:%SZ}"})
    make.campaign(name="Waiting", state="submitted")
    Batch.objects.update(ready_at=now - timedelta(minutes=10))
    everything_runs()

    found = sentences(client)
    Brake.objects.stop_everything(by=approver, at=now, reason="A wrong number.")
    stopped = sentences(client)

    assert "Trouble: halted. FCM refuses the credentials." in found["needs-person"]
    assert "1 campaign waits for an approver." in found["needs-person"]
    assert "Going is being sent: 0 % of 30 phones." in found["works"]
    assert "Tomorrow starts " in found["works"]
    assert "1 batch of messages has been due for up to 10 minutes." in found["late"]
    assert "All sending is stopped: A wrong number." in stopped["needs-person"]
    assert "batch of messages" not in stopped["late"]
    assert "Going is being sent: Stopped with everything else" in stopped["late"]


def test_a_restore_that_was_not_checked_asks_for_the_check_and_for_nothing_else(client: Client) -> None:
    unchecked_restores.hold(before=0, at=timezone.now())

    found = sentences(client)["needs-person"]
    (symptom,) = inspect_campaigns(timezone.now())

    assert "All sending is stopped: The database was restored from a backup and is not checked yet: run" in found
    assert "manage.py restore_check. " in found
    assert "An approver can allow it again" not in found
    assert symptom.detail.endswith("run manage.py restore_check.")
    assert symptom.hint == ""


def test_several_counts_are_one_query(django_assert_num_queries: Any) -> None:
    make.small_release()

    with django_assert_num_queries(1):
        found = count_each(releases=Release.objects.filter(state="published"), manifests=Manifest.objects.all())

    assert found == {"releases": 1, "manifests": 0}
