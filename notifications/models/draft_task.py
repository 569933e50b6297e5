"""The tasks of writing a campaign, what somebody has typed and not saved yet, and the answers to cautions."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from notifications.models.campaign import Campaign


class DraftTask(models.TextChoices):
    """One part of a campaign's definition, saved by itself."""

    PURPOSE = "purpose", "Purpose"
    WHO = "who", "Who"
    WORDS = "words", "Words"
    HELP = "help", "Help"
    WHEN = "when", "When"


class DraftStart(models.Model):
    """The form that made a draft: sent twice, after going back in the browser, it leads to the same draft."""

    key = models.UUIDField(primary_key=True)
    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="start")

    def __str__(self) -> str:
        return str(self.campaign_id)


class TaskEntry(models.Model):
    """One person at one task of a draft: since when they have it open, and what they have typed but not saved."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="entries")
    place = models.CharField(max_length=60, help_text="The task; for words, with the locale and the variant.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(help_text="When the page was last opened or typed in.")
    typed_at = models.DateTimeField(null=True)
    version = models.CharField(max_length=64, blank=True, help_text="Of the saved values that the person started from.")
    fields = models.JSONField(default=dict, help_text="Form field to its list of values.")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["campaign", "place", "user"], name="task_entry_once"),
            models.CheckConstraint(condition=Q(typed_at=None) | ~Q(fields={}), name="task_entry_has_fields"),
        )

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.place}"


class CautionAnswer(models.Model):
    """Why an author keeps a text that a check warns of; it is valid for exactly that text."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="caution_answers")
    place = models.CharField(max_length=80, help_text="Path of the text in the definition.")
    code = models.CharField(max_length=40)
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text and the caution.")
    detail = models.CharField(max_length=500, help_text="The caution as it was shown.")
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["campaign", "digest"], name="caution_answer_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="caution_answer_has_reason"),
        )
        triggers = (pgtrigger.Protect(name="written_once", operation=pgtrigger.Update),)

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.place} {self.code}"
