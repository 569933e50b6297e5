"""How the console words a campaign: its state, its times and its progress."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django.utils import timezone

from core.console.display import MODEL_NAMES, StatusTag, instant_text, local_text, number_text, zone_text
from notifications.campaigns import schedule
from notifications.campaigns.progress import progress_of
from notifications.campaigns.schedule import zone_of
from notifications.models import Campaign, CampaignState
from notifications.models.campaign import CampaignKind, ScheduleKind
from notifications.models.campaign_state import IN_FLIGHT

MODEL_NAMES.update(
    {
        "notifications.Brake": "Sending",
        "notifications.Campaign": "Campaign",
        "notifications.App": "App",
        "notifications.AppRevision": "Change of an app",
        "notifications.PairedPhone": "Test phone",
        "notifications.TranslationRequest": "Request to translators",
        "notifications.Programme": "Programme",
    }
)

S = CampaignState
TONES: dict[str, str] = {
    S.DRAFT: "",
    S.SUBMITTED: "wait",
    S.REJECTED: "bad",
    S.APPROVED: "good",
    S.SENDING: "good",
    S.PAUSED: "wait",
    S.HALTED: "bad",
    S.HELD: "bad",
    S.STOPPED: "bad",
    S.DONE: "",
    S.EXPIRED: "",
}
KINDS: dict[str, str] = {
    CampaignKind.ALERT: "Alert",
    CampaignKind.UPDATE: "Update",
    CampaignKind.CANCEL: "Recall",
    CampaignKind.ALL_CLEAR: "All clear",
    CampaignKind.EXERCISE: "Exercise",
}
#: Reasons of a rejection, as `progress_of` counts them.
REASONS = {
    "unregistered": "App removed, or its address expired",
    "invalid-address": "Invalid address",
    "unreadable-address": "Stored address could not be read",
    "third-party-auth": "Apple or the browser did not accept our key for this device",
    "sender-id-mismatch": "Address belongs to another sending account",
}
#: States in which the counts can still change.
MOVING = (S.APPROVED, *IN_FLIGHT)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def state_tag(campaign: Campaign, *, all_stopped: bool = False) -> StatusTag:
    """Return the campaign's state as a tag; one that would be sent says so where all sending is stopped."""
    if all_stopped and campaign.state in (S.APPROVED, S.SENDING):
        return StatusTag("Stopped with everything else", "bad")
    return StatusTag(S(campaign.state).label, TONES[campaign.state])


def use_clock_of(campaign: Campaign) -> None:
    """Show every time of this response by the clock of the campaign, so that a decision can be compared with the plan.

    The console sets the clock of the reader again for the next response (`ConsoleSite.admin_view`).
    """
    timezone.activate(zone_of(campaign.home_zone, "UTC"))


def begins_text(campaign: Campaign) -> str:
    """Say when the campaign begins."""
    if campaign.schedule_kind == ScheduleKind.NOW:
        return "as soon as it is approved"
    start, exact = datetime.fromisoformat(campaign.schedule_at), schedule.is_exact(campaign)
    if campaign.schedule_kind == ScheduleKind.AT:
        return home_text(start, campaign.home_zone, seconds=exact)
    return f"{local_text(start, seconds=exact)}, local time of each phone"


def home_text(instant: datetime, zone: str, *, seconds: bool = False) -> str:
    """Return an instant by the clock of a campaign's zone, such as "1 December 2026 at 06:00 London time".

    Seconds are shown where they are asked for or not zero: what a page says is what happens.
    """
    there = instant.astimezone(zone_of(zone, "UTC"))
    return f"{local_text(there, seconds=seconds or there.second != 0)} {zone_text(zone or 'UTC')}"


def progress(campaign: Campaign, counts: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the campaign's counts (by default those of now) for its page and for the script that refreshes them.

    `numbers` maps each outcome to its count; `bar` holds the x and width of each outcome in percent of all phones.
    """
    counts = counts or progress_of(campaign)
    devices = int(counts["devices"])
    numbers = {
        "accepted": counts["accepted"],
        "rejected": sum(counts["rejected"].values()),
        "unknown": counts["unknown"],
        "skipped": counts["skipped"],
        "pending": counts["pending"],
    }
    bar, start = [], 0.0
    for name, number in numbers.items():
        width = 100 * number / devices if devices else 0.0
        bar.append({"name": name, "x": round(start, 3), "width": round(width, 3)})
        start += width
    return {
        "state": counts["state"],
        "devices": devices,
        "numbers": numbers,
        "reasons": {reason_text(reason): number for reason, number in counts["rejected"].items()},
        "bar": bar,
        "moving": counts["state"] in MOVING,
        "started": _time(counts["started_at"], campaign.home_zone),
        "finished": _time(counts["finished_at"], campaign.home_zone),
        "halted": with_times(counts["halted"]),
        "waiting": with_times(counts["waiting"]),
        "notice": with_times(counts["notice"]),
        "topics": _topics_text(counts["topics"]),
    }


def reason_text(reason: str) -> str:
    """Return the reason of a rejection in words."""
    return REASONS.get(reason, reason.replace("-", " ").capitalize())


def _time(instant: str | None, zone: str) -> str:
    return home_text(datetime.fromisoformat(instant), zone, seconds=True) if instant else ""


def with_times(sentence: str | None) -> str | None:
    """Write out the instants in a sentence, to the second."""
    if not sentence:
        return sentence
    return _RFC3339.sub(lambda found: instant_text(datetime.fromisoformat(found[0]), seconds=True), sentence)


def _topics_text(counts: dict[str, Any] | None) -> str:
    """Return the counts of a campaign's topics, such as "3 topics: 2 accepted, 1 pending"; "" where it has none."""
    if counts is None:
        return ""
    rejected = {f"rejected ({reason_text(reason).lower()})": number for reason, number in counts["rejected"].items()}
    numbers = {"accepted": counts["accepted"], **rejected}
    numbers |= {name: counts[name] for name in ("unknown", "skipped", "pending")}
    outcomes = ", ".join(f"{number_text(number)} {name}" for name, number in numbers.items() if number)
    return f"{topics_text(counts['topics'])}: {outcomes}"


def topics_text(number: int) -> str:
    """Return a number of topics: "1 topic", or "12,924 topics"."""
    return f"{number_text(number)} {'topic' if number == 1 else 'topics'}"
