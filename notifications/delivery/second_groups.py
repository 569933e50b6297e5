"""Let a second group of a wave decide when its canary fails.

Anyone who waits for a day can have invented installations counted (ADR 0031), and enough of them on a platform or in a language
that few people use fill that part of a canary. The second group is drawn by size alone and from other registrations, so that it
fails only where much of the audience does. A wave has at most one second group, which has to decide within SECOND_WITHIN.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from notifications.delivery.canary_failures import MIN_OF_PLATFORM
from notifications.models.batch import Batch, BatchState
from notifications.models.brake import Brake, BrakeState
from notifications.models.campaign import Campaign
from notifications.models.message import Message
from notifications.models.quota import Quota
from notifications.models.wave import Wave

#: How long a second group may take: enough for an abandoned lease to end (`batch.LEASE`), and for a claim at the lowest rate.
SECOND_WITHIN = timedelta(seconds=90)
#: Seconds without a run of the scheduler after which that time starts anew: no worker ran, or the database took no writes.
OUTAGE_AFTER = 10.0
_SECOND_FAILED = "A second group of phones, drawn at random, failed as well."
_SECOND_LATE = f"A second group of phones, drawn at random, had no outcome within {SECOND_WITHIN.total_seconds():.0f} s."

_logger = logging.getLogger(__name__)


def reason_to_halt(batch: int, failure: str, *, at: datetime) -> str:
    """Return why a campaign has to halt because a canary failed; "" when a second group decides in its place.

    It may have decided already: a canary can pass with nine tenths of its outcomes, and fail with those of its last devices.
    Harmless when repeated, and when several processes see the same failure.
    """
    with transaction.atomic():
        wave = Wave.objects.select_for_update(of=("self",)).filter(batches=batch).first()
        canary = Batch.objects.filter(pk=batch).first()
        if wave is None or canary is None:
            return ""
        # First, because a person who resumes takes the decision from a second group as well.
        if not canary.canary:
            return ""
        if canary.second:
            return f"{failure} {_SECOND_FAILED}"
        second = Batch.objects.select_for_update().filter(wave=wave, second=True, canary=False).first()
        if second is None or second.state == BatchState.CLAIMED:
            return failure
        if second.state == BatchState.OPEN:
            Batch.objects.filter(pk=second.pk).update(canary=True)
        elif not _has_passed(second, wave):
            return f"{failure} {_SECOND_FAILED}"
        Batch.objects.filter(pk=batch).update(canary=False)
        Wave.objects.filter(pk=wave.pk).update(second_since=at, first_failure=failure[:500])
    _logger.error(
        "Campaign %s: the first group of %s phones failed; a second one decides. %s", wave.campaign_id, canary.size, failure
    )
    return ""


def _has_passed(group: Batch, wave: Wave) -> bool:
    """Return whether FCM accepted most messages to a finished group, in all and on each platform that it has enough of."""
    platforms = dict(Message.objects.filter(campaign=wave.campaign_id).values_list("pk", "platform"))
    accepted: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for message, numbers in group.tally.items():
        platform = platforms[int(message)]
        accepted[platform] += numbers.get("accepted", 0)
        outcomes[platform] += sum(numbers.values())
    enough = [platform for platform, number in outcomes.items() if number >= MIN_OF_PLATFORM]
    return group.accepted * 2 > group.size and all(accepted[platform] * 2 > outcomes[platform] for platform in enough)


def overdue(campaign: Campaign, *, at: datetime) -> str:
    """Return why a campaign has to halt because a second group did not decide in time, or "".

    Never while the project is blocked or all sending is stopped, nor within SECOND_WITHIN after that. A time in which nothing
    worked is followed by `allow_for_outage`.
    """
    since = at - SECOND_WITHIN
    blocked = Quota.objects.filter(blocked_until__gt=since).values("project")
    undecided = Batch.objects.undecided_second_groups().values("wave")
    wave = Wave.objects.filter(campaign=campaign, second_since__lt=since, pk__in=undecided).exclude(project__in=blocked).first()
    if wave is None:
        return ""
    if Brake.objects.filter(~Q(state=BrakeState.GO) | Q(set_at__gt=since), campaign=None).exists():
        return ""
    return f"{wave.first_failure} {_SECOND_LATE}"


def allow_for_outage(seconds: float | None, *, at: datetime) -> None:
    """Start the time of all undecided second groups anew if the scheduler did not run for so many `seconds` before this run.

    Without this, the first run after an outage would halt an urgent alert before its second group could be tried.
    """
    if seconds is not None and seconds > OUTAGE_AFTER:
        Batch.objects.restart_second_groups(at=at)
