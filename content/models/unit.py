"""Units: source texts, each in its source language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q

from content.linting.text import normalize_text, raise_if_invalid, source_faults
from content.models.locale import Locale
from content.models.service import Service
from content.models.unit_revision import UnitRevision
from content.terms import SOURCE_LOCALE, Change
from core import audit, roles, states
from core.audit_verbs import Verb
from core.canonical import digest
from core.errors import EditConflict, Forbidden, SecondPersonRequired
from core.models import User
from core.models.user import SYSTEM_NAME
from core.querysets import manager_of
from core.states import Edge, Lifecycle


class NotYourLanguage(Forbidden):
    """This person's account does not list this language."""

    code = "language"


class UnitState(models.TextChoices):
    """The states of a source text."""

    NEEDS_REVIEW = "needs-review"
    APPROVED = "approved"


LIFECYCLE = Lifecycle(
    model="content.Unit",
    states=UnitState,
    initial=UnitState.NEEDS_REVIEW,
    edges=[
        Edge(UnitState.NEEDS_REVIEW, UnitState.APPROVED, Verb.SOURCE_APPROVED, "a second reader approves it"),
        Edge(
            UnitState.APPROVED,
            UnitState.NEEDS_REVIEW,
            Verb.SOURCE_REVISED,
            "its text is changed; the approved text is still served",
        ),
    ],
)

AUTHOR_CANNOT_APPROVE = "The person who wrote a text cannot approve it; a second reader must."

