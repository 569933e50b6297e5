"""What the values of the Common Alerting Protocol mean, in plain words (CAP 1.2, sections 3.2.1 and 3.2.2).

https://docs.oasis-open.org/emergency/cap/v1.2/CAP-v1.2-os.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from notifications.cap import AlertStatus, Certainty, Severity, Urgency
from notifications.models import Campaign

STATUSES: Final[Mapping[str, str]] = {
    AlertStatus.ACTUAL: "Readers",
    AlertStatus.EXERCISE: "Test phones only: a rehearsal with people",
    AlertStatus.TEST: "Test phones only: a technical test",
}
SEVERITIES: Final[Mapping[str, str]] = {
    Severity.EXTREME: "Extraordinary danger to life",
    Severity.SEVERE: "Serious danger",
    Severity.MODERATE: "Possible danger",
    Severity.MINOR: "Little or no danger: advice",
    Severity.UNKNOWN: "Not known",
}
URGENCIES: Final[Mapping[str, str]] = {
    Urgency.IMMEDIATE: "At once",
    Urgency.EXPECTED: "Soon, within the next hour",
    Urgency.FUTURE: "In the near future",
    Urgency.PAST: "Nothing has to be done any more",
    Urgency.UNKNOWN: "Not known",
}
CERTAINTIES: Final[Mapping[str, str]] = {
    Certainty.OBSERVED: "Observed: the event has happened, or is happening",
    Certainty.LIKELY: "Likely: more probable than not",
    Certainty.POSSIBLE: "Possible, but not likely",
    Certainty.UNLIKELY: "Not expected to happen",
    Certainty.UNKNOWN: "Not known",
}


def described(campaign: Campaign) -> dict[str, str]:
    """Return how serious, urgent and certain the alert is, in plain words by the name of the field."""
    return {
        "severity": SEVERITIES[campaign.severity],
        "urgency": URGENCIES[campaign.urgency],
        "certainty": CERTAINTIES[campaign.certainty],
    }
