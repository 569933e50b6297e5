"""The columns that a tip and its revisions share: who reads the tip, where, at which place, and with which steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value

from content.terms import AgeMeasured, Audience, Situation

#: The columns that only an approved revision can change in a tip. Beside them it changes `state`, here `tip_state`.
FACTS: tuple[str, ...] = (
    "kind",
    "audiences",
    "situations",
    "countries",
    "min_age",
    "max_age",
    "age_measured",
    "order",
    "order_in",
    "do_now",
    "do_not",
    "more",
)


class TipKind(models.TextChoices):
    """Tips are for situations and audiences; notices are in every pack."""

    TIP = "tip"
    NOTICE = "notice"


class TipState(models.TextChoices):
    """The states of a tip."""

    CURRENT = "current"
    RETIRED = "retired"


class TipFacts(models.Model):
    """Who a tip is for, and which of its steps are shown."""

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

    more = models.BooleanField(
        default=True, db_default=True, help_text="Whether the text “more” is shown, once it is written and approved."
    )

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(condition=Q(kind__in=TipKind.values), name="%(class)s_kind"),
            models.CheckConstraint(
                condition=Q(audiences__contained_by=Audience.values) & ~Q(audiences=[]), name="%(class)s_audiences"
            ),
            models.CheckConstraint(condition=Q(situations__contained_by=Situation.values), name="%(class)s_situations"),
            models.CheckConstraint(
                condition=Q(min_age=None) | Q(max_age=None) | Q(min_age__lte=models.F("max_age")), name="%(class)s_ages_in_order"
            ),
            models.CheckConstraint(
                # An age that nobody says how to measure would let a text reach readers that it is not true for.
                condition=(Q(min_age=None) & Q(max_age=None)) | Q(age_measured__in=AgeMeasured.values),
                name="%(class)s_age_is_measured",
            ),
        )

    def values(self) -> dict[str, Any]:
        """Return the values of FACTS by column."""
        return {name: getattr(self, name) for name in FACTS}


#: The field of the short title. A tip may have none: the unit is written where it is needed, and no fact says so.
SHORT_TITLE = "short_title"


def unit_keys(slug: str, do_now: list[int], do_not: list[int], *, more: bool) -> Iterator[tuple[str, str]]:
    """Yield (field, unit key) in reading order.

    The fields are title, short_title, short, do_now, do_not and, where it is shown, more.
    """
    yield "title", f"tip.{slug}.title"
    yield SHORT_TITLE, short_title_key(slug)
    yield "short", f"tip.{slug}.short"
    for number in do_now:
        yield "do_now", f"tip.{slug}.do-now.{number}"
    for number in do_not:
        yield "do_not", f"tip.{slug}.do-not.{number}"
    if more:
        yield "more", f"tip.{slug}.more"


def short_title_key(slug: str) -> str:
    """Return the key of the unit with the short title of a tip."""
    return f"tip.{slug}.short-title"
