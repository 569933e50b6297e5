"""The history of targets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from content.models.target import Target


class TargetAct(models.TextChoices):
    """What was done to a target."""

    #: A text where there was none.
    WRITTEN = "written"
    #: Another text.
    REVISED = "revised"
    #: The text of an earlier revision.
    RESTORED = "restored"
    #: The text was approved for a revision of the source.
    APPROVED = "approved"
    #: An approved text was approved again, for a later revision of the source.
    CONFIRMED = "confirmed"
    REMOVAL_PROPOSED = "removal-proposed"
    REMOVAL_REJECTED = "removal-rejected"
    REMOVED = "removed"


#: The acts that put letters in place: the person who did one of them is an author of that text.
AUTHORING = (TargetAct.WRITTEN, TargetAct.REVISED, TargetAct.RESTORED)


class TargetRevision(models.Model):
    """One revision of a target, never changed or deleted: the text as it was after the act, and the source that it translates."""

    target = models.ForeignKey("content.Target", on_delete=models.CASCADE, related_name="revisions")
    revision = models.PositiveIntegerField()
    act = models.CharField(max_length=16, choices=TargetAct.choices)
    text = models.TextField(blank=True)
    source_revision = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("target", "-revision")
        constraints = (
            models.UniqueConstraint(fields=("target", "revision"), name="targetrevision_once"),
            models.CheckConstraint(condition=Q(act__in=TargetAct.values), name="targetrevision_act"),
        )
        triggers = (pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.target} {self.revision}"

    @classmethod
    def of(cls, target: Target, act: TargetAct, *, by_id: int, at: datetime) -> TargetRevision:
        """Return an unsaved revision with the target's current text."""
        return cls(
            target=target,
            revision=target.revision,
            act=act,
            text=target.text,
            source_revision=target.source_revision,
            by_id=by_id,
            at=at,
        )
