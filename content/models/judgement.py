"""What outside readers say of single translations, given through a reading link."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from content.models.reading_link import ReadingLink
from content.models.rights import require_reads
from content.models.target import SourceNotApproved, Target, has_text_of
from content.models.target_status import TargetStatus
from content.models.unit import Unit
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, DomainError, Invalid
from core.models import User
from core.querysets import manager_of

if TYPE_CHECKING:
    from content.models.target_queries import TargetWithStatus

#: Characters of the words to the editors.
MAX_NOTE = 500
#: How long a judgement is kept after staff have dealt with it; one that nobody had to, after it was given.
KEPT_FOR = timedelta(days=365)
_APPROVABLE = (TargetStatus.NEEDS_REVIEW, TargetStatus.OUTDATED, TargetStatus.WITHDRAWN)


class Verdict(models.TextChoices):
    """What a reader says of a text."""

    READS_WELL = "reads-well", "Reads well"
    NOT_CLEAR = "not-clear", "Not clear"
    WRONG = "wrong", "Wrong"


class JudgementQuerySet(models.QuerySet["Judgement"]):
    """Record and find judgements."""

    def waiting(self) -> JudgementQuerySet:
        """Filter those that editors have to read: all but a plain "reads well"."""
        return self.filter(dealt_at=None).exclude(verdict=Verdict.READS_WELL, note="")

    def forget_old(self, *, at: datetime) -> None:
        """Delete those of KEPT_FOR ago; the history of a text keeps the link of a reading that counted."""
        before = at - KEPT_FOR
        plain = Q(dealt_at=None, verdict=Verdict.READS_WELL, note="", at__lte=before)
        self.filter(Q(dealt_at__lte=before) | plain).delete()

    def record(
        self,
        link: ReadingLink,
        *,
        unit: int,
        verdict: str,
        note: str,
        revision: int,
        source_revision: int,
        at: datetime,
    ) -> Judgement:
        """Record what the reader says of one text, in place of what they said of it before.

        Where the link counts and the text reads well, the text is approved in the name of the person who made the link, for the
        source revision that the page showed (0: none is approved); where that person may not approve it, the judgement says why.
        Raises Invalid for a text outside the batch or an unknown verdict, ReadingLinkEnded, and ChangedMeanwhile where the text
        has changed since it was shown.
        """
        if verdict not in Verdict.values:
            raise Invalid("Choose one of the three answers.", code="verdict")
        note = note.replace("\0", "").strip()
        if len(note) > MAX_NOTE:
            raise Invalid(f"Write at most {MAX_NOTE} characters to the editors.", code="note")
        with transaction.atomic():
            # The lock: a link that is revoked at this moment either has this judgement or refuses it.
            stored = ReadingLink.objects.select_for_update(of=("self",)).select_related("made_by").get(pk=link.pk)
            stored.require_valid(at=at)
            found = Unit.objects.filter(pk=unit).first() if unit in stored.units else None
            if found is None:
                raise Invalid("This text is not one of those that you were invited to read.", code="unit")
            target = Target.objects.of(found, stored.locale_id)
            if target.pk is None or not target.text or not has_text_of(target, revision):
                raise ChangedMeanwhile("This text has changed since you opened the page. Please read it again.")
            values = {
                "verdict": verdict,
                "note": note,
                "revision": target.revision,
                "source_revision": source_revision,
                "at": at,
                "refused": "",
                "dealt_by": None,
                "dealt_at": None,
            }
            judgement, _ = self.update_or_create(link=stored, unit=found, defaults=values)
            if stored.counts and verdict == Verdict.READS_WELL and target.status in _APPROVABLE:
                judgement._approve(target, stored, at=at)
        return judgement


class Judgement(models.Model):
    """One reader's word about one translation. It changes no text."""

    link = models.ForeignKey(ReadingLink, on_delete=models.PROTECT, related_name="judgements")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="judgements")
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    note = models.CharField(max_length=MAX_NOTE, blank=True)
    revision = models.PositiveIntegerField(help_text="Revision of the translation that was read.")
    source_revision = models.PositiveIntegerField(
        help_text="Approved revision of the source that was shown beside it; 0: there was none."
    )
    at = models.DateTimeField()
    approved = models.BooleanField(default=False, help_text="Whether the text was approved on this reading.")
    refused = models.CharField(max_length=300, blank=True, default="", help_text="Why it was not, where the link counts.")
    dealt_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    dealt_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[JudgementQuerySet] = manager_of(JudgementQuerySet)

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="judgement_verdict"),
            models.CheckConstraint(
                condition=Q(dealt_by=None, dealt_at=None) | Q(dealt_by__isnull=False, dealt_at__isnull=False),
                name="judgement_dealt_with_whole",
            ),
            models.UniqueConstraint(fields=("link", "unit"), name="judgement_once"),
        )
        triggers = (pgtrigger.ReadOnly(name="fixed", fields=["link", "unit"]),)

    def __str__(self) -> str:
        return f"{self.link} says of {self.unit_id}: {self.verdict}"

    def deal_with(self, *, by: User, at: datetime) -> None:
        """Mark the judgement as dealt with; dealing with it twice does nothing."""
        roles.require(by, "content.edit_words", "content.approve_words")
        require_reads(by, self.link.locale_id)
        with transaction.atomic():
            if Judgement.objects.filter(pk=self.pk, dealt_at=None).update(dealt_by=by, dealt_at=at):
                audit.record(by=by, verb=Verb.JUDGEMENT_DEALT_WITH, row=self, at=at, verdict=self.verdict)

    def _approve(self, target: TargetWithStatus, link: ReadingLink, *, at: datetime) -> None:
        """Approve the text in the name of the person who made the link, or keep why that is refused."""
        try:
            if not self.source_revision:
                raise SourceNotApproved()
            target.approve(
                by=link.made_by,
                at=at,
                from_revision=target.revision,
                source_revision=self.source_revision,
                reading_link=link,
            )
        except DomainError as error:
            self.refused = error.detail[:300]
        else:
            self.approved, self.revision = True, target.revision
        self.save(update_fields=["approved", "refused", "revision"])
