"""Bring a notice to readers, or take it from them, at once: by a release that changes the notices of one service alone."""

from __future__ import annotations

from datetime import UTC, datetime

from content.compiling.snapshot import read_notices
from content.models import Release
from content.publishing.notices import with_notices
from content.publishing.withdrawal import give_packs, holding, locked_current
from core.models import User


def bring(service: str, *, by: User, at: datetime) -> Release | None:
    """Publish the present packs with the notices of the service as they stand now.

    Call it in the transaction that approves or ends one. None where no published pack would change: nothing is published yet,
    the service is in no pack, or the pack has no words for the kind.
    """
    current = locked_current()
    if current is None:
        return None
    notices = read_notices(at.astimezone(UTC).date())
    held = holding(service).filter(release_packs__release=current).distinct()
    mended = {pack.pk: body for pack in held if (body := with_notices(pack.body, notices)) != pack.body}
    if not mended:
        return None
    release = Release.objects.create(
        compiled_by=by,
        compiled_at=at,
        base=current,
        report={"findings": [], "blocked": current.report.get("blocked", []), "notices": service},
    )
    give_packs(release, current.release_packs.values_list("country_id", "locale_id", "pack_id"), mended)
    # Two people decided on the notice, or one on its end, and its words were approved before: nothing here is new to anybody.
    release.publish(by=User.objects.system(), at=at)
    return release
