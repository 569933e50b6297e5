"""The enumerations of the Common Alerting Protocol 1.2, spelled as in the standard."""

from __future__ import annotations

from django.db import models


class Severity(models.TextChoices):
    """Severity of the event."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Urgency(models.TextChoices):
    """How soon readers should act."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Certainty(models.TextChoices):
    """Certainty of the event."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


class AlertStatus(models.TextChoices):
    """CAP's status, without System and Draft. Only Actual goes to readers; the others go to test devices."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    TEST = "Test"


class MessageType(models.TextChoices):
    """CAP's msgType."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