#: Raw SQL can neither rewrite an approved text nor change a text without a new revision.
_REVISION_RULES = """
    IF (NEW.text, NEW.allowed_numbers, NEW.allowed_hosts) IS DISTINCT FROM (OLD.text, OLD.allowed_numbers, OLD.allowed_hosts)
        AND NEW.revision <> OLD.revision + 1 THEN
        RAISE EXCEPTION 'a changed text takes the next revision' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.revision < OLD.revision OR (NEW.revision <> OLD.revision AND NEW.state = 'approved') THEN
        RAISE EXCEPTION 'a new revision needs review' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.approved_text, NEW.approved_revision) IS DISTINCT FROM (OLD.approved_text, OLD.approved_revision)
        AND NOT (OLD.state = 'needs-review' AND NEW.state = 'approved') THEN
        RAISE EXCEPTION 'an approved text changes only when it is approved' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


def require_reads(person: User, locale: str) -> None:
    """Raise NotYourLanguage unless the person reads the locale."""
    if not person.reads(locale):
        raise NotYourLanguage(f"The account of {person.username} does not list the language {locale}.")


def require_may_write(person: User, locale: str) -> None:
    """Raise Forbidden unless the person may write in the locale; the system user may write in all, as files are loaded."""
    roles.require(person, "content.edit_words")
    if person.username != SYSTEM_NAME:
        require_reads(person, locale)


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
        allowed_numbers: Sequence[str] = (),
        allowed_hosts: Sequence[str] = (),
    ) -> Unit:
        """Write a new unit as a draft; raise Invalid with `faults` where its text breaks a rule."""
        require_may_write(by, locale)
        unit = self.model.drafted(
            key=key, owner=owner, text=text, by=by, at=at, locale=locale, numbers=allowed_numbers, hosts=allowed_hosts
        )
        raise_if_invalid(source_faults(unit, known_services=Service.objects.named_in(unit.text)))
        with transaction.atomic():
            self.write_many([unit])
            audit.record(by=by, verb=Verb.SOURCE_WRITTEN, row=unit, at=at, key=key)
        return unit

    def write_many(self, drafts: Iterable[Unit]) -> None:
        """Insert drafts that were checked already, each with its first revision."""
        with transaction.atomic():
            units = self.bulk_create(drafts)
            UnitRevision.objects.bulk_create(UnitRevision.of(unit) for unit in units)


class Unit(models.Model):
    """A source text: the latest draft, and the approved text that is served."""

    key = models.CharField(max_length=160, unique=True)
    owner = models.CharField(max_length=100, db_index=True, help_text="A label such as tip:first-hour; never a key.")
    source_locale = models.ForeignKey(Locale, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    digest = models.CharField(max_length=64)
    allowed_numbers = ArrayField(models.CharField(max_length=4), default=list, blank=True)
    allowed_hosts = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    revision = models.PositiveIntegerField(default=1)
    last_change = models.CharField(max_length=8, choices=Change.choices, default=Change.SAFETY)
    #: The last revision with a clarity or safety change, and the last with a safety change.
    meaning_revision = models.PositiveIntegerField(default=1)
    safety_revision = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12, choices=UnitState.choices, default=UnitState.NEEDS_REVIEW)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_text = models.TextField(blank=True)
    approved_revision = models.PositiveIntegerField(null=True, blank=True)

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
                condition=Q(safety_revision__lte=F("meaning_revision"), meaning_revision__lte=F("revision")),
                name="unit_revisions_in_order",
            ),
        )
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.Trigger(name="honest", when=pgtrigger.Before, operation=pgtrigger.Update, func=_REVISION_RULES),
        )

    def __str__(self) -> str:
        return self.key

    @classmethod
    def drafted(
        cls, *, key: str, owner: str, text: str, by: User, at: datetime, locale: str, numbers: Sequence[str], hosts: Sequence[str]
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
        allowed_numbers: Sequence[str] | None = None,
        allowed_hosts: Sequence[str] | None = None,
    ) -> None:
        """Save a source text that was edited from `from_revision`; it needs review again.

        `change` says what the change means for the targets. Raises EditConflict where somebody else has saved the text since,
        and Invalid with `faults` where it breaks a rule.
        """
        require_may_write(by, self.source_locale_id)
        change, text = Change(change), normalize_text(text)
        with transaction.atomic():
            stored = Unit.objects.select_for_update().get(pk=self.pk)
            if stored.revision != from_revision:
                raise EditConflict(mine=text, theirs=stored.text, revision=stored.revision)
            stored.text, stored.digest = text, digest(text.encode())
            stored.allowed_numbers = stored.allowed_numbers if allowed_numbers is None else list(allowed_numbers)
            stored.allowed_hosts = stored.allowed_hosts if allowed_hosts is None else list(allowed_hosts)
            raise_if_invalid(source_faults(stored, known_services=Service.objects.named_in(text)))
            fields = stored._next_revision(change=change, by=by, at=at)
            if stored.state == UnitState.APPROVED:
                states.advance(stored, UnitState.NEEDS_REVIEW, by=by, at=at, **fields)
            else:
                Unit.objects.filter(pk=self.pk).update(**fields)
                audit.record(by=by, verb=Verb.SOURCE_REVISED, row=self, at=at, revision=fields["revision"], change=str(change))
            self.refresh_from_db()
            UnitRevision.of(self).save(force_insert=True)

    def _next_revision(self, *, change: Change, by: User, at: datetime) -> dict[str, Any]:
        number = self.revision + 1
        fields: dict[str, Any] = {
            "text": self.text,
            "digest": self.digest,
            "allowed_numbers": self.allowed_numbers,
            "allowed_hosts": self.allowed_hosts,
            "revision": number,
            "last_change": change,
            "written_by": by,
            "written_at": at,
            "approved_by": None,
            "approved_at": None,
        }
        if change != Change.COSMETIC:
            fields["meaning_revision"] = number
        if change == Change.SAFETY:
            fields["safety_revision"] = number
        return fields

    def approve(self, *, by: User, at: datetime, from_revision: int | None = None) -> None:
        """Approve the text as a second reader, who saw `from_revision` (by default the revision of this object)."""
        roles.require(by, "content.approve_words")
        require_reads(by, self.source_locale_id)
        with transaction.atomic():
            stored = Unit.objects.select_for_update().get(pk=self.pk)
            if stored.revision != (self.revision if from_revision is None else from_revision):
                raise EditConflict(mine=self.text, theirs=stored.text, revision=stored.revision)
            if by.pk == stored.written_by_id:
                raise SecondPersonRequired(AUTHOR_CANNOT_APPROVE)
            approval = {"approved_by": by, "approved_at": at, "approved_text": stored.text, "approved_revision": stored.revision}
            states.advance(stored, UnitState.APPROVED, by=by, at=at, **approval)
        self.refresh_from_db()
