"""The rules for a short-term notice of a service, when it is proposed and again when it is approved."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from content.linting.web_address import url_faults
from content.terms import NoticeKind, Role

if TYPE_CHECKING:
    from content.models.service_notice import ServiceNotice

#: Days from the proposal within which a notice ends. Whatever lasts longer is a change of the service.
MAX_DAYS_AHEAD = 31
#: Days before the proposal at which a notice may have begun.
MAX_DAYS_BACK = 1


def notice_faults(notice: ServiceNotice, *, positions: frozenset[int], served: bool, at: datetime) -> list[str]:
    """Return one sentence for each rule that the notice breaks at the instant `at`.

    `positions` are those of the service's channels; `served` says that the service is neither retired nor withdrawn.
    """
    faults = []
    if not served:
        faults.append("This service is retired or withdrawn, so no reader would see a notice for it.")
    if Role.EMERGENCY in notice.service.roles:
        faults.append("An emergency number cannot have notices: nothing may keep a reader from calling it.")
    if notice.kind not in NoticeKind.values:
        faults.append(f"There is no notice of the kind {notice.kind!r}.")
    if notice.kind == NoticeKind.CHANNEL_DOWN:
        if notice.position not in positions:
            faults.append("Choose which of the service's channels does not work.")
    elif notice.position is not None:
        faults.append("Only the notice that a channel does not work can name a channel.")
    return faults + _time_faults(notice, at) + url_faults(notice.source)


def _time_faults(notice: ServiceNotice, at: datetime) -> list[str]:
    faults = []
    if notice.until_at <= notice.from_at:
        faults.append("The end must be after the beginning.")
    if notice.until_at <= at:
        faults.append("The end must not be in the past.")
    if notice.until_at > notice.proposed_at + timedelta(days=MAX_DAYS_AHEAD):
        faults.append(f"A notice must end within {MAX_DAYS_AHEAD} days. If the change lasts longer, edit the service.")
    if notice.from_at < notice.proposed_at - timedelta(days=MAX_DAYS_BACK):
        faults.append("The beginning must not be more than a day ago.")
    return faults
