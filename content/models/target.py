"""Targets: the translations of units."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypedDict, cast

import pgtrigger
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Case, F, Q, Value, When

from content.linting.text import normalize_text, raise_if_invalid, target_faults
from content.models.locale import Locale
from content.models.unit import AUTHOR_CANNOT_APPROVE, Unit, require_may_write, require_reads
from core import audit, roles, states
from core.audit_verbs import Verb
from core.errors import EditConflict, Invalid, SecondPersonRequired
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    class _Status(TypedDict):
        status: str

    TargetWithStatus = WithAnnotations["Target", _Status]


class TargetState(models.TextChoices):
    """The stored states of a target; see TargetStatus for what is computed."""

    NEEDS_REVIEW = "needs-review"
    APPROVED = "approved"
    EMPTY = "empty"


LIFECYCLE = Lifecycle(
    model="content.Target",
    states=TargetState,
    initial=TargetState.NEEDS_REVIEW,
    edges=[
        Edge(
            TargetState.NEEDS_REVIEW,
            TargetState.APPROVED,
            Verb.TRANSLATION_APPROVED,
            "a second reader of the language approves it",
        ),
        Edge(
            TargetState.APPROVED,
            TargetState.NEEDS_REVIEW,
            Verb.TRANSLATION_REVISED,
            "it is changed; the approved text is still served",
        ),
        Edge(TargetState.NEEDS_REVIEW, TargetState.EMPTY, Verb.TRANSLATION_CLEARED, "the text is removed"),
        Edge(
            TargetState.APPROVED,
            TargetState.EMPTY,
            Verb.TRANSLATION_CLEARED,
            "the text is removed; the source text is served instead",
        ),
        Edge(TargetState.EMPTY, TargetState.NEEDS_REVIEW, Verb.TRANSLATION_WRITTEN, "a text is written again"),
    ],
)

_REVISION_RULES = """
    IF (NEW.text IS DISTINCT FROM OLD.text OR NEW.state IS DISTINCT FROM OLD.state
        OR NEW.source_revision IS DISTINCT FROM OLD.source_revision)
        AND NEW.revision <> OLD.revision + 1 THEN
        RAISE EXCEPTION 'a changed target takes the next revision' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.text IS DISTINCT FROM OLD.text AND NEW.state = 'approved' THEN
        RAISE EXCEPTION 'a changed target needs review' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.approved_text IS DISTINCT FROM OLD.approved_text
        AND NOT (OLD.state = 'needs-review' AND NEW.state = 'approved') AND NEW.state <> 'empty' THEN
        RAISE EXCEPTION 'an approved text changes only when it is approved' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class TargetStatus(models.TextChoices):
    """How a translation compares with its source; computed from revisions, never stored."""

    #: There is no text.
    EMPTY = "empty"
    #: The text is a draft for the current meaning of the source.
    NEEDS_REVIEW = "needs-review"
    #: The text is approved for the current meaning of the source.
    APPROVED = "approved"
    #: The meaning of the source has changed since; the text is served for OUTDATED_DAYS more.
    OUTDATED = "outdated"
    #: A safety change of the source has removed the text from the next release.
    WITHDRAWN = "withdrawn"


#: The only definition of a translation's status; a test compares it with what `content.compiling.snapshot` serves.
_STATUS = Case(
    When(state=TargetState.EMPTY, then=Value(TargetStatus.EMPTY)),
    When(source_revision__lt=F("unit__safety_revision"), then=Value(TargetStatus.WITHDRAWN)),
    When(source_revision__lt=F("unit__meaning_revision"), then=Value(TargetStatus.OUTDATED)),
    When(state=TargetState.APPROVED, then=Value(TargetStatus.APPROVED)),
    default=Value(TargetStatus.NEEDS_REVIEW),
    output_field=models.CharField(),
)


