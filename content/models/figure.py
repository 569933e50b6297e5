"""A statistic: a number with what it counts, who counted it, where, and in which period; a second person approves it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q

from content.models.country import Country
from content.models.rights import figure_area, require_country
from content.terms import FigureUnit, Qualifier
from core import roles, states
from core.audit_verbs import Verb
from core.errors import SecondPersonRequired
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle

PROPOSE = "content.propose_channelrevision"
APPROVE = "content.approve_channelrevision"

#: The columns that are fixed once a figure is proposed.
VALUES: tuple[str, ...] = (
    "slug",
    "value",
    "unit",
    "qualifier",
    "counted_by",
    "country_id",
    "period_from",
    "period_until",
    "source",
    "source_url",
    "read_on",
)


class FigureState(models.TextChoices):
    """The states of a figure."""

    #: Waits for a second person.
    PROPOSED = "proposed"
    #: Readers get it from the next release.
    APPROVED = "approved"
    #: A newer figure with the same slug was approved.
    REPLACED = "replaced"
    #: Withdrawn, rejected, or no longer served.
    WITHDRAWN = "withdrawn"


LIFECYCLE = Lifecycle(
    model="content.Figure",
    states=FigureState,
    initial=FigureState.PROPOSED,
    edges=[
        Edge(FigureState.PROPOSED, FigureState.APPROVED, Verb.FIGURE_APPROVED, "a second person approves it"),
        Edge(FigureState.PROPOSED, FigureState.WITHDRAWN, Verb.FIGURE_REJECTED, "it is withdrawn, rejected or replaced"),
        Edge(FigureState.APPROVED, FigureState.REPLACED, Verb.FIGURE_REPLACED, "a newer figure with its slug is approved"),
        Edge(FigureState.APPROVED, FigureState.WITHDRAWN, Verb.FIGURE_WITHDRAWN, "one person takes it out of the next release"),
    ],
)


class FigureQuerySet(models.QuerySet["Figure"]):
    """Find figures."""

    def proposed(self) -> FigureQuerySet:
        """Filter those that wait for a second person."""
        return self.filter(state=FigureState.PROPOSED)

    def approved(self) -> FigureQuerySet:
        """Filter those that readers may get."""
        return self.filter(state=FigureState.APPROVED)

    def last_approved(self, slug: str) -> Figure | None:
        """Return the figure with this slug that was approved last; it may be withdrawn by now."""
        return self.filter(slug=slug, approved_at__isnull=False).order_by("-approved_at", "-pk").first()


class Figure(models.Model):
    """One figure as it was proposed, who proposed it and who approved it; its words are the unit `figure.<slug>.counts`."""

    slug = models.SlugField(max_length=80)
    value = models.DecimalField(max_digits=14, decimal_places=2)
    unit = models.CharField(max_length=7, choices=FigureUnit.choices)
    qualifier = models.CharField(max_length=9, choices=Qualifier.choices)
    counted_by = models.CharField(max_length=200)
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="+", help_text="ZZ: the world.")
    period_from = models.DateField()
    period_until = models.DateField()
    source = models.CharField(max_length=300, help_text="As readers see it.")
    source_url = models.CharField(max_length=500, blank=True)
    read_on = models.DateField()
    state = models.CharField(max_length=9, choices=FigureState.choices, default=FigureState.PROPOSED)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[FigureQuerySet] = manager_of(FigureQuerySet)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(unit__in=FigureUnit.values), name="figure_unit"),
            models.CheckConstraint(condition=Q(qualifier__in=Qualifier.values), name="figure_qualifier"),
            models.CheckConstraint(condition=Q(period_from__lte=F("period_until")), name="figure_period_in_order"),
            models.CheckConstraint(
                condition=~Q(state__in=(FigureState.APPROVED, FigureState.REPLACED))
                | (Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("proposed_by"))),
                name="figure_four_eyes",
            ),
            models.UniqueConstraint(fields=("slug",), condition=Q(state=FigureState.PROPOSED), name="figure_one_proposal"),
            models.UniqueConstraint(fields=("slug",), condition=Q(state=FigureState.APPROVED), name="figure_one_approved"),
        )
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.ReadOnly(
                name="values_fixed", fields=[name.removesuffix("_id") for name in VALUES] + ["proposed_by", "proposed_at"]
            ),
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
        )

    def __str__(self) -> str:
        return self.slug

    def values(self) -> dict[str, object]:
        """Return the columns that are fixed, by name."""
        return {name: getattr(self, name) for name in VALUES}

    def require_area(self, by: User) -> None:
        """Raise NotYourCountry unless the person works on the country that it counts, and on that of the figure before it."""
        before = Figure.objects.last_approved(self.slug)
        require_country(by, *(figure_area(figure.country_id) for figure in (self, before) if figure is not None))

    def approve(self, *, by: User, at: datetime) -> None:
        """Let readers get it from the next release, in place of an older one; SecondPersonRequired for the proposer."""
        roles.require_approver(by, APPROVE)
        self.require_area(by)
        if by.pk == self.proposed_by_id:
            raise SecondPersonRequired("The person who proposed a figure cannot approve it; a second person must.")
        with transaction.atomic():
            for older in Figure.objects.approved().select_for_update().filter(slug=self.slug):
                states.advance(older, FigureState.REPLACED, by=by, at=at)
            states.advance(self, FigureState.APPROVED, by=by, at=at, approved_by=by, approved_at=at)

    def withdraw(self, *, by: User, at: datetime) -> None:
        """Take a proposal back, or an approved figure out of the next release."""
        if by.pk != self.proposed_by_id:
            roles.require(by, APPROVE)
            require_country(by, figure_area(self.country_id))
        states.advance(self, FigureState.WITHDRAWN, by=by, at=at)
