"""A candidate release that a second person approved to be published at a given time."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q

from content.models.release import Release
from core.audit_verbs import Verb
from core.models import User
from core.querysets import manager_of
from core.states import Edge, Lifecycle


class ScheduleState(models.TextChoices):
    """The states of a scheduled publication."""

    WAITING = "waiting"
    PUBLISHED = "published"
    CANCELLED = "cancelled"
    #: When its time came, the release could not be published any more.
    REFUSED = "refused"


LIFECYCLE = Lifecycle(
    model="content.ScheduledPublication",
    states=ScheduleState,
    initial=ScheduleState.WAITING,
    edges=[
        Edge(ScheduleState.WAITING, ScheduleState.PUBLISHED, Verb.PUBLICATION_CARRIED_OUT, "the release is published"),
        Edge(ScheduleState.WAITING, ScheduleState.CANCELLED, Verb.PUBLICATION_CANCELLED, "a publisher cancels it"),
        Edge(ScheduleState.WAITING, ScheduleState.REFUSED, Verb.PUBLICATION_REFUSED, "the release is stale by then"),
    ],
)

#: The person who compiled a release never approves it; the release itself is in another table.
_SECOND_PERSON = """
    IF EXISTS (SELECT 1 FROM content_release r WHERE r.number = NEW.release_id AND r.compiled_by_id = NEW.approved_by_id) THEN
        RAISE EXCEPTION 'a second person approves a release' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class ScheduledPublicationQuerySet(models.QuerySet["ScheduledPublication"]):
    """Find scheduled publications."""

    def waiting(self) -> ScheduledPublicationQuerySet:
        """Filter those whose time has not come, or that nobody has carried out yet."""
        return self.filter(state=ScheduleState.WAITING)

    def due(self, *, at: datetime) -> ScheduledPublicationQuerySet:
        """Filter those whose time has come, in the order of their times."""
        return self.waiting().filter(publish_at__lte=at).order_by("publish_at", "pk")

    def unresolved_refusals(self) -> ScheduledPublicationQuerySet:
        """Filter those that were refused, and after which nothing has been compiled yet."""
        newest = Release.objects.order_by("-number").values("number")[:1]
        return self.filter(state=ScheduleState.REFUSED, release=models.Subquery(newest))


class ScheduledPublication(models.Model):
    """A release, its time, and who approved both."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="schedules")
    publish_at = models.DateTimeField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField()
    state = models.CharField(max_length=9, choices=ScheduleState.choices, default=ScheduleState.WAITING)
    ended_at = models.DateTimeField(null=True, blank=True)
    detail = models.TextField(blank=True, help_text="Why it was refused.")

    objects: ClassVar[ScheduledPublicationQuerySet] = manager_of(ScheduledPublicationQuerySet)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("release",), condition=Q(state=ScheduleState.WAITING), name="scheduledpublication_one_waits"
            ),
            models.CheckConstraint(condition=Q(publish_at__gt=F("approved_at")), name="scheduledpublication_in_the_future"),
        )
        triggers = (
            LIFECYCLE.trigger(),
            pgtrigger.Trigger(name="second_person", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_SECOND_PERSON),
            pgtrigger.ReadOnly(name="approved_once", fields=["release", "publish_at", "approved_by", "approved_at"]),
        )

    def __str__(self) -> str:
        return f"Release {self.release_id} at {self.publish_at}"
