"""Our apps, each with its Firebase project and its push mode."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q, Value

from core.querysets import manager_of


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

    objects: ClassVar[AppQuerySet] = manager_of(AppQuerySet)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(condition=Q(push_mode__in=PushMode.values), name="app_push_mode"),
            models.CheckConstraint(condition=~Q(name="all"), name="app_name_is_not_all"),
        )

    def __str__(self) -> str:
        return self.title

    def mode_in(self, country: str) -> PushMode:
        """Return the push mode of this app in a country."""
        return PushMode(self.mode_by_country.get(country, self.push_mode))
