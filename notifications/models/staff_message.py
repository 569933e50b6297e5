"""Messages to staff that something waits for them: one row for each person and thing, so that nobody is told twice."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.message_kinds import MessageKind
from core.querysets import manager_of
from notifications.models.campaign import Campaign


class StaffMessageQuerySet(models.QuerySet["StaffMessage"]):
    """Find messages."""

    def unsent(self) -> StaffMessageQuerySet:
        """Return those that have not been sent and may be tried again."""
        return self.filter(sent_at=None, tries__lt=StaffMessage.MAX_TRIES)


class StaffMessage(models.Model):
    """One message by e-mail to a person, or by webhook where there is no person. It holds no text of the campaign."""

    MAX_TRIES: ClassVar[int] = 5

    kind = models.CharField(max_length=20, choices=MessageKind.choices)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    occasion = models.CharField(max_length=80, help_text="Which time it happened, such as the id of the audit entry.")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)

    objects: ClassVar[StaffMessageQuerySet] = manager_of(StaffMessageQuerySet)

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["made_at"], name="staffmessage_made_at"),)
        constraints = (
            models.UniqueConstraint(fields=["kind", "campaign", "occasion", "user"], name="staffmessage_once_a_person"),
            models.UniqueConstraint(
                fields=["kind", "campaign", "occasion"], condition=Q(user=None), name="staffmessage_once_by_webhook"
            ),
            models.CheckConstraint(condition=Q(kind__in=MessageKind.values), name="staffmessage_kind"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.campaign_id} to {self.user or 'the webhook'}"
