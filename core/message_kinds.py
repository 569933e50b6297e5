"""What staff are sent messages about; each person can switch off each kind for themselves."""

from __future__ import annotations

from django.db.models import TextChoices


class MessageKind(TextChoices):
    """Why a message is sent, and how *Your settings* names it."""

    TO_APPROVE = "to-approve", "A campaign waits for my approval"
    CAME_BACK = "came-back", "A campaign that I wrote was sent back"
    HALTED = "halted", "A campaign was halted or put on hold"
    EXPIRED = "expired", "A campaign that I wrote expired before it started"
    STARTS_SOON = "starts-soon", "A campaign starts within the hour"
    TRANSLATION_REQUEST = "translation-request", "A campaign needs a text in one of my languages"
    TRANSLATION_DUE = "translation-due", "A text in one of my languages is due within the hour"
    TRANSLATION_BACK = "translation-back", "A translation that I requested was handed in"
    HELP_LAPSED = "help-lapsed", "A service in a campaign that is sent within a day no longer helps"
