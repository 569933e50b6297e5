"""Proposed facts of tips; each proposal takes effect when a second person approves it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Q

from content.linting.tip import tip_faults
from content.models.channel_revision import RevisionState
from content.models.country import Country
from content.models.tip import Tip, step_numbers
from content.models.tip_facts import FACTS, TipFacts, TipKind, TipState
from content.models.unit import Unit, require_may_write, require_reads
from content.terms import SOURCE_LOCALE, Audience, Situation
from core import audit, roles, states
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Conflict, Invalid, NotFound, SecondPersonRequired
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle

#: The last part of a tip, which is one text; also the name of its column.
MORE = "more"
#: Part of a unit key → the column with the numbers of the steps.
STEP_COLUMNS: Mapping[str, str] = {"do-now": "do_now", "do-not": "do_not"}


class TipProposed(Conflict):
    """There is already a proposed change of this tip. Approve or withdraw that one first."""

    code = "already-proposed"


class TipAct(models.TextChoices):
    """What a revision does to its tip when it is approved."""

    ADD = "add"
    CHANGE = "change"
    RETIRE = "retire"
    RESTORE = "restore"
    #: The facts that a tip had before they were approved at all; written by a migration alone.
    EXISTING = "existing"


LIFECYCLE = Lifecycle(
    model="content.TipRevision",
    states=RevisionState,
    initial=RevisionState.PROPOSED,
    edges=[
        Edge(
            RevisionState.PROPOSED,
            RevisionState.APPROVED,
            Verb.TIP_CHANGE_APPROVED,
            "a second person approves it; readers get it with the next release",
        ),
        Edge(
            RevisionState.PROPOSED,
            RevisionState.WITHDRAWN,
            Verb.TIP_CHANGE_WITHDRAWN,
            "the proposer withdraws or replaces it, or a second person rejects it",
        ),
    ],
)


class TipRevisionQuerySet(models.QuerySet["TipRevision"]):
    """Find and propose revisions."""

    def proposed(self) -> TipRevisionQuerySet:
        """Filter those that are waiting for a second person."""
        return self.filter(state=RevisionState.PROPOSED)

    def approved(self) -> TipRevisionQuerySet:
        """Filter those that took effect."""
        return self.filter(state=RevisionState.APPROVED)

    def prepare(self, slug: str, facts: Mapping[str, Any]) -> TipRevision:
        """Return the unsaved revision of a tip with these facts (FACTS and `tip_state`), in their usual order.

        Raises Invalid with `faults` where the facts break a rule, and where they are those that the tip already has.
        """
        tip = Tip.objects.filter(pk=slug).first()
        revision = self.model(slug=slug, act=_act(tip, facts["tip_state"]), **_ordered(facts))
        if faults := revision.faults():
            raise Invalid(" ".join(faults), code="tip", faults=faults)
        if tip is not None and revision.facts() == tip.facts():
            raise Invalid("Nothing differs from the approved tip, so there is nothing to propose.", code="unchanged")
        return revision

    def propose(
        self,
        *,
        slug: str,
        facts: Mapping[str, Any],
        by: User,
        at: datetime,
        reason: str = "",
        replaces: int | None = None,
    ) -> TipRevision:
        """Propose all facts of a new or an existing tip; `replaces` is the proposer's own earlier proposal, which is withdrawn.

        Raises Invalid as `prepare` does, and TipProposed where another proposal is waiting.
        """
        require_may_write(by, SOURCE_LOCALE)
        with transaction.atomic():
            if replaces is not None:
                earlier = self.proposed().select_for_update().filter(pk=replaces, slug=slug, proposed_by=by).first()
                if earlier is None:
                    raise ChangedMeanwhile(
                        "Your earlier proposal was decided in the meantime. Look at the tip, then propose again."
                    )
                earlier.withdraw(by=by, at=at)
            revision = self.prepare(slug, facts)
            revision.reason, revision.proposed_by, revision.proposed_at = reason, by, at
            try:
                with transaction.atomic():
                    revision.save(force_insert=True)
            except IntegrityError:
                raise TipProposed() from None
            audit.record(by=by, verb=Verb.TIP_CHANGE_PROPOSED, row=revision, at=at, tip=slug, act=str(revision.act))
        return revision

    def propose_step(self, *, slug: str, part: str, text: str, by: User, at: datetime) -> tuple[TipRevision, Unit]:
        """Write a step and propose it at the end of `do-now` or `do-not`, under a number that no step of the part ever had.

        The part `more` is one text: it is written where the tip never had one. An earlier proposal of the same person is
        replaced by one that has the text as well.
        """
        if part != MORE and part not in STEP_COLUMNS:
            raise Invalid("Choose the list that the step belongs to.", code="part")
        with transaction.atomic():
            tip = Tip.objects.select_for_update().filter(pk=slug).first()
            if tip is None:
                raise NotFound("There is no such tip.")
            earlier = self.proposed().filter(slug=slug).first()
            if earlier is not None and earlier.proposed_by_id != by.pk:
                raise TipProposed()
            facts = (earlier or tip).facts()
            if part == MORE:
                key, facts[MORE], reason = f"tip.{slug}.{MORE}", True, "Adds the text “More”."
                if Unit.objects.filter(key=key).exists():
                    raise Invalid("The tip has this text already. Change that text, or show it again.", code="part")
            else:
                number = max(step_numbers(slug, part), default=0) + 1
                column, reason = STEP_COLUMNS[part], "Adds a step."
                key, facts[column] = f"tip.{slug}.{part}.{number}", [*facts[column], number]
            unit = Unit.objects.write(key=key, owner=tip.owner, text=text, by=by, at=at)
            reason, replaces = (earlier.reason, earlier.pk) if earlier else (reason, None)
            revision = self.propose(slug=slug, facts=facts, by=by, at=at, reason=reason, replaces=replaces)
        return revision, unit


class TipRevision(TipFacts):
    """All facts of a tip as they will be, with who proposed and who approved them."""

    #: No foreign key: a new tip has no row before it is approved.
    slug = models.SlugField(max_length=60)
    tip_state = models.CharField(max_length=7, choices=TipState.choices, default=TipState.CURRENT)
    act = models.CharField(max_length=8, choices=TipAct.choices)
    reason = models.CharField(max_length=300, blank=True, default="", db_default="", help_text="Why, for the second person.")
    state = models.CharField(max_length=9, choices=RevisionState.choices, default=RevisionState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[TipRevisionQuerySet] = manager_of(TipRevisionQuerySet)

    class Meta(TipFacts.Meta):
        ordering = ("-id",)
        constraints = (
            *TipFacts.Meta.constraints,
            models.CheckConstraint(condition=Q(act__in=TipAct.values), name="tiprevision_act"),
            models.CheckConstraint(condition=Q(tip_state__in=TipState.values), name="tiprevision_tip_state"),
            models.CheckConstraint(
                # Nobody approved the facts that were there before this table.
                condition=~Q(state=RevisionState.APPROVED)
                | Q(act=TipAct.EXISTING)
                | (Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("proposed_by"))),
                name="tiprevision_four_eyes",
            ),
            models.UniqueConstraint(fields=("slug",), condition=Q(state=RevisionState.PROPOSED), name="tiprevision_one_proposal"),
        )
        indexes = (models.Index(fields=("slug", "-id"), name="tiprevision_of_a_tip"),)
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.Protect(
                name="existing_by_migration", operation=pgtrigger.Insert, condition=pgtrigger.Q(new__act=TipAct.EXISTING)
            ),
            pgtrigger.ReadOnly(
                name="values_fixed", fields=["slug", "tip_state", "act", "reason", "proposed_by", "proposed_at", *FACTS]
            ),
            pgtrigger.Protect(
                name="approved_fixed", operation=pgtrigger.Update, condition=pgtrigger.Q(old__state=RevisionState.APPROVED)
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return f"{self.slug}: {self.act}"

    def facts(self) -> dict[str, Any]:
        """Return everything that the revision says of the tip, by column."""
        return {**self.values(), "tip_state": self.tip_state}

    def faults(self) -> list[str]:
        """Return one sentence for each rule that the facts break."""
        return tip_faults(
            self.facts(),
            is_notice=self.kind == TipKind.NOTICE,
            countries=frozenset(Country.objects.values_list("code", flat=True)),
            steps={column: step_numbers(self.slug, part) for part, column in STEP_COLUMNS.items()},
        )

    def approve(self, *, by: User, at: datetime) -> None:
        """Approve the revision as a second person, and apply it to the tip; readers get it with the next release.

        Raises SecondPersonRequired for the proposer, ChangedMeanwhile where it was decided or a newer revision was approved,
        and Invalid where the facts break a rule by now.
        """
        roles.require_approver(by, "content.approve_words")
        require_reads(by, SOURCE_LOCALE)
        if by.pk == self.proposed_by_id:
            raise SecondPersonRequired("The person who proposed a change of a tip cannot approve it; a second person must.")
        with transaction.atomic():
            # The lock lets one decision for the tip through at a time.
            of_the_tip = list(TipRevision.objects.select_for_update().filter(slug=self.slug).order_by("pk"))
            stored = next(row for row in of_the_tip if row.pk == self.pk)
            if stored.state != RevisionState.PROPOSED:
                raise ChangedMeanwhile("This proposal was decided or replaced in the meantime.")
            if any(row.state == RevisionState.APPROVED and row.pk > self.pk for row in of_the_tip):
                raise ChangedMeanwhile("A newer change of this tip was approved in the meantime; propose yours again.")
            if faults := stored.faults():
                raise Invalid(" ".join(faults), code="tip", faults=faults)
            states.advance(self, RevisionState.APPROVED, by=by, at=at, approved_by=by, approved_at=at)
            Tip.objects.apply(self, by=by, at=at)

    def withdraw(self, *, by: User, at: datetime) -> None:
        """Withdraw the proposal, as its proposer or as a second person who rejects it."""
        if by.pk != self.proposed_by_id:
            roles.require(by, "content.approve_words")
        if TipRevision.objects.get(pk=self.pk).state != RevisionState.PROPOSED:
            raise ChangedMeanwhile("This proposal was decided or replaced in the meantime.")
        states.advance(self, RevisionState.WITHDRAWN, by=by, at=at)


def _act(tip: Tip | None, tip_state: str) -> TipAct:
    if tip is None:
        return TipAct.ADD
    if tip.state == tip_state:
        return TipAct.CHANGE
    return TipAct.RETIRE if tip_state == TipState.RETIRED else TipAct.RESTORE


def _ordered(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts with closed values in the order of their enumerations, so that the same facts are equal."""
    has_age = facts["min_age"] is not None or facts["max_age"] is not None
    return {
        **facts,
        "audiences": _in_order(facts["audiences"], Audience.values),
        "situations": _in_order(facts["situations"], Situation.values),
        "countries": sorted({*facts["countries"]}),
        "age_measured": facts["age_measured"] if has_age else "",
    }


def _in_order(chosen: list[str], order: list[str]) -> list[str]:
    """Return the chosen values in this order, and unknown ones, which `tip_faults` refuses, behind them."""
    return [value for value in order if value in chosen] + sorted({*chosen} - {*order})
