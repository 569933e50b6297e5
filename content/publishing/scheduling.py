"""Publish an approved candidate at a given time: a second person approves it now, and the system publishes it then."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from content.models import Release, ScheduledPublication
from content.models.release import ReleaseState
from content.models.scheduled_publication import ScheduleState
from content.publishing.confirmation import require_confirmed
from content.publishing.publish import PERMISSION, publish, require_publishable
from core import audit, roles, states
from core.audit_verbs import Verb
from core.errors import Conflict, DomainError, Invalid, NotFound
from core.models import User

#: A candidate is of one day's checks; a later release would hold numbers whose check expired in the meantime.
MAX_AHEAD = timedelta(days=14)


class AlreadyScheduled(Conflict):
    """This release has a time to be published already. Cancel that first."""

    code = "scheduled"


def schedule(release: Release, *, publish_at: datetime, by: User, at: datetime) -> ScheduledPublication:
    """Approve the candidate as a second person, to be published at `publish_at` (aware).

    Raises what `publish` raises now, AlreadyScheduled, and Invalid for a time that has passed or is too far ahead.
    """
    roles.require_approver(by, PERMISSION)
    if not at < publish_at <= at + MAX_AHEAD:
        raise Invalid(f"Enter a time within the next {MAX_AHEAD.days} days.", code="publish-at")
    with transaction.atomic():
        if release.state != ReleaseState.CANDIDATE:
            raise Conflict("Only a candidate can be scheduled.", code="state")
        require_publishable(release, by=by)
        require_confirmed(release, by=by)
        try:
            with transaction.atomic():
                scheduled = ScheduledPublication.objects.create(
                    release=release, publish_at=publish_at, approved_by=by, approved_at=at
                )
        except IntegrityError:
            raise AlreadyScheduled() from None
        audit.record(by=by, verb=Verb.PUBLICATION_SCHEDULED, row=release, at=at, publish_at=publish_at.isoformat())
    return scheduled


def cancel(release: Release, *, by: User, at: datetime) -> None:
    """Cancel the scheduled publication of the release; one person may, because nothing changes for readers."""
    roles.require(by, PERMISSION)
    with transaction.atomic():
        scheduled = ScheduledPublication.objects.select_for_update().waiting().filter(release=release).first()
        if scheduled is None:
            raise NotFound(f"Release {release.number} has no time to be published.")
        states.advance(scheduled, ScheduleState.CANCELLED, by=by, at=at, ended_at=at)


def publish_due(*, at: datetime) -> bool:
    """Publish the next release whose time has come; return whether there was one.

    Where it cannot be published any more, the schedule is refused with the reason and nothing changes for readers.
    """
    with transaction.atomic():
        scheduled = (
            ScheduledPublication.objects.due(at=at)
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("release", "approved_by")
            .first()
        )
        if scheduled is None:
            return False
        try:
            with transaction.atomic():
                publish(scheduled.release, by=scheduled.approved_by, at=at)
        except DomainError as error:
            states.advance(scheduled, ScheduleState.REFUSED, by=User.objects.system(), at=at, ended_at=at, detail=error.detail)
        else:
            states.advance(scheduled, ScheduleState.PUBLISHED, by=User.objects.system(), at=at, ended_at=at)
    return True
