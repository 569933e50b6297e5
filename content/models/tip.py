"""What a reader in panic reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from content.terms import Audience, Situation
from core import roles, states
from core.models import User
from core.states import Edge, Lifecycle


class TipKind(models.TextChoices):
    """A tip is for its situations and audiences; a notice is in every pack."""

    TIP = "tip"
    NOTICE = "notice"


class TipState(models.TextChoices):
    """Whether the tip is compiled."""

    CURRENT = "current"
    RETIRED = "retired"


LIFECYCLE = Lifecycle(
    model="content.Tip",
    states=TipState,
    initial=TipState.CURRENT,
    edges=[
        Edge(TipState.CURRENT, TipState.RETIRED, "retire", "it is left out of the next release"),
        Edge(TipState.RETIRED, TipState.CURRENT, "bring back", "it is compiled again"),
    ],
)


class TipQuerySet(models.QuerySet["Tip"]):
    """Find tips."""

    def current(self) -> TipQuerySet:
        """Those that are compiled."""
        return self.filter(state=TipState.CURRENT)


class Tip(models.Model):
    """For whom a tip is, and which units it is made of; its words are those units."""

    slug = models.SlugField(max_length=60, primary_key=True, help_text="Neutral: it never names a situation.")
    kind = models.CharField(max_length=6, choices=TipKind.choices, default=TipKind.TIP)
    audiences = ArrayField(models.CharField(max_length=10, choices=Audience.choices))
    situations = ArrayField(models.CharField(max_length=20, choices=Situation.choices), default=list, blank=True)
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True, help_text="Empty: all.")
    order = models.PositiveSmallIntegerField(default=100)
    #: Numbers of the step units in the order shown: a step put in between takes a new number, so no target moves.
    do_now = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    do_not = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    state = models.CharField(max_length=7, choices=TipState.choices, default=TipState.CURRENT)

    objects: ClassVar[TipQuerySet] = TipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("order", "slug")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=TipKind.values), name="tip_kind"),
            models.CheckConstraint(condition=Q(audiences__contained_by=Audience.values) & ~Q(audiences=[]), name="tip_audiences"),
            models.CheckConstraint(condition=Q(situations__contained_by=Situation.values), name="tip_situations"),
        )
        triggers = (LIFECYCLE.trigger(),)

    def __str__(self) -> str:
        return self.slug

    @property
    def owner(self) -> str:
        """The owner label of its units."""
        return f"tip:{self.slug}"

    def keys(self) -> Iterator[tuple[str, str]]:
        """Yield (field, unit key) in reading order; the fields are title, short, do_now, do_not and more."""
        yield "title", f"tip.{self.slug}.title"
        yield "short", f"tip.{self.slug}.short"
        for number in self.do_now:
            yield "do_now", f"tip.{self.slug}.do-now.{number}"
        for number in self.do_not:
            yield "do_not", f"tip.{self.slug}.do-not.{number}"
        yield "more", f"tip.{self.slug}.more"

    def retire(self, *, by: User, at: datetime) -> None:
        """Leave it out of the next release."""
        roles.require(by, "content.edit_words")
        states.advance(self, TipState.RETIRED, by=by, at=at)

    def bring_back(self, *, by: User, at: datetime) -> None:
        """Compile it again."""
        roles.require(by, "content.edit_words")
        states.advance(self, TipState.CURRENT, by=by, at=at)
