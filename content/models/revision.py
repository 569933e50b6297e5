"""What all proposals of facts share: one person proposes the facts of a row as they will be, and another approves them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar

import pgtrigger
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q

from content.models.rights import country_trigger_refuses
from core import audit, roles, states
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Conflict, Forbidden, Invalid, SecondPersonRequired
from core.models import User
from core.states import Edge, Lifecycle


class AlreadyProposed(Conflict):
    """Another change is already proposed. It must be approved, rejected or withdrawn first."""

    code = "already-proposed"


class RevisionState(models.TextChoices):
    """The states of a revision."""

    #: Waiting for a second person.
    PROPOSED = "proposed"
    #: In effect, or replaced by a later revision; final.
    APPROVED = "approved"
    #: Withdrawn by the proposer or rejected; final.
    WITHDRAWN = "withdrawn"


#: SQL of a trigger: whether a person approves the revision with this statement.
APPROVED_NOW = "NEW.state = 'approved' AND NEW.approved_by_id IS NOT NULL AND (TG_OP = 'INSERT' OR OLD.state <> 'approved')"


def revision_lifecycle(model: str, *, approved: tuple[Verb, str], withdrawn: tuple[Verb, str]) -> Lifecycle:
    """Return the lifecycle of a kind of revision, with the verb and the sentence of both ends."""
    return Lifecycle(
        model=model,
        states=RevisionState,
        initial=RevisionState.PROPOSED,
        edges=[
            Edge(RevisionState.PROPOSED, RevisionState.APPROVED, *approved),
            Edge(RevisionState.PROPOSED, RevisionState.WITHDRAWN, *withdrawn),
        ],
    )


def four_eyes(*unless: Q) -> models.CheckConstraint:
    """Return the CHECK that an approved revision has an approver who did not propose it; `unless` are the exceptions."""
    condition = ~Q(state=RevisionState.APPROVED)
    for exception in unless:
        condition |= exception
    two = Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("proposed_by"))
    return models.CheckConstraint(condition=condition | two, name="%(class)s_four_eyes")


def revision_triggers(lifecycle: Lifecycle, fixed: Sequence[str]) -> tuple[pgtrigger.Trigger, ...]:
    """Return the triggers that keep a revision as it was proposed; `fixed` are its columns beside those of every revision."""
    return (
        lifecycle.trigger(),
        pgtrigger.ReadOnly(name="values_fixed", fields=[*fixed]),
        pgtrigger.Protect(
            name="approved_fixed", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state=RevisionState.APPROVED)
        ),
        pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
    )


_RevisionT = TypeVar("_RevisionT", bound="Revision")


class RevisionQuerySet(models.QuerySet[_RevisionT]):
    """Find revisions of one kind, and add one."""

    def proposed(self) -> Self:
        """Filter those that are waiting for a second person."""
        return self.filter(state=RevisionState.PROPOSED)

    def insert(self, revision: _RevisionT, *, verb: Verb, **details: object) -> _RevisionT:
        """Insert a proposal and record it with these details; raise AlreadyProposed where another of its row is waiting."""
        with transaction.atomic():
            try:
                with transaction.atomic():
                    revision.save(force_insert=True)
            except IntegrityError:
                raise AlreadyProposed() from None
            audit.record(by=revision.proposed_by, verb=verb, row=revision, at=revision.proposed_at, **details)
        return revision


class Revision(models.Model):
    """Who proposed all facts of a row, and who approved them.

    A subclass has the columns of the facts, and the four methods that raise NotImplementedError here.
    """

    reason = models.CharField(max_length=300, blank=True, default="", db_default="", help_text="Why, for the second person.")
    state = models.CharField(max_length=9, choices=RevisionState.choices, default=RevisionState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    #: The permission that approving and rejecting takes.
    approve_permission: ClassVar[str]
    #: What is proposed, as it stands in "the person who proposed … cannot approve it".
    subject: ClassVar[str]

    class Meta:
        abstract = True

    def of_the_same_row(self) -> models.QuerySet[Self]:
        """Return all revisions of the row that this one is of."""
        raise NotImplementedError

    def faults(self) -> list[str]:
        """Return one sentence for each rule that the facts break."""
        raise NotImplementedError

    def apply(self, *, by: User, at: datetime) -> None:
        """Give the row the facts of this revision, in the transaction that approves it."""
        raise NotImplementedError

    def require_area(self, by: User) -> None:
        """Raise Forbidden where the person works neither on the row as it is, nor as it will be."""

    def closed_to(self, person: User) -> str:
        """Return in a sentence why the person may not decide the proposal for its countries; "" where they may."""
        if person.covers(None):
            return ""
        try:
            self.require_area(person)
        except Forbidden as refused:
            return str(refused.detail)
        return ""

    def require_approver(self, by: User) -> None:
        """Raise Forbidden where the person may not approve the revision."""
        roles.require_approver(by, self.approve_permission)
        self.require_area(by)

    def approve(self, *, by: User, at: datetime) -> None:
        """Approve the revision as a second person, and apply it to its row; readers get it with the next release.

        Raises SecondPersonRequired for the proposer, ChangedMeanwhile where it was decided or a newer revision was approved,
        and Invalid where the facts break a rule by now.
        """
        self.require_approver(by)
        if by.pk == self.proposed_by_id:
            raise SecondPersonRequired(f"The person who proposed {self.subject} cannot approve it; a second person must.")
        with country_trigger_refuses(by), transaction.atomic():
            # The lock lets one decision for the row through at a time, so that the newest approved revision wins.
            stored, newer = self._locked()
            if any(row.state == RevisionState.APPROVED for row in newer):
                raise ChangedMeanwhile("A newer change was approved in the meantime; propose yours again.")
            if stored.state != RevisionState.PROPOSED:
                raise ChangedMeanwhile("This proposal was decided or replaced in the meantime.")
            if faults := stored.faults():
                raise Invalid(" ".join(faults), code="facts", faults=faults)
            states.advance(self, RevisionState.APPROVED, by=by, at=at, approved_by=by, approved_at=at)
            self.apply(by=by, at=at)

    def withdraw(self, *, by: User, at: datetime) -> None:
        """Withdraw the proposal, as its proposer or as a second person who rejects it.

        Raises ChangedMeanwhile where it was decided before.
        """
        if by.pk != self.proposed_by_id:
            roles.require(by, self.approve_permission)
            self.require_area(by)
        with transaction.atomic():
            stored, _ = self._locked()
            if stored.state != RevisionState.PROPOSED:
                raise ChangedMeanwhile("This proposal was decided or replaced in the meantime.")
            states.advance(self, RevisionState.WITHDRAWN, by=by, at=at)

    def _locked(self) -> tuple[Self, list[Self]]:
        """Lock the revisions of the row; return this one as it is stored, and those that were proposed after it."""
        rows = list(self.of_the_same_row().select_for_update(of=("self",)).order_by("pk"))
        stored = next(row for row in rows if row.pk == self.pk)
        return stored, [row for row in rows if row.pk > self.pk]


def require_changed(new: Mapping[str, Any], old: Mapping[str, Any]) -> None:
    """Raise Invalid where the new facts are those that the row has already."""
    if new == old:
        raise Invalid("Nothing differs from the approved facts, so there is nothing to propose.", code="unchanged")
