"""Units: source texts, each in its source language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.db.models import F, Q, Value

from content.linting.allowed_numbers import NO_NUMBERS, paired
from content.linting.text import normalize_text, raise_if_invalid, source_faults
from content.models.locale import Locale
from content.models.rights import require_may_write, require_reads, require_text_country
from content.models.service import Service
from content.models.source_history import SourceChange, behind, effective_history, missed_changes, most_severe
from content.models.stored_terms import recheck_terms
from content.models.unit_approval import UnitApproval
from content.models.unit_lifecycle import LIFECYCLE, REVISION_RULES, UnitState
from content.models.unit_numbers import require_allowable
from content.models.unit_revision import UnitRevision
from content.terms import SOURCE_LOCALE, Change, NumberKind
from core import audit, roles, states
from core.audit_verbs import Verb
from core.canonical import digest
from core.errors import EditConflict, Invalid, SecondPersonRequired
from core.models import User
from core.querysets import manager_of

_NO_KINDS = Value([], ArrayField(models.CharField(max_length=7)))

AUTHOR_CANNOT_APPROVE = "The person who wrote a text cannot approve it; a second reader must."


class UnitQuerySet(models.QuerySet["Unit"]):
    """Find and write units."""

    def owned_by(self, owner: str) -> UnitQuerySet:
        """Filter those with this owner label."""
        return self.filter(owner=owner)

    def write(
        self,
        *,
        key: str,
        owner: str,
        text: str,
        by: User,
        at: datetime,
        locale: str = SOURCE_LOCALE,
        allowed_numbers: Mapping[str, str] = NO_NUMBERS,
        allowed_hosts: Sequence[str] = (),
        stays_as_is: bool = False,
    ) -> Unit:
        """Write a new unit as a draft; raise Invalid with `faults` where its text breaks a rule."""
        require_may_write(by, locale)
        require_text_country(by, owner)
        require_allowable(allowed_numbers)
        unit = self.model.drafted(
            key=key, owner=owner, text=text, by=by, at=at, locale=locale, numbers=allowed_numbers, hosts=allowed_hosts
        )
        unit.stays_as_is = stays_as_is
        raise_if_invalid(source_faults(unit, known_services=Service.objects.named_in(unit.text)))
        with transaction.atomic():
            self.write_many([unit])
            audit.record(by=by, verb=Verb.SOURCE_WRITTEN, row=unit, at=at, key=key)
        return unit

    def write_many(self, drafts: Iterable[Unit]) -> None:
        """Insert drafts that were checked already, each with its first revision."""
        with transaction.atomic():
            units = self.bulk_create(drafts)
            UnitRevision.objects.bulk_create(
                UnitRevision.of(unit, by_id=unit.written_by_id, at=unit.written_at) for unit in units
            )


class Unit(models.Model):
    """A source text: the latest draft, and the approved text that is served."""

    key = models.CharField(max_length=160, unique=True)
    owner = models.CharField(max_length=100, db_index=True, help_text="A label such as tip:first-hour; never a key.")
    source_locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    digest = models.CharField(max_length=64)
    allowed_numbers = ArrayField(models.CharField(max_length=4), default=list, blank=True)
    #: What each of the allowed numbers counts, in their order.
    number_kinds = ArrayField(
        models.CharField(max_length=7, choices=NumberKind.choices), default=list, blank=True, db_default=_NO_KINDS
    )
    allowed_hosts = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    stays_as_is = models.BooleanField(
        default=False, db_default=False, help_text="A name or brand, which targets may repeat as it is."
    )
    revision = models.PositiveIntegerField(default=1)
    last_change = models.CharField(max_length=8, choices=Change.choices, default=Change.SAFETY)
    #: The last revision with a clarity or safety change, and the last with a safety change. Written for a release that is still
    #: running during an upgrade; this one reads the two columns below.
    meaning_revision = models.PositiveIntegerField(default=1)
    safety_revision = models.PositiveIntegerField(default=1)
    #: The earlier revisions of which a target is outdated or withdrawn now (`source_history.behind`).
    outdated_revisions = ArrayField(models.IntegerField(), default=list, db_default=[], blank=True)
    withdrawn_revisions = ArrayField(models.IntegerField(), default=list, db_default=[], blank=True)
    state = models.CharField(max_length=12, choices=UnitState.choices, default=UnitState.NEEDS_REVIEW)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_text = models.TextField(blank=True)
    approved_numbers = ArrayField(
        models.CharField(max_length=4), default=list, blank=True, db_default=Value([], ArrayField(models.CharField(max_length=4)))
    )
    approved_number_kinds = ArrayField(
        models.CharField(max_length=7, choices=NumberKind.choices), default=list, blank=True, db_default=_NO_KINDS
    )
    approved_stays_as_is = models.BooleanField(default=False, db_default=False)
    approved_revision = models.PositiveIntegerField(null=True, blank=True)
    file_digest = models.CharField(
        max_length=64, blank=True, default="", db_default="", help_text="Digest of what a file held when it was loaded last."
    )
    file_revision = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Revision of the file that was loaded last; 0: it had none."
    )

    objects: ClassVar[UnitQuerySet] = manager_of(UnitQuerySet)

    class Meta:
        ordering = ("key",)
        permissions = (
            ("edit_words", "Can write source texts and targets in languages the person reads"),
            ("approve_words", "Can approve texts that another person wrote"),
        )
        constraints = (
            models.CheckConstraint(condition=~Q(text=""), name="unit_has_text"),
            models.CheckConstraint(condition=Q(last_change__in=Change.values), name="unit_change"),
            models.CheckConstraint(
                condition=~Q(state=UnitState.APPROVED)
                | (
                    Q(approved_by__isnull=False, approved_at__isnull=False, approved_text=F("text"))
                    & Q(approved_revision=F("revision"))
                    & ~Q(approved_by=F("written_by"))
                ),
                name="unit_four_eyes",
            ),
            models.CheckConstraint(
                condition=~Q(state=UnitState.APPROVED) | Q(approved_numbers=F("allowed_numbers")),
                name="unit_numbers_are_approved",
            ),
            models.CheckConstraint(
                condition=~Q(state=UnitState.APPROVED)
                | Q(approved_number_kinds=F("number_kinds"), approved_stays_as_is=F("stays_as_is")),
                name="unit_kinds_are_approved",
            ),
            models.CheckConstraint(condition=Q(number_kinds__contained_by=NumberKind.values), name="unit_number_kinds"),
            models.CheckConstraint(
                condition=Q(safety_revision__lte=F("meaning_revision"), meaning_revision__lte=F("revision")),
                name="unit_revisions_in_order",
            ),
        )
        # Of trigrams: the translation memory looks for sources that are nearly the same.
        indexes = (GinIndex(fields=["text"], name="unit_text_trigrams", opclasses=["gin_trgm_ops"]),)
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.Trigger(name="honest", when=pgtrigger.Before, operation=pgtrigger.Update, func=REVISION_RULES),
        )

    def __str__(self) -> str:
        return self.key

    @classmethod
    def drafted(
        cls,
        *,
        key: str,
        owner: str,
        text: str,
        by: User,
        at: datetime,
        locale: str,
        numbers: Mapping[str, str],
        hosts: Sequence[str],
    ) -> Unit:
        """Return an unsaved draft."""
        text = normalize_text(text)
        return cls(
            key=key,
            owner=owner,
            source_locale_id=locale,
            text=text,
            digest=digest(text.encode()),
            allowed_numbers=list(numbers),
            number_kinds=[str(kind) for kind in numbers.values()],
            allowed_hosts=list(hosts),
            written_by=by,
            written_at=at,
        )

    def revise(
        self,
        *,
        text: str,
        change: Change | str,
        by: User,
        at: datetime,
        from_revision: int,
        allowed_numbers: Mapping[str, str] | None = None,
        allowed_hosts: Sequence[str] | None = None,
        stays_as_is: bool | None = None,
    ) -> bool:
        """Save a source text that was edited from `from_revision`; it needs review again. Return False where nothing changed.

        `change` says what the change means for the targets; a text that is put back counts at least as severe as the changes
        that it undoes. The approved text, put back, is approved again as it was. Raises EditConflict where somebody else has
        saved another text since, and Invalid with `faults` where it breaks a rule.
        """
        require_may_write(by, self.source_locale_id)
        require_text_country(by, self.owner)
        change, text = Change(change), normalize_text(text)
        with transaction.atomic():
            stored = Unit.objects.select_for_update().get(pk=self.pk)
            numbers: Mapping[str, str] = stored.numbers if allowed_numbers is None else dict(allowed_numbers)
            hosts = stored.allowed_hosts if allowed_hosts is None else list(allowed_hosts)
            stays = stored.stays_as_is if stays_as_is is None else stays_as_is
            if (stored.text, stored.numbers, stored.allowed_hosts, stored.stays_as_is) == (text, numbers, hosts, stays):
                self.refresh_from_db()
                return False
            if stored.revision != from_revision:
                raise EditConflict(mine=text, theirs=stored.text, revision=stored.revision)
            require_allowable(numbers)
            put_back = stored._is_approved_text(text, numbers, hosts, stays)
            history = stored.history()
            if same := [row.revision for row in history if row.text == text]:
                undone = missed_changes(history, max(same), stored.revision)
                change = most_severe([change, *(row.change for row in undone)])
            stored.text, stored.digest = text, digest(text.encode())
            stored.allowed_numbers, stored.number_kinds = list(numbers), [str(kind) for kind in numbers.values()]
            stored.allowed_hosts, stored.stays_as_is = hosts, stays
            raise_if_invalid(source_faults(stored, known_services=Service.objects.named_in(text)))
            fields = stored._next_revision(change=change, history=history, by=by, at=at)
            if put_back:
                states.advance(
                    stored, UnitState.APPROVED, by=by, at=at, verb=Verb.SOURCE_PUT_BACK, **(fields | stored._approval_of_before())
                )
            elif stored.state == UnitState.APPROVED:
                states.advance(stored, UnitState.NEEDS_REVIEW, by=by, at=at, **fields)
            else:
                Unit.objects.filter(pk=self.pk).update(**fields)
                audit.record(by=by, verb=Verb.SOURCE_REVISED, row=self, at=at, revision=fields["revision"], change=str(change))
            self.refresh_from_db()
            UnitRevision.of(self, by_id=by.pk, at=at).save(force_insert=True)
            if put_back:
                self._record_approval(declared=change, change=change, at=at)
        return True

    def put_back(self, revision: int, *, by: User, at: datetime, from_revision: int) -> bool:
        """Save the text of an earlier revision again, as `revise` does. Raise Invalid where there is no such revision."""
        earlier = self.revisions.filter(revision=revision).first()
        if earlier is None:
            raise Invalid("The source text has no such revision.", code="source-revision")
        return self.revise(text=earlier.text, change=Change.COSMETIC, by=by, at=at, from_revision=from_revision)

    def approve(self, *, by: User, at: datetime, from_revision: int | None = None, change: Change | str | None = None) -> None:
        """Approve the text as a second reader, who saw `from_revision` (by default the revision of this object).

        `change` corrects what the authors declared that their changes since the last approval mean for the targets. Raises
        Invalid with `faults` where the text breaks a rule, which may be newer than the text.
        """
        roles.require_approver(by, "content.approve_words")
        require_reads(by, self.source_locale_id)
        require_text_country(by, self.owner)
        with transaction.atomic():
            stored = Unit.objects.select_for_update().get(pk=self.pk)
            if stored.revision != (self.revision if from_revision is None else from_revision):
                raise EditConflict(mine=self.text, theirs=stored.text, revision=stored.revision)
            if stored.state == UnitState.APPROVED and stored.approved_by_id == by.pk:
                # The button was pressed twice.
                self.refresh_from_db()
                return
            if by.pk == stored.written_by_id or stored.revisions.filter(text=stored.text, by=by).exists():
                raise SecondPersonRequired(AUTHOR_CANNOT_APPROVE)
            require_allowable(stored.numbers)
            recheck_terms()
            raise_if_invalid(source_faults(stored, known_services=Service.objects.named_in(stored.text)))
            declared = stored.pending_change()
            approval: dict[str, Any] = {
                "approved_by": by,
                "approved_at": at,
                "approved_text": stored.text,
                "approved_numbers": stored.allowed_numbers,
                "approved_number_kinds": stored.number_kinds,
                "approved_stays_as_is": stored.stays_as_is,
                "approved_revision": stored.revision,
            }
            states.advance(stored, UnitState.APPROVED, by=by, at=at, **approval)
            stored._record_approval(declared=declared, change=Change(change) if change else declared, at=at)
        self.refresh_from_db()

    @property
    def numbers(self) -> dict[str, NumberKind]:
        """The numbers that the text may hold, with what each of them counts."""
        return paired(self.allowed_numbers, self.number_kinds)

    @property
    def numbers_of_approval(self) -> dict[str, NumberKind]:
        """The numbers that the approved text may hold."""
        return paired(self.approved_numbers, self.approved_number_kinds)

    def history(self) -> list[SourceChange]:
        """Return all revisions with the severity that counts, the first one first."""
        return effective_history(self.revisions.all(), self.approvals.all())

    def pending_change(self) -> Change:
        """Return the most severe change that was declared since the approved revision; a first text has none before it."""
        if self.approved_revision is None and self.revision == 1:
            return Change.SAFETY
        missed = missed_changes(self.history(), self.approved_revision or 1, self.revision)
        return most_severe(row.change for row in missed)

    def is_approved_revision(self, revision: int) -> bool:
        """Return whether a second person has approved this revision."""
        return revision == self.approved_revision or self.approvals.filter(revision=revision).exists()

    def _is_approved_text(self, text: str, numbers: Mapping[str, str], hosts: Sequence[str], stays_as_is: bool) -> bool:
        # Which hosts were allowed when the text was approved is not stored, so a text with any is read again.
        return (
            self.approved_revision is not None
            and (text, dict(numbers)) == (self.approved_text, self.numbers_of_approval)
            and stays_as_is == self.approved_stays_as_is
            and not hosts
            and self.approvals.filter(revision=self.approved_revision).exists()
        )

    def _approval_of_before(self) -> dict[str, Any]:
        """Return who wrote and approved the approved text, for that text put back under the next revision."""
        # The first author of this text: the person who put it back later may be its approver.
        before = self.revisions.filter(text=self.approved_text).earliest("revision")
        approval = self.approvals.get(revision=self.approved_revision or 0)
        return {
            "written_by_id": before.by_id,
            "approved_by_id": approval.by_id,
            "approved_at": approval.at,
            "approved_revision": self.revision + 1,
        }

    def _record_approval(self, *, declared: Change, change: Change, at: datetime) -> None:
        assert self.approved_by_id is not None
        UnitApproval.objects.create(
            unit=self, revision=self.revision, declared=declared, change=change, by_id=self.approved_by_id, at=at
        )
        outdated, withdrawn = behind(self.history(), self.revision)
        Unit.objects.filter(pk=self.pk).update(outdated_revisions=outdated, withdrawn_revisions=withdrawn)

    def _next_revision(self, *, change: Change, history: list[SourceChange], by: User, at: datetime) -> dict[str, Any]:
        number = self.revision + 1
        outdated, withdrawn = behind([*history, SourceChange(number, change, self.text, at)], number)
        fields: dict[str, Any] = {
            "text": self.text,
            "digest": self.digest,
            "allowed_numbers": self.allowed_numbers,
            "number_kinds": self.number_kinds,
            "allowed_hosts": self.allowed_hosts,
            "stays_as_is": self.stays_as_is,
            "revision": number,
            "last_change": change,
            "outdated_revisions": outdated,
            "withdrawn_revisions": withdrawn,
            "written_by_id": by.pk,
            "written_at": at,
            "approved_by_id": None,
            "approved_at": None,
        }
        if change != Change.COSMETIC:
            fields["meaning_revision"] = number
        if change == Change.SAFETY:
            fields["safety_revision"] = number
        return fields
