"""Services (HSDS): helplines, hotlines, police reports, removal tools."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q

from content.linting.service import service_faults
from content.linting.tokens import tokens
from content.models.country import Country
from content.models.organization import Organization
from content.terms import AgeMeasured, Audience, Confidence, Role, Situation
from core import audit, roles
from core.audit_verbs import Verb
from core.errors import Invalid
from core.models import User
from core.querysets import manager_of

#: The facts that `amend` can change. Name, country and roles come from a file; channels change by ChannelRevision.
AMENDED = frozenset(
    {
        "audiences", "situations", "general", "regions", "area", "min_age", "max_age", "age_measured", "languages", "zone",
        "status", "successor_id", "notes",
    }
)  # fmt: skip


class Status(models.TextChoices):
    """The status of an HSDS service, with the values of the standard."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily closed"


class ServiceQuerySet(models.QuerySet["Service"]):
    """Find services."""

    def active(self) -> ServiceQuerySet:
        """Filter those that are in service."""
        return self.filter(status=Status.ACTIVE)

    def named_in(self, text: str) -> frozenset[str]:
        """Return the ids of the services that tokens in the text name, as far as they exist."""
        named = {token.name for token in tokens(text) if token.kind == "service"}
        return frozenset(self.filter(pk__in=named).values_list("pk", flat=True)) if named else frozenset()

    def dialled_among(self, numbers: Iterable[str]) -> frozenset[str]:
        """Return those of the numbers that people dial or send a message to, in any country, proposed ones included."""
        wanted = set(numbers)
        if not wanted:
            return frozenset()
        found: set[str] = set()
        for name in ("address", "dial"):
            channel, revision = f"channels__{name}", f"channelrevisions__{name}"
            found.update(self.filter(**{f"{channel}__in": wanted}).values_list(channel, flat=True))
            proposed = self.filter(**{f"{revision}__in": wanted, "channelrevisions__state": "proposed"})
            found.update(proposed.values_list(revision, flat=True))
        return frozenset(found) & wanted


class Service(models.Model):
    """One service under its official name. Its texts are units, its numbers and addresses are channels."""

    id = models.SlugField(max_length=80, primary_key=True)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="services")
    name = models.CharField(max_length=200)
    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="services")
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
    successor = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="predecessors")

    # Provenance, for staff only: it is never in a pack.
    confidence = models.CharField(max_length=22, choices=Confidence.choices)
    source = models.CharField(max_length=500, blank=True)
    more_sources = ArrayField(models.CharField(max_length=500), default=list, blank=True)
    source_kind = models.CharField(max_length=10, blank=True)
    source_year = models.PositiveSmallIntegerField(null=True, blank=True)
    compiled_on = models.DateField(null=True, blank=True, help_text="When the entry was compiled; not a live check.")
    notes = models.TextField(blank=True)
    needs_before_launch = ArrayField(models.CharField(max_length=200), default=list, blank=True)

    objects: ClassVar[ServiceQuerySet] = manager_of(ServiceQuerySet)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(roles__contained_by=Role.values) & ~Q(roles=[]), name="service_roles"),
            models.CheckConstraint(
                condition=Q(audiences__contained_by=Audience.values) & ~Q(audiences=[]), name="service_audiences"
            ),
            models.CheckConstraint(
                condition=Q(situations__contained_by=Situation.values) & (Q(general=True) | ~Q(situations=[])),
                name="service_situations",
            ),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="service_status"),
            models.CheckConstraint(condition=Q(confidence__in=Confidence.values), name="service_confidence"),
            models.CheckConstraint(
                condition=Q(min_age=None) | Q(max_age=None) | Q(min_age__lte=models.F("max_age")), name="service_ages_in_order"
            ),
            models.CheckConstraint(
                # Without knowing when an age counts, a tool for adults could be offered to a child.
                condition=(Q(min_age=None) & Q(max_age=None)) | Q(age_measured__in=AgeMeasured.values),
                name="service_age_is_measured",
            ),
            models.CheckConstraint(condition=Q(area=None) | Q(country_id="ZZ"), name="service_area_is_for_worldwide"),
        )

    def __str__(self) -> str:
        return self.name

    def amend(self, *, by: User, at: datetime, **facts: Any) -> None:
        """Change facts that are in AMENDED.

        Readers get the changes with the next release. Files that are loaded later do not overwrite them. Raises Invalid for
        other facts, and with `faults` where the changed service breaks a rule.
        """
        roles.require(by, "content.assure_channel")
        if unknown := sorted(facts.keys() - AMENDED):
            raise Invalid(f"These facts cannot be changed here: {', '.join(unknown)}.", code="not-amended")
        with transaction.atomic():
            stored = Service.objects.select_for_update(of=("self",)).get(pk=self.pk)
            changed = {name: value for name, value in facts.items() if getattr(stored, name) != value}
            for name, value in changed.items():
                setattr(stored, name, value)
            faults = service_faults(stored, countries=set(Country.objects.values_list("code", flat=True)), statuses=Status.values)
            if (
                stored.successor_id is not None
                and not Service.objects.exclude(pk=self.pk).filter(pk=stored.successor_id).exists()
            ):
                faults.append("The successor must be another existing service.")
            if faults:
                raise Invalid(" ".join(faults), code="service", faults=faults)
            if not changed:
                return
            Service.objects.filter(pk=self.pk).update(**changed)
            audit.record(by=by, verb=Verb.SERVICE_CHANGED, row=self, at=at, **changed)
        self.refresh_from_db()
