"""The rules for a short-term notice of a service, when it is proposed and again when it is approved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from content.linting.channel import address_faults
from content.terms import NoticeKind, Role

if TYPE_CHECKING:
    from content.models.service_notice import ServiceNotice

#: Days ahead that a notice can end: what lasts longer is no notice but a change of the service.
MOST_DAYS = 31
#: Days that it may have been going on when somebody writes it down.
BEGAN_DAYS = 1


def notice_faults(notice: ServiceNotice, *, positions: frozenset[int], served: bool, at: datetime) -> list[str]:
    """Return one sentence for each rule that the notice breaks at the instant `at`.

    `positions` are those of the service's channels; `served` says that it has neither retired nor been withdrawn.
    """
    faults = []
    if not served:
        faults.append("This service has retired or was taken away: nobody gets to read a notice of it.")
    if Role.EMERGENCY in notice.service.roles:
        faults.append("An emergency number has no notices: nothing may keep a reader from calling it.")
    if notice.kind not in NoticeKind.values:
        faults.append(f"There is no notice of the kind {notice.kind!r}.")
    if notice.kind == NoticeKind.CHANNEL_DOWN:
        if notice.position not in positions:
            faults.append("Say which of the service's channels does not work.")
    elif notice.position is not None:
        faults.append("Only a channel that does not work is named; the other kinds are about the whole service.")
    if notice.until_at <= notice.from_at:
        faults.append("It ends after it begins.")
    if notice.until_at <= at:
        faults.append("It cannot end in the past.")
    if notice.until_at > notice.proposed_at + timedelta(days=MOST_DAYS):
        faults.append(f"A notice ends within {MOST_DAYS} days; what lasts longer is a change of the service.")
    if notice.from_at < notice.proposed_at - timedelta(days=BEGAN_DAYS):
        faults.append("It cannot begin more than a day ago.")
    return faults + address_faults(notice.source)
