"""Approve and end short-term notices. Readers get either at once: the published packs change in their notices alone."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from content.compiling.snapshot import read_notices
from content.models import Release, ServiceNotice
from content.models.release import ReleaseReason
from content.models.service_notice import APPROVE, PROPOSE, NoticeState
from content.publishing.pack_patch import replace_notices
from content.publishing.publish import publish_patch
from core import roles, states
from core.errors import SecondPersonRequired
from core.models import User


def approve_notice(notice: ServiceNotice, *, by: User, at: datetime) -> Release | None:
    """Approve the notice as a second person and publish it at once.

    Return the release that carries it, or None where no published pack changes; it is then in the next release. Raises
    SecondPersonRequired for the person who proposed it, and Invalid with `faults` where it breaks a rule by now.
    """
    roles.require_approver(by, APPROVE)
    notice.require_area(by)
    if by.pk == notice.proposed_by_id:
        raise SecondPersonRequired("The person who proposed a notice cannot approve it; a second person must.")
    with transaction.atomic():
        notice.check_rules(at=at)
        states.advance(notice, NoticeState.APPROVED, by=by, at=at, approved_by=by, approved_at=at)
        return _publish_notices(notice.service_id, by=by, at=at)


def end_notice(notice: ServiceNotice, *, by: User, at: datetime) -> Release | None:
    """End the notice before its time and remove it from the published packs; one person may, because nothing is added.

    Return the release without it, or None where no published pack held it.
    """
    roles.require(by, PROPOSE)
    notice.require_area(by)
    with transaction.atomic():
        states.advance(notice, NoticeState.ENDED, by=by, at=at, ended_by=by, ended_at=at)
        return _publish_notices(notice.service_id, by=by, at=at)


def _publish_notices(service: str, *, by: User, at: datetime) -> Release | None:
    """Publish the packs that offer the service with the notices that hold now."""
    patch = replace_notices(read_notices(at.astimezone(UTC).date()))
    return publish_patch(patch, services=[service], reason=ReleaseReason.NOTICE, by=by, at=at)
