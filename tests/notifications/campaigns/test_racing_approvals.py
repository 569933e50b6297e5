"""Edits and approvals at the same time, on real connections: nothing is ever approved but what its approver has read."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock

import pytest
from django.db import DatabaseError, connection, connections, transaction

from core.errors import DomainError
from core.models import User
from notifications.campaigns import fingerprint, lifecycle
from notifications.models import Campaign
from tests import make

#: Attempts in all, and seconds after which no more are begun.
ATTEMPTS, SECONDS = int(os.environ.get("FINGERPOST_RACING_ATTEMPTS", "600")), 600


@dataclass
class Race:
    """What all people together have tried and read."""

    campaign: int
    deadline: float
    begun: int = 0
    #: (fingerprint, person) of every approval that was tried, with the bytes that the person read.
    read: dict[tuple[str, int], str] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    def goes_on(self) -> bool:
        with self.lock:
            self.begun += 1
            return self.begun <= ATTEMPTS and time.monotonic() < self.deadline

    def count(self, outcome: str) -> None:
        with self.lock:
            self.outcomes[outcome] += 1


def now() -> datetime:
    return datetime.now(UTC)


def edit(race: Race, by: User, chance: random.Random) -> str:
    """Take the campaign back, change a text, and submit it again."""
    campaign = Campaign.objects.get(pk=race.campaign)
    if campaign.state != "draft":
        lifecycle.send_back(campaign, by=by, at=now())
    texts = make.definition()["messages"]["en"]
    texts = {**texts, "inner": {**texts["inner"], "title": f"Version {'abcdefghij'[chance.randrange(10)]}"}}
    lifecycle.edit(campaign, make.definition(messages={"en": texts}), by=by, at=now())
    lifecycle.submit(campaign, by=by, at=now())
    return "edited"


def approve(race: Race, by: User, chance: random.Random) -> str:
    """Read the campaign, and approve what was read."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        campaign = Campaign.objects.get(pk=race.campaign)
        messages = bytes_of(campaign)
    if campaign.state != "submitted":
        return "nothing to approve"
    with race.lock:
        race.read[campaign.fingerprint, by.pk] = messages
    lifecycle.approve(campaign, fingerprint=campaign.fingerprint, by=by, at=now())
    return "approved"


def look(race: Race, by: User, chance: random.Random) -> str:
    """Check, in one snapshot, that what is approved is what its approver read."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        campaign = Campaign.objects.get(pk=race.campaign)
        messages, computed = bytes_of(campaign), fingerprint.compute(campaign)
    if campaign.state != "approved":
        return "looked"
    assert campaign.approved_by_id is not None
    assert campaign.approved_by_id not in campaign.touched_by
    assert computed == campaign.fingerprint
    assert race.read[campaign.fingerprint, campaign.approved_by_id] == messages
    return "looked at an approved one"


def bytes_of(campaign: Campaign) -> str:
    return "\n".join(f"{message.key} {message.body}" for message in campaign.messages.all())


def attempt(race: Race, act: Callable[[Race, User, random.Random], str], by: User, chance: random.Random) -> None:
    try:
        race.count(act(race, by, chance))
    except (DomainError, DatabaseError) as refused:
        race.count(type(refused).__name__)


def run(race: Race, act: Callable[[Race, User, random.Random], str], by: User, seed: int) -> None:
    chance = random.Random(seed)
    try:
        while race.goes_on():
            attempt(race, act, by, chance)
    finally:
        connections.close_all()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_racing_edits_and_approvals_never_approve_what_nobody_read() -> None:
    author, approver = make.campaign_staff()
    make.app()
    second = make.person("second", "campaign-approver")
    # The author's other account: it edits, and tries to approve as well.
    other = make.person("other", "campaign-author", "campaign-approver")
    campaign = make.campaign(state="submitted")
    lifecycle.send_back(campaign, by=author, at=now())
    lifecycle.edit(campaign, make.definition(), by=other, at=now())
    lifecycle.submit(campaign, by=author, at=now())
    race = Race(campaign.pk, time.monotonic() + SECONDS)
    runs = [
        (edit, author), (edit, other), (approve, other), (approve, approver), (approve, approver), (approve, second),
        (look, author), (look, author),
    ]  # fmt: skip

    # Each kind of attempt once without a race: in a short one, none may come while the campaign is submitted.
    for act, by in ((edit, author), (approve, other), (approve, approver)):
        attempt(race, act, by, random.Random(0))

    with ThreadPoolExecutor(len(runs)) as pool:
        for done in [pool.submit(run, race, act, by, seed) for seed, (act, by) in enumerate(runs)]:
            done.result()

    assert race.outcomes.total() >= ATTEMPTS
    assert race.outcomes["edited"] > 0
    assert race.outcomes["approved"] > 0
    assert race.outcomes["SecondPersonRequired"] > 0
    assert look(race, author, random.Random(0)).startswith("looked")
