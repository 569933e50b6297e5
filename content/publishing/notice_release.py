"""Approve and end short-term notices; readers get either at once, by a release that changes one service's notices alone."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from content.compiling.snapshot import read_notices
from content.models import Release, ServiceNotice
from content.models.service_notice import APPROVE, PROPOSE, NoticeState
from content.publishing.notices import with_notices
from content.publishing.publish import give_packs, lock_published, packs_offering, publish
from core import roles, states
from core.errors import SecondPersonRequired
from core.models import User


def approve_notice(notice: ServiceNotice, *, by: User, at: datetime) -> Release | None:
    """Approve the notice as a second person and publish it at once.

    Return the release that carries it, or None where no published pack changes; it is then in the next release. Raises
    SecondPersonRequired for the person who proposed it, Invalid with `faults` where it breaks a rule by now.
    """
    roles.require(by, APPROVE)
    if by.pk == notice.proposed_by_id:
        raise SecondPersonRequired("The person who proposed a notice cannot approve it; a second person must.")
    with transaction.atomic():
        notice.check_rules(at=at)
        states.advance(notice, NoticeState.APPROVED, by=by, at=at, approved_by=by, approved_at=at)
        return _publish_notices(notice.service_id, by=by, at=at)


def end_notice(notice: ServiceNotice, *, by: User, at: datetime) -> Release | None:
    """End the notice before its time and remove it from the published packs; one person may, because nothing is added."""
    roles.require(by, PROPOSE)
    with transaction.atomic():
        states.advance(notice, NoticeState.ENDED, by=by, at=at, ended_by=by, ended_at=at)
        return _publish_notices(notice.service_id, by=by, at=at)


def _publish_notices(service: str, *, by: User, at: datetime) -> Release | None:
    """Publish the current packs with the notices that hold now; None where no published pack changes.

    That is so before the first release, where no pack offers the service, and where a pack has no words for the kind.
    """
    current = lock_published()
    if current is None:
        return None
    notices = read_notices(at.astimezone(UTC).date())
    held = packs_offering(service).filter(release_packs__release=current).distinct()
    patched = {pack.pk: body for pack in held if (body := with_notices(pack.body, notices)) != pack.body}
    if not patched:
        return None
    release = Release.objects.create(
        compiled_by=by,
        compiled_at=at,
        base=current,
        report={"findings": [], "blocked": current.report.get("blocked", []), "notices": service},
    )
    give_packs(release, current.release_packs.values_list("country_id", "locale_id", "pack_id"), patched)
    # Two people decided on the notice, or one on its end, and its words were approved before: the system may publish it.
    publish(release, by=User.objects.system(), at=at)
    return release
