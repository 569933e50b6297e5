"""Tips: what readers are told to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q, Value

from content.linting.service import age_faults
from content.models.country import Country
from content.models.unit import Unit
from content.terms import AgeMeasured, Audience, Situation
from core import audit, roles, states
from core.audit_verbs import Verb
from core.errors import Invalid
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle


class TipKind(models.TextChoices):
    """Tips are for situations and audiences; notices are in every pack."""

    TIP = "tip"
    NOTICE = "notice"


class TipState(models.TextChoices):
    """The states of a tip."""

    CURRENT = "current"
    RETIRED = "retired"


LIFECYCLE = Lifecycle(
    model="content.Tip",
    states=TipState,
    initial=TipState.CURRENT,
    edges=[
        Edge(TipState.CURRENT, TipState.RETIRED, Verb.TIP_RETIRED, "it is left out of the next release"),
        Edge(TipState.RETIRED, TipState.CURRENT, Verb.TIP_RESTORED, "it is compiled again"),
    ],
)


class TipQuerySet(models.QuerySet["Tip"]):
    """Find tips."""

    def current(self) -> TipQuerySet:
        """Filter those that are compiled."""
        return self.filter(state=TipState.CURRENT)


class Tip(models.Model):
    """Who a tip is for, and which of its steps are shown. Its texts are units."""

    slug = models.SlugField(max_length=60, primary_key=True, help_text="Neutral: it never names a situation.")
    kind = models.CharField(max_length=6, choices=TipKind.choices, default=TipKind.TIP)
    audiences = ArrayField(models.CharField(max_length=10, choices=Audience.choices))
    situations = ArrayField(models.CharField(max_length=20, choices=Situation.choices), default=list, blank=True)
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True, help_text="Empty: all.")
    min_age = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Age of the young person; unset: no limit.")
    max_age = models.PositiveSmallIntegerField(null=True, blank=True)
    age_measured = models.CharField(max_length=11, choices=AgeMeasured.choices, blank=True, default="", db_default="")
    order = models.PositiveSmallIntegerField(default=100)
    order_in = models.JSONField(
        default=dict,
        blank=True,
        db_default=Value({}, models.JSONField()),
        help_text="Situation to the order there.",
    )
    #: Numbers of the step units, in the order shown. A new step gets a new number, so that translations keep theirs.
    do_now = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    do_not = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    state = models.CharField(max_length=7, choices=TipState.choices, default=TipState.CURRENT)

    objects: ClassVar[TipQuerySet] = manager_of(TipQuerySet)

    class Meta:
        ordering = ("order", "slug")
        constraints = (
            models.CheckConstraint(condition=Q(kind__in=TipKind.values), name="tip_kind"),
            models.CheckConstraint(condition=Q(audiences__contained_by=Audience.values) & ~Q(audiences=[]), name="tip_audiences"),
            models.CheckConstraint(condition=Q(situations__contained_by=Situation.values), name="tip_situations"),
            models.CheckConstraint(
                condition=Q(min_age=None) | Q(max_age=None) | Q(min_age__lte=models.F("max_age")), name="tip_ages_in_order"
            ),
            models.CheckConstraint(
                # An age that nobody says how to measure would let a text reach readers that it is not true for.
                condition=(Q(min_age=None) & Q(max_age=None)) | Q(age_measured__in=AgeMeasured.values),
                name="tip_age_is_measured",
            ),
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
        """Leave the tip out of the next release."""
        roles.require(by, "content.edit_words")
        states.advance(self, TipState.RETIRED, by=by, at=at)

    def bring_back(self, *, by: User, at: datetime) -> None:
        """Compile the tip again."""
        roles.require(by, "content.edit_words")
        states.advance(self, TipState.CURRENT, by=by, at=at)

    def amend(
        self,
        *,
        audiences: list[str],
        situations: list[str],
        countries: list[str],
        min_age: int | None,
        max_age: int | None,
        age_measured: str,
        order: int,
        do_now: list[int],
        do_not: list[int],
        by: User,
        at: datetime,
    ) -> None:
        """Change who the tip is for, its place among the tips, and which of its steps are shown in which order.

        A step that is left out keeps its texts and can be shown again later.
        Raises Invalid for unknown values and impossible ages.
        """
        roles.require(by, "content.edit_words")
        fields = {
            "audiences": _known(audiences, Audience.values, "audience", needed=True),
            "situations": _known(situations, Situation.values, "situation", needed=self.kind == TipKind.TIP),
            "countries": _known(countries, list(Country.objects.values_list("code", flat=True)), "country"),
            **_age_rule(min_age, max_age, age_measured),
            "order": order,
            "do_now": self._steps("do-now", do_now),
            "do_not": self._steps("do-not", do_not),
        }
        with transaction.atomic():
            before = Tip.objects.select_for_update().get(pk=self.pk)
            changed = {name: value for name, value in fields.items() if getattr(before, name) != value}
            if not changed:
                return
            Tip.objects.filter(pk=self.pk).update(**changed)
            audit.record(by=by, verb=Verb.TIP_CHANGED, row=self, at=at, **changed)
        self.refresh_from_db()

    def add_step(self, part: str, *, text: str, by: User, at: datetime) -> Unit:
        """Write another step at the end of `do-now` or `do-not`, under a number that no step of the part ever had."""
        field = {"do-now": "do_now", "do-not": "do_not"}.get(part)
        if field is None:
            raise Invalid(f"Tips have no part {part}.", code="part")
        with transaction.atomic():
            stored = Tip.objects.select_for_update().get(pk=self.pk)
            number = max(stored._numbers(part), default=0) + 1
            unit = Unit.objects.write(key=f"tip.{self.slug}.{part}.{number}", owner=self.owner, text=text, by=by, at=at)
            steps = [*getattr(stored, field), number]
            Tip.objects.filter(pk=self.pk).update(**{field: steps})
            audit.record(by=by, verb=Verb.TIP_CHANGED, row=self, at=at, **{field: steps})
        self.refresh_from_db()
        return unit

    def _numbers(self, part: str) -> list[int]:
        """Return the numbers of all steps of a part, those that are not shown included."""
        keys = Unit.objects.filter(key__startswith=f"tip.{self.slug}.{part}.").values_list("key", flat=True)
        return [int(key.rsplit(".", 1)[1]) for key in keys]

    def _steps(self, part: str, numbers: list[int]) -> list[int]:
        if len(set(numbers)) != len(numbers) or not set(numbers) <= set(self._numbers(part)):
            raise Invalid(f"Enter the number of each step of {part} once, and no other number.", code="steps")
        return numbers


def _age_rule(min_age: int | None, max_age: int | None, measured: str) -> dict[str, int | str | None]:
    """Return the columns of an age rule, or raise Invalid; without an age, the moment that it is measured at is empty."""
    if faults := age_faults(min_age, max_age, measured):
        raise Invalid(" ".join(faults), code="age")
    has_age = min_age is not None or max_age is not None
    return {"min_age": min_age, "max_age": max_age, "age_measured": measured if has_age else ""}


def _known(chosen: list[str], allowed: list[str], name: str, *, needed: bool = False) -> list[str]:
    """Return the chosen values in the order of the allowed ones; raise Invalid for others, or for none where one is needed."""
    if unknown := sorted(set(chosen) - set(allowed)):
        raise Invalid(f"Unknown {name}: {', '.join(unknown)}.", code=name)
    if needed and not chosen:
        raise Invalid(f"A tip needs at least one {name}.", code=name)
    return [value for value in allowed if value in chosen]
