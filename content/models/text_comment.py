"""Comments on one text in one locale, between the people who write and review it; one may send the text back."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from content.models.locale import Locale
from content.models.rights import require_reads, require_text_country
from content.models.target import Target
from content.models.target_status import TargetStatus
from content.models.unit import Unit
from core import roles
from core.errors import EditConflict, Invalid
from core.models import User
from core.querysets import manager_of

MAX_COMMENT = 1000
#: The texts that a second reader can send back.
RETURNABLE = (TargetStatus.NEEDS_REVIEW, TargetStatus.OUTDATED, TargetStatus.WITHDRAWN)


class TextCommentQuerySet(models.QuerySet["TextComment"]):
    """Find and write comments."""

    def open(self) -> TextCommentQuerySet:
        """Filter those that nobody has resolved."""
        return self.filter(resolved_at=None)

    def returned(self, locale: str) -> TextCommentQuerySet:
        """Filter those that send a text of the locale back."""
        return self.filter(locale_id=locale, returned_revision__isnull=False)

    def write(
        self, *, unit: Unit, locale: str, text: str, by: User, at: datetime, returned_revision: int | None = None
    ) -> TextComment:
        """Write a comment; raise Invalid where it is empty or too long, and NotYourLanguage for others than readers."""
        require_reads(by, locale)
        text = text.strip().replace("\0", "")
        if not text or len(text) > MAX_COMMENT:
            raise Invalid(f"Enter a comment of up to {MAX_COMMENT} characters.", code="comment", field="comment")
        return self.create(unit=unit, locale_id=locale, text=text, by=by, at=at, returned_revision=returned_revision)

    def send_back(self, target: Target, *, reason: str, by: User, at: datetime, revision: int) -> TextComment:
        """Send the text of this revision back to its author with a reason.

        The text stays a draft, and leaves the queue of the second readers until it changes. Raises Invalid where there is no
        draft or no reason, and EditConflict where the text has changed since.
        """
        roles.require(by, "content.approve_words")
        stored = Target.objects.with_status().select_related("unit").filter(pk=target.pk).first()
        if stored is None or stored.status not in RETURNABLE:
            raise Invalid("There is no draft to send back.", code="no-draft")
        require_text_country(by, stored.unit.owner)
        if stored.revision != revision:
            raise EditConflict(mine="", theirs=stored.text, revision=stored.revision)
        if stored.written_by_id == by.pk:
            raise Invalid("You wrote this text. Change it instead of sending it back.", code="own-text")
        if not reason.strip():
            raise Invalid("Say what is wrong with the text, then send it back.", code="reason", field="comment")
        return self.write(unit=stored.unit, locale=stored.locale_id, text=reason, by=by, at=at, returned_revision=stored.revision)


class TextComment(models.Model):
    """One comment. Staff read it; no pack holds it."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="comments")
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=MAX_COMMENT)
    returned_revision = models.PositiveIntegerField(
        null=True, blank=True, help_text="Revision of the text that the comment sends back to its author."
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TextCommentQuerySet] = manager_of(TextCommentQuerySet)

    class Meta:
        ordering = ("at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=Q(resolved_by=None, resolved_at=None) | Q(resolved_by__isnull=False, resolved_at__isnull=False),
                name="textcomment_resolved_whole",
            ),
        )
        indexes = (models.Index(fields=("locale", "unit"), name="textcomment_of_a_text"),)

    def __str__(self) -> str:
        return f"{self.unit} [{self.locale_id}] {self.by}"

    def resolve(self, *, by: User, at: datetime) -> None:
        """Mark the comment as resolved; once resolved, it stays so."""
        require_reads(by, self.locale_id)
        TextComment.objects.open().filter(pk=self.pk).update(resolved_by=by, resolved_at=at)
