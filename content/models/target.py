"""Targets: the translations of units."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q

from content.linting.text import normalize_text, raise_if_invalid, target_faults
from content.models.locale import Locale
from content.models.rights import require_may_write, require_reads, require_text_country
from content.models.stored_terms import recheck_terms
from content.models.target_lifecycle import LIFECYCLE, NOT_BY_REQUESTER, REVISION_RULES, TargetState
from content.models.target_queries import TargetQuerySet
from content.models.target_revision import AUTHORING, TargetAct, TargetRevision
from content.models.unit import AUTHOR_CANNOT_APPROVE, Unit
from core import audit, roles, states
from core.audit_verbs import Verb
from core.errors import Conflict, EditConflict, Invalid, SecondPersonRequired
from core.models import User
from core.querysets import manager_of

if TYPE_CHECKING:
    from content.models.reading_link import ReadingLink


class SourceNotApproved(Conflict):
    """Nobody has approved this revision of the source text yet. Approve the source text first, then its translations."""

    code = "source-not-approved"


class Target(models.Model):
    """The text of one unit in one locale: the latest draft, and the approved text that is served."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="targets")
    locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(blank=True)
    state = models.CharField(max_length=12, choices=TargetState.choices, default=TargetState.NEEDS_REVIEW)
    source_revision = models.PositiveIntegerField(default=1, help_text="Revision of the source that the text translates.")
    revision = models.PositiveIntegerField(default=1)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_text = models.TextField(blank=True)
    approved_source_revision = models.PositiveIntegerField(null=True, blank=True)
    file_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Digest of what a file held when it was loaded last."
    )
    file_revision = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Revision of the file that was loaded last; 0: it had none."
    )

    objects: ClassVar[TargetQuerySet] = manager_of(TargetQuerySet)

    class Meta:
        ordering = ("unit", "locale")
        constraints = (
            models.UniqueConstraint(fields=("unit", "locale"), name="target_once_a_locale"),
            models.CheckConstraint(
                condition=(Q(state=TargetState.EMPTY, text="", approved_text="") | (~Q(state=TargetState.EMPTY) & ~Q(text=""))),
                name="target_empty_has_no_text",
            ),
            models.CheckConstraint(
                condition=~Q(state=TargetState.APPROVED)
                | (
                    Q(approved_by__isnull=False, approved_at__isnull=False, approved_text=F("text"))
                    & Q(approved_source_revision=F("source_revision"))
                    & ~Q(approved_by=F("written_by"))
                ),
                name="target_four_eyes",
            ),
        )
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.Trigger(name="not_by_requester", when=pgtrigger.Before, operation=pgtrigger.Update, func=NOT_BY_REQUESTER),
            pgtrigger.Trigger(name="honest", when=pgtrigger.Before, operation=pgtrigger.Update, func=REVISION_RULES),
        )

    def __str__(self) -> str:
        return f"{self.unit} [{self.locale_id}]"

    def write(self, *, text: str, by: User, at: datetime, from_revision: int, source_revision: int | None = None) -> bool:
        """Save a text that was edited from `from_revision` (0: there was none); it needs review again.

        `source_revision` is the source that the writer saw, by default the current one. Returns False where the text is stored
        already: then nothing changes, not even its author. Raises EditConflict where somebody else has saved another text
        since, and Invalid with `faults` where it breaks a rule.
        """
        return self._write(TargetAct.REVISED, text, by=by, at=at, from_revision=from_revision, source_revision=source_revision)

    def restore(self, revision: int, *, by: User, at: datetime, from_revision: int) -> bool:
        """Save the text of an earlier revision again, for the source that it translated; it needs a second reader again."""
        earlier = self.revisions.filter(revision=revision).exclude(text="").first()
        if earlier is None:
            raise Invalid("There is no text in that revision.", code="revision")
        return self._write(
            TargetAct.RESTORED,
            earlier.text,
            by=by,
            at=at,
            from_revision=from_revision,
            source_revision=earlier.source_revision,
        )

    def _write(
        self, act: TargetAct, text: str, *, by: User, at: datetime, from_revision: int, source_revision: int | None
    ) -> bool:
        self._require_may_write(by)
        text = normalize_text(text)
        with transaction.atomic():
            unit = Unit.objects.select_for_update(no_key=True).get(pk=self.unit_id)
            if self.locale_id == unit.source_locale_id:
                raise Invalid(
                    "The source text is not translated into its own language. Change the source text instead.",
                    code="source-locale",
                )
            stored = self._locked()
            if stored is not None and stored.text == text and text:
                self.pk = stored.pk
                self.refresh_from_db()
                return False
            if not has_text_of(stored, from_revision):
                raise self._stale(text)
            raise_if_invalid(target_faults(unit, text, self.locale_id))
            fields = {
                "text": text,
                "source_revision": _rendered(unit, source_revision),
                "revision": (stored.revision if stored else 0) + 1,
                "written_by": by,
                "written_at": at,
                "approved_by": None,
                "approved_at": None,
            }
            if stored is None:
                stored = Target(unit=unit, locale_id=self.locale_id, **fields)
                try:
                    with transaction.atomic():
                        stored.save(force_insert=True)
                except IntegrityError:
                    raise self._stale(text) from None
                audit.record(by=by, verb=Verb.TRANSLATION_WRITTEN, row=stored, at=at, key=unit.key, locale=self.locale_id)
                TargetRevision.of(stored, TargetAct.WRITTEN, by_id=by.pk, at=at).save(force_insert=True)
            else:
                act = TargetAct.WRITTEN if stored.state == TargetState.EMPTY and act == TargetAct.REVISED else act
                self._change(stored, TargetState.NEEDS_REVIEW, act, by=by, at=at, fields=fields)
        self.pk = stored.pk
        self.refresh_from_db()
        return True

    def propose_removal(self, *, by: User, at: datetime, from_revision: int) -> None:
        """Propose to remove the text; until a second person approves that, the approved text is still served."""
        self._require_may_write(by)
        with transaction.atomic():
            stored = self._of_revision(from_revision)
            if stored.state == TargetState.EMPTY:
                raise Invalid("There is no text to remove.", code="empty")
            if stored.state != TargetState.REMOVAL:
                fields = {"revision": stored.revision + 1}
                self._change(stored, TargetState.REMOVAL, TargetAct.REMOVAL_PROPOSED, by=by, at=at, fields=fields)
        self.refresh_from_db()

    def approve_removal(self, *, by: User, at: datetime, from_revision: int) -> None:
        """Remove the draft and the approved text, as a second person; from the next release the source text is served instead."""
        self._require_may_approve(by)
        with transaction.atomic():
            stored, proposal = self._proposed_removal(from_revision)
            if by.pk == proposal.by_id:
                raise SecondPersonRequired("The person who proposed to remove a text cannot approve that; a second person must.")
            fields = {
                "text": "",
                "approved_text": "",
                "approved_source_revision": None,
                "revision": stored.revision + 1,
                "approved_by": by,
                "approved_at": at,
            }
            self._change(stored, TargetState.EMPTY, TargetAct.REMOVED, by=by, at=at, fields=fields)
        self.refresh_from_db()

    def reject_removal(self, *, by: User, at: datetime, from_revision: int) -> None:
        """Keep the text as it was before its removal was proposed; the person who proposed it may do so too."""
        with transaction.atomic():
            stored, proposal = self._proposed_removal(from_revision)
            if by.pk != proposal.by_id:
                self._require_may_approve(by)
            fields = {"revision": stored.revision + 1}
            back = TargetState.APPROVED if stored.is_approved else TargetState.NEEDS_REVIEW
            self._change(stored, back, TargetAct.REMOVAL_REJECTED, by=by, at=at, fields=fields)
        self.refresh_from_db()

    def approve(
        self,
        *,
        by: User,
        at: datetime,
        from_revision: int | None = None,
        source_revision: int | None = None,
        reading_link: ReadingLink | None = None,
    ) -> None:
        """Approve the text as a second reader of its language, for the approved source revision that the reader saw.

        An outdated text that was approved before is confirmed in the same way. `reading_link` is that of an outside reader who
        read the text in the name of `by`; the history and the audit log keep it. Raises SecondPersonRequired for anybody who
        wrote this text, SourceNotApproved where nobody has approved that revision of the source, EditConflict where the text
        has changed since, and Invalid where there is none or it breaks a rule.
        """
        self._require_may_approve(by)
        with transaction.atomic():
            unit = Unit.objects.select_for_update(no_key=True).get(pk=self.unit_id)
            against = _rendered(unit, source_revision)
            if self._is_approved_already(by, against):
                self.refresh_from_db()
                return
            stored = self._of_revision(self.revision if from_revision is None else from_revision)
            if stored.state in (TargetState.EMPTY, TargetState.REMOVAL):
                raise Invalid("There is no text to approve.", code="empty")
            if by.pk == stored.written_by_id or stored.was_written_by(by):
                raise SecondPersonRequired(AUTHOR_CANNOT_APPROVE)
            requests = unit.suggestions.filter(locale=self.locale_id, origin="machine", by=by)
            if requests.filter(source_revision__gte=against).exists():
                raise SecondPersonRequired(
                    "You requested a machine's suggestion for it, so another person must approve this text."
                )
            if not unit.is_approved_revision(against):
                raise SourceNotApproved()
            recheck_terms()
            raise_if_invalid(target_faults(unit, stored.text, self.locale_id))
            confirmed = stored.state == TargetState.APPROVED
            fields = {
                "source_revision": against,
                "revision": stored.revision + 1,
                "approved_by": by,
                "approved_at": at,
                "approved_text": stored.text,
                "approved_source_revision": against,
            }
            act = TargetAct.CONFIRMED if confirmed else TargetAct.APPROVED
            self._change(stored, TargetState.APPROVED, act, by=by, at=at, fields=fields, reading_link=reading_link)
        self.refresh_from_db()

    @property
    def is_approved(self) -> bool:
        """Whether the latest text, and not only an earlier one, is approved."""
        return self.approved_by_id is not None and self.text != "" and self.text == self.approved_text

    def removal_proposal(self) -> TargetRevision | None:
        """Return the revision that proposes to remove the text, or None where no removal is proposed."""
        if self.state != TargetState.REMOVAL:
            return None
        return self.revisions.select_related("by").get(revision=self.revision)

    def was_written_by(self, person: User) -> bool:
        """Return whether the person has put exactly this text in place, now or in an earlier revision."""
        return self.revisions.filter(text=self.text, by=person, act__in=AUTHORING).exists()

    def _require_may_write(self, by: User) -> None:
        require_may_write(by, self.locale_id)
        self._require_country(by)

    def _require_may_approve(self, by: User) -> None:
        roles.require_approver(by, "content.approve_words")
        require_reads(by, self.locale_id)
        self._require_country(by)

    def _require_country(self, by: User) -> None:
        # For most people the unit need not be read.
        if not by.covers(None):
            require_text_country(by, self.unit.owner)

    def _is_approved_already(self, by: User, against: int) -> bool:
        """Return whether this person has approved the text for this revision of the source: the button was pressed twice."""
        stored = self._locked()
        return (
            stored is not None
            and stored.state == TargetState.APPROVED
            and (stored.approved_by_id, stored.approved_source_revision) == (by.pk, against)
        )

    def _locked(self) -> Target | None:
        return Target.objects.select_for_update().filter(unit_id=self.unit_id, locale_id=self.locale_id).first()

    def _of_revision(self, revision: int) -> Target:
        """Return the stored row, locked; raise EditConflict where it has another revision than the person saw."""
        stored = self._locked()
        if stored is None or stored.revision != revision:
            if stored is None and revision == 0:
                raise Invalid("There is no text yet.", code="empty")
            raise self._stale(self.text)
        return stored

    def _proposed_removal(self, revision: int) -> tuple[Target, TargetRevision]:
        stored = self._of_revision(revision)
        proposal = stored.removal_proposal()
        if proposal is None:
            raise Invalid("Nobody has proposed to remove this text.", code="no-removal")
        return stored, proposal

    def _stale(self, mine: str) -> EditConflict:
        theirs = Target.objects.filter(unit_id=self.unit_id, locale_id=self.locale_id).first()
        return EditConflict(mine=mine, theirs=theirs.text if theirs else "", revision=theirs.revision if theirs else 0)

    def _change(
        self,
        stored: Target,
        to: TargetState,
        act: TargetAct,
        *,
        by: User,
        at: datetime,
        fields: dict[str, Any],
        reading_link: ReadingLink | None = None,
    ) -> None:
        details = {"reading_link": reading_link.pk} if reading_link else {}
        if stored.state != to:
            verb = Verb.TRANSLATION_RESTORED if act == TargetAct.RESTORED else None
            if stored.state == TargetState.REMOVAL and act == TargetAct.REVISED:
                verb = Verb.TRANSLATION_REVISED
            states.advance(stored, to, by=by, at=at, verb=verb, details=details, **fields)
        else:
            Target.objects.filter(pk=stored.pk).update(**fields)
            audit.record(by=by, verb=_SAME_STATE_VERBS[act], row=stored, at=at, revision=fields["revision"], **details)
            for name, value in fields.items():
                setattr(stored, name, value)
        TargetRevision.of(stored, act, by_id=by.pk, at=at, reading_link=reading_link).save(force_insert=True)


#: The verbs of acts that leave the state as it is.
_SAME_STATE_VERBS = {
    TargetAct.REVISED: Verb.TRANSLATION_REVISED,
    TargetAct.RESTORED: Verb.TRANSLATION_RESTORED,
    TargetAct.CONFIRMED: Verb.TRANSLATION_CONFIRMED,
}


def has_text_of(stored: Target | None, revision: int) -> bool:
    """Return whether the stored text is still that of the revision; an approval in between changes no letter."""
    if stored is None or stored.revision == revision:
        return (stored.revision if stored else 0) == revision
    seen = stored.revisions.filter(revision=revision).first()
    return seen is not None and seen.text == stored.text


def _rendered(unit: Unit, source_revision: int | None) -> int:
    """Return the source revision that the person saw, by default the current one.

    Raises Invalid for a revision that does not exist: one that is too high would hide every later change.
    """
    if source_revision is None:
        return unit.revision
    if not 1 <= source_revision <= unit.revision:
        raise Invalid("The source text has no such revision.", code="source-revision")
    return source_revision
