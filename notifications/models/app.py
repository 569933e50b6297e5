"""Our apps, each with its Firebase project and its push mode."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, Value

from core.errors import Invalid
from core.querysets import manager_of
from notifications.models.app_rules import ONLY_APPROVED


class PushMode(models.TextChoices):
    """How an app receives alerts, and what is stored for that."""

    #: An address for each installation.
    REGISTRATIONS = "registrations"
    #: Nothing: the app subscribes itself to topics.
    TOPICS = "topics"
    #: Nothing: the app reads the feed.
    FEED = "feed"


class AppQuerySet(models.QuerySet["App"]):
    """Find apps."""

    def named(self, names: list[str], *, actual: bool) -> AppQuerySet:
        """Return those named; "all" means every app for readers or, for an alert that is not Actual, every test app."""
        return self.filter(test=not actual) if names == ["all"] else self.filter(name__in=names)


class App(models.Model):
    """One app with its Firebase project. Installations of a `test` app are the only test devices there are."""

    name = models.SlugField(max_length=40, primary_key=True)
    title = models.CharField(max_length=80)
    project = models.CharField(max_length=60, help_text="Firebase project id.")
    push_mode = models.CharField(max_length=13, choices=PushMode.choices, default=PushMode.FEED)
    mode_by_country = models.JSONField(default=dict, blank=True, help_text="Exceptions: country code to mode.")
    basis_for_teens = models.JSONField(
        default=dict,
        db_default=Value({}, models.JSONField()),
        blank=True,
        help_text="Country code to the reference of the recorded legal basis on which addresses of teenagers are stored there.",
    )
    test = models.BooleanField(default=False, help_text="Its installations are test devices.")
    revision = models.OneToOneField(
        "notifications.AppRevision",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        help_text="The newest approved one; unset: the app is as it was created.",
    )

    objects: ClassVar[AppQuerySet] = manager_of(AppQuerySet)

    class Meta:
        ordering = ("name",)
        permissions = (("administer_apps", "Can propose and approve how apps receive alerts and whose addresses they store"),)
        constraints = (
            models.CheckConstraint(condition=Q(push_mode__in=PushMode.values), name="app_push_mode"),
            models.CheckConstraint(condition=~Q(name="all"), name="app_name_is_not_all"),
        )
        triggers = (ONLY_APPROVED,)

    def __str__(self) -> str:
        return self.title

    def mode_in(self, country: str) -> PushMode:
        """Return the push mode of this app in a country."""
        return PushMode(self.mode_by_country.get(country, self.push_mode))

    def facts_with(
        self, countries: Iterable[str], *, mode: str | None = None, basis: dict[str, str] | None = None, no_basis: bool = False
    ) -> dict[str, Any]:
        """Return the facts of an AppRevision that changes these in the countries, or in the app as a whole without one.

        None leaves a fact as it is. A legal basis is recorded for countries alone.
        """
        places = sorted(set(countries))
        modes, bases = {**self.mode_by_country}, {**self.basis_for_teens}
        for country in places:
            if mode is not None:
                modes[country] = mode
            if basis is not None:
                bases[country] = basis
            if no_basis:
                bases.pop(country, None)
        if not places and (basis is not None or no_basis):
            raise Invalid("Countries: choose those that the legal basis is for.", code="countries", field="countries")
        if basis is not None and no_basis:
            raise Invalid("Enter a legal basis or remove it, not both.", code="basis", field="basis")
        push_mode = mode if mode is not None and not places else self.push_mode
        return {"push_mode": push_mode, "mode_by_country": modes, "basis_for_teens": bases}
