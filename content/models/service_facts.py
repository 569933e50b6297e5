"""The columns that a service and its revisions share: what it is, whom it helps, where and when."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from content.terms import AgeMeasured, Audience, Confidence, Role, Situation

#: The columns that only an approved revision can change in a service.
FACTS: tuple[str, ...] = (
    "organization_id",
    "name",
    "country_id",
    "regions",
    "area",
    "roles",
    "audiences",
    "situations",
    "general",
    "min_age",
    "max_age",
    "age_measured",
    "languages",
    "zone",
    "status",
    "successor_id",
    "confidence",
    "source",
)


class Status(models.TextChoices):
    """The status of an HSDS service, with the values of the standard."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily closed"


class ServiceFacts(models.Model):
    """Everything of a service that decides whether, where and to whom it is shown, and under which name."""

    organization = models.ForeignKey("content.Organization", on_delete=models.PROTECT, related_name="%(class)ss")
    name = models.CharField(max_length=200)
    country = models.ForeignKey("content.Country", on_delete=models.PROTECT, related_name="%(class)ss")
    regions = ArrayField(models.CharField(max_length=6), default=list, blank=True, help_text="ISO 3166-2; empty: all.")
    area = ArrayField(
        models.CharField(max_length=2),
        null=True,
        blank=True,
        help_text="Countries that a worldwide service works in; unset: everywhere; empty: nowhere, until a person enters them.",
    )
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices))
    audiences = ArrayField(models.CharField(max_length=10, choices=Audience.choices))
    situations = ArrayField(
        models.CharField(max_length=20, choices=Situation.choices),
        default=list,
        blank=True,
        help_text="Those that the service names itself.",
    )
    general = models.BooleanField(default=False, help_text="Takes on every situation.")
    min_age = models.PositiveSmallIntegerField(null=True, blank=True)
    max_age = models.PositiveSmallIntegerField(null=True, blank=True)
    age_measured = models.CharField(max_length=11, choices=AgeMeasured.choices, blank=True)
    languages = ArrayField(models.CharField(max_length=35), null=True, blank=True, help_text="Unset: not known.")
    zone = models.CharField(max_length=40, blank=True, help_text="IANA time zone of the hours.")
    status = models.CharField(max_length=18, choices=Status.choices, default=Status.ACTIVE)
    successor = models.ForeignKey("content.Service", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confidence = models.CharField(max_length=22, choices=Confidence.choices)
    source = models.CharField(max_length=500, blank=True, help_text="Where the facts were read; never shown to readers.")

    class Meta:
        abstract = True
        constraints: ClassVar[tuple[models.BaseConstraint, ...]] = (
            models.CheckConstraint(condition=Q(roles__contained_by=Role.values) & ~Q(roles=[]), name="%(class)s_roles"),
            models.CheckConstraint(
                condition=Q(audiences__contained_by=Audience.values) & ~Q(audiences=[]), name="%(class)s_audiences"
            ),
            models.CheckConstraint(
                condition=Q(situations__contained_by=Situation.values) & (Q(general=True) | ~Q(situations=[])),
                name="%(class)s_situations",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="%(class)s_status"),
            models.CheckConstraint(condition=Q(confidence__in=Confidence.values), name="%(class)s_confidence"),
            models.CheckConstraint(
                condition=Q(min_age=None) | Q(max_age=None) | Q(min_age__lte=models.F("max_age")), name="%(class)s_ages_in_order"
            ),
            models.CheckConstraint(
                # Without knowing when an age counts, a tool for adults could be offered to a child.
                condition=(Q(min_age=None) & Q(max_age=None)) | Q(age_measured__in=AgeMeasured.values),
                name="%(class)s_age_is_measured",
            ),
            models.CheckConstraint(condition=Q(area=None) | Q(country_id="ZZ"), name="%(class)s_area_is_for_worldwide"),
        )

    def facts(self) -> dict[str, Any]:
        """Return the values of FACTS by column."""
        return {name: getattr(self, name) for name in FACTS}