class TargetQuerySet(models.QuerySet["Target"]):
    """Find targets."""

    def of(self, unit: Unit, locale: str) -> TargetWithStatus:
        """Return the unit's target in the locale with its `status`, or an unsaved empty one."""
        found = self.with_status().filter(unit=unit, locale_id=locale).first()
        if found is None:
            found = cast("TargetWithStatus", Target(unit=unit, locale_id=locale, revision=0, state=TargetState.EMPTY))
            found.status = TargetStatus.EMPTY
        return found

    def with_status(self) -> models.QuerySet[TargetWithStatus]:
        """Annotate each target with its `status`, one of TargetStatus, as it is when the target is read."""
        return cast("models.QuerySet[TargetWithStatus]", self.annotate(status=_STATUS))


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
            pgtrigger.Trigger(name="honest", when=pgtrigger.Before, operation=pgtrigger.Update, func=_REVISION_RULES),
        )

    def __str__(self) -> str:
        return f"{self.unit} [{self.locale_id}]"

    def write(self, *, text: str, by: User, at: datetime, from_revision: int, source_revision: int | None = None) -> None:
        """Save a text that was edited from `from_revision` (0: there was none); it needs review again.

        `source_revision` is the source that the writer saw, by default the current one. Raises EditConflict where somebody else
        has saved the text since, and Invalid with `faults` where it breaks a rule.
        """
        require_may_write(by, self.locale_id)
        text = normalize_text(text)
        with transaction.atomic():
            unit = Unit.objects.select_for_update(no_key=True).get(pk=self.unit_id)
            if self.locale_id == unit.source_locale_id:
                raise Invalid(
                    "The source text is not translated into its own language. Change the source text instead.",
                    code="source-locale",
                )
            stored = self._stored(from_revision, text)
            raise_if_invalid(target_faults(unit, text, self.locale_id))
            fields = {
                "text": text,
                "source_revision": _rendered(unit, source_revision),
                "revision": from_revision + 1,
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
            else:
                self._change(stored, TargetState.NEEDS_REVIEW, by=by, at=at, fields=fields)
        self.pk = stored.pk
        self.refresh_from_db()

    def clear(self, *, by: User, at: datetime, from_revision: int) -> None:
        """Remove the draft and the approved text; from the next release the source text is served instead."""
        require_may_write(by, self.locale_id)
        with transaction.atomic():
            stored = self._stored(from_revision, "")
            if stored is None or stored.state == TargetState.EMPTY:
                return
            fields = {
                "text": "",
                "approved_text": "",
                "approved_source_revision": None,
                "revision": from_revision + 1,
                "written_by": by,
                "written_at": at,
                "approved_by": None,
                "approved_at": None,
            }
            states.advance(stored, TargetState.EMPTY, by=by, at=at, **fields)
        self.refresh_from_db()

    def approve(self, *, by: User, at: datetime, from_revision: int | None = None, source_revision: int | None = None) -> None:
        """Approve the text as a second reader of its language, for the source revision that the reader saw.

        An outdated text that was approved before is confirmed in the same way. Raises SecondPersonRequired for its writer,
        EditConflict where the text has changed since, and Invalid where there is none or it breaks a rule.
        """
        roles.require(by, "content.approve_words")
        require_reads(by, self.locale_id)
        with transaction.atomic():
            unit = Unit.objects.select_for_update(no_key=True).get(pk=self.unit_id)
            stored = self._stored(self.revision if from_revision is None else from_revision, self.text)
            if stored is None or stored.state == TargetState.EMPTY:
                raise Invalid("There is no text to approve.", code="empty")
            if by.pk == stored.written_by_id:
                raise SecondPersonRequired(AUTHOR_CANNOT_APPROVE)
            raise_if_invalid(target_faults(unit, stored.text, self.locale_id))
            against = _rendered(unit, source_revision)
            fields = {
                "source_revision": against,
                "revision": stored.revision + 1,
                "approved_by": by,
                "approved_at": at,
                "approved_text": stored.text,
                "approved_source_revision": against,
            }
            self._change(stored, TargetState.APPROVED, by=by, at=at, fields=fields)
        self.refresh_from_db()

    def _stored(self, from_revision: int, mine: str) -> Target | None:
        stored = Target.objects.select_for_update().filter(unit_id=self.unit_id, locale_id=self.locale_id).first()
        if (stored.revision if stored else 0) != from_revision:
            raise self._stale(mine)
        return stored

    def _stale(self, mine: str) -> EditConflict:
        theirs = Target.objects.filter(unit_id=self.unit_id, locale_id=self.locale_id).first()
        return EditConflict(mine=mine, theirs=theirs.text if theirs else "", revision=theirs.revision if theirs else 0)

    def _change(self, stored: Target, to: TargetState, *, by: User, at: datetime, fields: dict[str, Any]) -> None:
        if stored.state != to:
            states.advance(stored, to, by=by, at=at, **fields)
            return
        Target.objects.filter(pk=stored.pk).update(**fields)
        verb = Verb.TRANSLATION_CONFIRMED if to == TargetState.APPROVED else Verb.TRANSLATION_REVISED
        audit.record(by=by, verb=verb, row=stored, at=at, revision=fields["revision"])


def _rendered(unit: Unit, source_revision: int | None) -> int:
    """Return the source revision that the person saw, by default the current one.

    Raises Invalid for a revision that does not exist: one that is too high would hide every later change.
    """
    if source_revision is None:
        return unit.revision
    if not 1 <= source_revision <= unit.revision:
        raise Invalid("The source text has no such revision.", code="source-revision")
    return source_revision
