"""The ways of starting a campaign: each fills in the fields of the Common Alerting Protocol and how long the campaign lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from notifications import cap
from notifications.models.campaign import Campaign, CampaignKind, ScheduleKind

#: How long a campaign lasts that was not started from a preset.
_USUAL = timedelta(days=2)


@dataclass(frozen=True)
class Preset:
    """What one way of starting fills in; an author can change all of it."""

    name: str
    title: str
    explanation: str
    severity: cap.Severity
    urgency: cap.Urgency
    certainty: cap.Certainty
    #: How long after its start the campaign ends.
    lasts: timedelta
    kind: CampaignKind = CampaignKind.ALERT
    status: cap.AlertStatus = cap.AlertStatus.ACTUAL
    #: The way of starting that the page When suggests.
    schedule_kind: ScheduleKind = ScheduleKind.NOW


PRESETS: Final = {
    preset.name: preset
    for preset in (
        Preset(
            "awareness",
            "Awareness",
            "Advice for a topic of the season. Each phone gets it at the same time by its own clock, never at night.",
            cap.Severity.MINOR,
            cap.Urgency.FUTURE,
            cap.Certainty.LIKELY,
            timedelta(days=7),
            schedule_kind=ScheduleKind.LOCAL,
        ),
        Preset(
            "broadcast",
            "At a broadcast",
            "Help beside a programme or a press report. Everybody gets it at one exact second.",
            cap.Severity.MODERATE,
            cap.Urgency.EXPECTED,
            cap.Certainty.LIKELY,
            timedelta(hours=24),
            schedule_kind=ScheduleKind.AT,
        ),
        Preset(
            "urgent",
            "Urgent warning",
            "Something is happening now. It is sent as soon as a second person has approved it.",
            cap.Severity.SEVERE,
            cap.Urgency.IMMEDIATE,
            cap.Certainty.OBSERVED,
            timedelta(days=2),
        ),
        Preset(
            "rehearsal",
            "Rehearsal",
            "Practise with test phones. No reader gets it, and it looks different everywhere.",
            cap.Severity.MINOR,
            cap.Urgency.EXPECTED,
            cap.Certainty.LIKELY,
            timedelta(days=1),
            kind=CampaignKind.EXERCISE,
            status=cap.AlertStatus.EXERCISE,
        ),
    )
}


def lasting(campaign: Campaign) -> timedelta:
    """Return how long after its start a campaign of this preset ends."""
    preset = PRESETS.get(campaign.preset)
    return preset.lasts if preset else _USUAL
