"""The history of targets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

if TYPE_CHECKING:
    from content.models.reading_link import ReadingLink
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


#: An outside reader approves nothing but by a valid link that counts, in its batch, in the name of the person who made it.
_BY_VALID_LINK = """
    IF NEW.reading_link_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM content_readinglink l JOIN content_target t ON t.id = NEW.target_id
        WHERE l.id = NEW.reading_link_id AND l.counts AND l.made_by_id = NEW.by_id AND NEW.act IN ('approved', 'confirmed')
            AND l.locale_id = t.locale_id AND t.unit_id = ANY (l.units)
            AND l.revoked_at IS NULL AND l.finished_at IS NULL AND NEW.at < l.expires_at
    ) THEN
        RAISE EXCEPTION 'a reading counts only by a valid link that says so' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class TargetRevision(models.Model):
    """One revision of a target, never changed or deleted: the text as it was after the act, and the source that it translates."""

    target = models.ForeignKey("content.Target", on_delete=models.CASCADE, related_name="revisions")
    revision = models.PositiveIntegerField()
    act = models.CharField(max_length=16, choices=TargetAct.choices)
    text = models.TextField(blank=True)
    source_revision = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reading_link = models.ForeignKey(
        "content.ReadingLink",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        # Nothing is looked up by it: links are never deleted.
        db_index=False,
        help_text="The link of the outside reader on whose reading the approval rests; unset: the person read the text.",
    )

    class Meta:
        ordering = ("target", "-revision")
        constraints = (
            models.UniqueConstraint(fields=("target", "revision"), name="targetrevision_once"),
            models.CheckConstraint(condition=Q(act__in=TargetAct.values), name="targetrevision_act"),
        )
        triggers = (
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(name="by_valid_link", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_BY_VALID_LINK),
        )

    def __str__(self) -> str:
        return f"{self.target} {self.revision}"

    @classmethod
    def of(
        cls, target: Target, act: TargetAct, *, by_id: int, at: datetime, reading_link: ReadingLink | None = None
    ) -> TargetRevision:
        """Return an unsaved revision with the target's current text."""
        return cls(
            target=target,
            revision=target.revision,
            act=act,
            text=target.text,
            source_revision=target.source_revision,
            by_id=by_id,
            at=at,
            reading_link=reading_link,
        )
