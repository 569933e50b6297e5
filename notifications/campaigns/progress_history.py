"""How a campaign has moved: samples over time, its present pace, when it will end, and for how long it has stood still."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from notifications.campaigns.progress import progress_of
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import CampaignState
from notifications.models.progress_sample import ProgressSample

_DIGITS = re.compile(r"\d+")
#: Time between two samples: the shortest, the longest, and in between this share of the time since the campaign began.
_SHORTEST, _LONGEST, _SHARE = timedelta(seconds=5), timedelta(minutes=10), 0.01
#: The pace is measured over at least this long.
_PACE_OVER = timedelta(seconds=10)
#: From then on, a page says that nothing has moved.
STILL_AFTER = timedelta(seconds=30)


@dataclass(frozen=True)
class Pace:
    """How fast a campaign is sent at the moment."""

    #: Installations and topics a second.
    per_second: float
    #: When the last one has an outcome at this pace; None when that cannot be said.
    ends_at: datetime | None
    #: For how long nothing has moved; None while it moves, or for less than 30 seconds.
    still_for: timedelta | None


def record_samples(*, at: datetime) -> None:
    """Write a sample of each campaign that is being sent, as often as its age asks for."""
    running = list(Campaign.objects.frozen_unfinished())
    grouped = ProgressSample.objects.filter(campaign__in=running).values_list("campaign")
    sampled_at = dict(grouped.annotate(latest=Max("at"))) if running else {}
    for campaign in running:
        last = sampled_at.get(campaign.pk)
        if last is None or at - last >= _interval(campaign, at):
            _record(campaign, at=at)


def _interval(campaign: Campaign, at: datetime) -> timedelta:
    begun = campaign.frozen_at or at
    return min(max(_SHORTEST, (at - begun) * _SHARE), _LONGEST)


def _record(campaign: Campaign, *, at: datetime) -> None:
    counts = progress_of(campaign)
    processed, pending = processed_and_pending(counts)
    note = (counts["waiting"] or counts["notice"] or "")[:300]
    last = ProgressSample.objects.latest_of(campaign)
    if last is not None and (last.processed, last.pending) == (processed, pending) and note_kind(last.note) == note_kind(note):
        return
    moved_at = last.moved_at if last is not None and last.processed == processed else at
    ProgressSample.objects.add(campaign, at=at, moved_at=moved_at, processed=processed, pending=pending, note=note)


def note_kind(note: str) -> str:
    """Return what a note is about, without the numbers and times in it."""
    return _DIGITS.sub("", note)


def processed_and_pending(counts: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many installations and topics have an outcome and how many have none, from the counts of `progress_of`."""
    processed = pending = 0
    for part in (counts, counts["topics"] or {}):
        processed += part.get("accepted", 0) + part.get("unknown", 0) + part.get("skipped", 0)
        processed += sum(part.get("rejected", {}).values())
        pending += part.get("pending", 0)
    return processed, pending


def pace_of(campaign: Campaign, counts: Mapping[str, Any], *, at: datetime) -> Pace | None:
    """Return the present pace of a campaign that is being sent, else None; `counts` are those of `progress_of`."""
    if counts["state"] != CampaignState.SENDING:
        return None
    processed, pending = processed_and_pending(counts)
    last, earlier = ProgressSample.objects.latest_and_before(campaign, at - _PACE_OVER)
    since, done = (earlier.at, earlier.processed) if earlier else (campaign.started_at or campaign.frozen_at or at, 0)
    seconds = max((at - since).total_seconds(), 1.0)
    per_second = max(processed - done, 0) / seconds
    return Pace(per_second, _ends_at(campaign, pending, per_second, at), _still_for(campaign, last, processed, pending, at))


def _ends_at(campaign: Campaign, pending: int, per_second: float, at: datetime) -> datetime | None:
    """Return when the rest has an outcome: never before the last wave is due."""
    if not pending or per_second <= 0:
        return None
    last_due = campaign.waves.exclude(due_at=None).order_by("-due_at").values_list("due_at", flat=True).first()
    return max(at, last_due or at) + timedelta(seconds=pending / per_second)


def _still_for(campaign: Campaign, last: ProgressSample | None, processed: int, pending: int, at: datetime) -> timedelta | None:
    if not pending:
        return None
    if last is not None and last.processed != processed:
        return None
    due = campaign.starts_at or campaign.frozen_at or at
    still = at - max(last.moved_at if last is not None else due, due)
    return still if still >= STILL_AFTER else None
