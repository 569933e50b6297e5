"""Proposed facts of tips; each proposal takes effect when a second person approves it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.db import models, transaction
from django.db.models import Q

from content.linting.tip import tip_faults
from content.models.country import Country
from content.models.revision import (
    APPROVED_NOW,
    AlreadyProposed,
    Revision,
    RevisionQuerySet,
    RevisionState,
    four_eyes,
    require_changed,
    revision_lifecycle,
    revision_triggers,
)
from content.models.rights import (
    own_countries_of_tip,
    require_country,
    require_may_write,
    require_reads,
    require_text_country,
)
from content.models.tip import Tip, step_numbers
from content.models.tip_facts import FACTS, TipFacts, TipKind, TipState
from content.models.unit import Unit
from content.terms import SOURCE_LOCALE, Audience, Situation
from core.audit_verbs import Verb
from core.errors import ChangedMeanwhile, Invalid, NotFound
from core.models import User
from core.querysets import manager_of

#: The last part of a tip, which is one text; also the name of its column.
MORE = "more"
#: Part of a unit key → the column with the numbers of the steps.
STEP_COLUMNS: Mapping[str, str] = {"do-now": "do_now", "do-not": "do_not"}


class TipAct(models.TextChoices):
    """What a revision does to its tip when it is approved."""

    ADD = "add"
    CHANGE = "change"
    RETIRE = "retire"
    RESTORE = "restore"
    #: The facts that a tip had before they were approved at all; written by a migration alone.
    EXISTING = "existing"


LIFECYCLE = revision_lifecycle(
    "content.TipRevision",
    approved=(Verb.TIP_CHANGE_APPROVED, "a second person approves it; readers get it with the next release"),
    withdrawn=(Verb.TIP_CHANGE_WITHDRAWN, "the proposer withdraws or replaces it, or a second person rejects it"),
)


class TipRevisionQuerySet(RevisionQuerySet["TipRevision"]):
    """Find and propose revisions."""

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
        if tip is not None:
            require_changed(revision.facts(), tip.facts())
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

        Raises Invalid as `prepare` does, and AlreadyProposed where another proposal is waiting.
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
            revision.require_proposer(by)
            revision.reason, revision.proposed_by, revision.proposed_at = reason, by, at
            return self.insert(revision, verb=Verb.TIP_CHANGE_PROPOSED, tip=slug, act=str(revision.act))

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
                raise AlreadyProposed()
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


class TipRevision(Revision, TipFacts):
    """All facts of a tip as they will be, with who proposed and who approved them."""

    #: No foreign key: a new tip has no row before it is approved.
    slug = models.SlugField(max_length=60)
    tip_state = models.CharField(max_length=7, choices=TipState.choices, default=TipState.CURRENT)
    act = models.CharField(max_length=8, choices=TipAct.choices)

    approve_permission: ClassVar[str] = "content.approve_words"
    subject: ClassVar[str] = "a change of a tip"
    objects: ClassVar[TipRevisionQuerySet] = manager_of(TipRevisionQuerySet)

    class Meta(TipFacts.Meta):
        ordering = ("-id",)
        constraints = (
            *TipFacts.Meta.constraints,
            models.CheckConstraint(condition=Q(act__in=TipAct.values), name="tiprevision_act"),
            models.CheckConstraint(condition=Q(tip_state__in=TipState.values), name="tiprevision_tip_state"),
            # Nobody approved the facts that were there before this table.
            four_eyes(Q(act=TipAct.EXISTING)),
            models.UniqueConstraint(fields=("slug",), condition=Q(state=RevisionState.PROPOSED), name="tiprevision_one_proposal"),
        )
        indexes = (models.Index(fields=("slug", "-id"), name="tiprevision_of_a_tip"),)
        triggers = (
            own_countries_of_tip(when=APPROVED_NOW),
            *revision_triggers(LIFECYCLE, ["slug", "tip_state", "act", "reason", "proposed_by", "proposed_at", *FACTS]),
            pgtrigger.Protect(
                name="existing_by_migration", operation=pgtrigger.Insert, condition=pgtrigger.Q(new__act=TipAct.EXISTING)
            ),
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

    def of_the_same_row(self) -> models.QuerySet[TipRevision]:
        """Return all revisions of the tip."""
        return TipRevision.objects.filter(slug=self.slug)

    def require_area(self, by: User) -> None:
        """Raise NotYourCountry unless the person works on all countries that read the tip, now and once this is approved."""
        if by.covers(None):
            return
        tip = Tip.objects.filter(pk=self.slug).first()
        readers = (tip.countries, self.countries) if tip is not None else (self.countries,)
        require_country(by, *(frozenset(countries) or None for countries in readers))

    def require_proposer(self, by: User) -> None:
        """Raise NotYourCountry where a limited number of countries, and not only the person's, reads the tip, now or afterwards.

        For a tip of every country, people with some countries propose, and a person with every country approves.
        """
        require_text_country(by, f"tip:{self.slug}")
        if self.countries:
            require_country(by, frozenset(self.countries))

    def require_approver(self, by: User) -> None:
        """Raise Forbidden for people who may not approve, or do not read the source language."""
        super().require_approver(by)
        require_reads(by, SOURCE_LOCALE)

    def apply(self, *, by: User, at: datetime) -> None:
        """Give the tip the facts of this revision."""
        Tip.objects.apply(self, by=by, at=at)


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
