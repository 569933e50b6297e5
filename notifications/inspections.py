"""What `manage.py doctor` inspects of workers, apps, service accounts and campaigns."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from core.doctor import Symptom, inspects, warning
from core.errors import DomainError
from notifications.campaigns import obstacles
from notifications.delivery import fcm
from notifications.models import App, Brake, BrakeState, Campaign, CampaignState, Heartbeat, PushMode, SyntheticAlert

#: Seconds for which one service account is tried.
_TRIED_FOR = 10.0


@inspects("the workers")
def inspect_workers(at: datetime) -> Iterator[Symptom]:
    """Look for somebody who sends, and for the beat."""
    last = Heartbeat.objects.last_work()
    if sentence := obstacles.nobody_at_work(last):
        yield Symptom(sentence, "No alert is sent meanwhile.")
    elif last.is_silent(last.beat):
        yield Symptom(
            "No wake-up of the beat has arrived for a minute. Alerts are sent, but nothing is signed or published on time.",
            "See that a beat runs and that beat and workers name the same BROKER_URL.",
        )


@inspects("the apps")
def inspect_apps(at: datetime) -> Iterator[Symptom]:
    """Look for apps, and for the Firebase project of each that is pushed to."""
    apps = list(App.objects.all())
    if not any(not app.test for app in apps):
        yield Symptom("There is no app, so nobody can register or be sent to.", "Run load_apps.")
    pushed = {
        app.project for app in apps if {app.push_mode, *app.mode_by_country.values()} & {PushMode.REGISTRATIONS, PushMode.TOPICS}
    }
    for project in sorted(pushed - set(settings.FIREBASE_PROJECTS)):
        yield Symptom(f"FIREBASE_PROJECTS names no service account for the project {project}, to which an app belongs.")


@inspects("the service accounts")
def inspect_service_accounts(at: datetime) -> Iterator[Symptom]:
    """Ask Google for an access token with each; nothing is sent."""
    for project in sorted(settings.FIREBASE_PROJECTS):
        if (refusal := _refusal(project)) is not None:
            yield Symptom(f"The service account of {project} does not work: {refusal}")


def _refusal(project: str) -> str | None:
    sender, until = fcm.sender(), time.monotonic() + _TRIED_FOR
    while True:
        try:
            sender.authorize(project)
        except fcm.CredentialsUnreachable as error:
            # It waits for a second only, and goes on in the background.
            if time.monotonic() > until:
                return error.detail
            time.sleep(0.5)
        except DomainError as error:
            return error.detail
        else:
            return None


@inspects("the synthetic alert")
def inspect_synthetic_alert(at: datetime) -> Iterator[Symptom]:
    """Look for what went wrong with the last one, if it is switched on."""
    if not settings.SYNTHETIC_APP:
        return
    last = SyntheticAlert.objects.first()
    if last is None:
        yield Symptom("No synthetic alert has been sent yet.", "A worker with SYNTHETIC_APP sends one as soon as it runs.")
    elif last.problem:
        yield Symptom(f"The last synthetic alert did not get through: {last.problem}")


@inspects("the campaigns")
def inspect_campaigns(at: datetime) -> Iterator[Symptom]:
    """Look for what is stopped and waits for a person."""
    brake = Brake.objects.filter(campaign=None).exclude(state=BrakeState.GO).first()
    if brake is not None:
        # The reason of a restore that was not checked says what to do.
        hint = "" if brake.state == BrakeState.HELD else "An approver allows it again in the console."
        yield Symptom(f"All sending is stopped: {brake.reason.strip()}", hint)
    waiting = Campaign.objects.filter(state__in=(CampaignState.HALTED, CampaignState.HELD)).order_by("pk")
    for campaign in waiting:
        yield warning(f"Campaign {campaign.pk} is {campaign.state}: {campaign.reason}", "campaign resume or campaign stop.")
