"""How the state of a campaign is coloured, what its status means, and its times in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from notifications.campaigns.progress import progress_of
from notifications.campaigns.schedule import zone_of
from notifications.models import Campaign, CampaignState
from notifications.models.campaign import ScheduleKind
from notifications.models.campaign_state import IN_FLIGHT

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
#: States in which counts still change.
MOVING = (S.APPROVED, *IN_FLIGHT)


def tone(campaign: Campaign) -> str:
    """Return the style of the campaign's state."""
    return TONES[campaign.state]


def when(campaign: Campaign) -> str:
    """Say when it begins, in the campaign's own terms and in its home zone."""
    if campaign.schedule_kind == ScheduleKind.NOW:
        return "as soon as it is approved"
    if campaign.schedule_kind == ScheduleKind.AT:
        return both(datetime.fromisoformat(campaign.schedule_at), campaign.home_zone)
    local = datetime.fromisoformat(campaign.schedule_at)
    return f"{local:%-d %b %Y %H:%M} by each phone's own clock"


def both(instant: datetime, zone: str) -> str:
    """Return an instant in UTC and in a zone."""
    there = instant.astimezone(zone_of(zone, "UTC"))
    return f"{instant.astimezone(UTC):%-d %b %Y %H:%M} UTC ({there:%-d %b %H:%M} {zone})"


def progress(campaign: Campaign) -> dict[str, Any]:
    """Return the counts of a campaign as the page shows them, with the parts of its bar in percent."""
    counts = progress_of(campaign)
    devices = int(counts["devices"])
    rejected = sum(counts["rejected"].values())
    numbers = {
        "accepted": counts["accepted"],
        "rejected": rejected,
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
        "reasons": counts["rejected"],
        "bar": bar,
        "moving": counts["state"] in MOVING,
        "started": both(datetime.fromisoformat(counts["started_at"]), campaign.home_zone) if counts["started_at"] else "",
        "finished": both(datetime.fromisoformat(counts["finished_at"]), campaign.home_zone) if counts["finished_at"] else "",
        "halted": counts["halted"],
        "waiting": counts["waiting"],
        "notice": counts["notice"],
        "topics": _topics(counts["topics"]),
    }


def _topics(counts: dict[str, Any] | None) -> str:
    """Say what became of a campaign's topics, "" where it has none."""
    if counts is None:
        return ""
    numbers = {"accepted": counts["accepted"], **{f"rejected ({why})": n for why, n in counts["rejected"].items()}}
    numbers |= {name: counts[name] for name in ("unknown", "skipped", "pending")}
    became = ", ".join(f"{number} {name}" for name, number in numbers.items() if number)
    return f"{counts['topics']} {'topic' if counts['topics'] == 1 else 'topics'}: {became}"
