"""What a person has typed at a task and not saved, kept on the server, and who has which task open.

Nothing typed is lost when a session ends or a browser closes; a colleague sees that somebody is at the same task.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from core.models import User
from notifications.models.campaign import Campaign
from notifications.models.campaign_state import CampaignState
from notifications.models.draft_task import TaskEntry

#: After this long without a sign of life, nobody is at a task any more.
PRESENT = timedelta(minutes=3)
#: Characters of one form that are kept.
MAX_LENGTH = 40_000
#: One statement: a page that is opened costs no transaction.
_OPENED = """
    INSERT INTO notifications_taskentry AS t (campaign_id, place, user_id, seen_at, version, fields)
    VALUES (%s, %s, %s, %s, '', '{}')
    ON CONFLICT (campaign_id, place, user_id) DO UPDATE SET
        seen_at = EXCLUDED.seen_at, version = CASE WHEN t.typed_at IS NULL THEN '' ELSE t.version END
    RETURNING *
"""


def opened(campaign: Campaign, place: str, *, by: User, at: datetime) -> TaskEntry | None:
    """Note that a person has opened a task, and return what they have typed there and not saved."""
    entry = TaskEntry.objects.raw(_OPENED, [campaign.pk, place, by.pk, at])[0]
    return entry if entry.typed_at is not None else None


def keep(campaign: Campaign, place: str, fields: Mapping[str, list[str]], *, from_version: str, by: User, at: datetime) -> bool:
    """Keep what a person has typed; False where the campaign is no longer a draft, the form is too long, or it is saved already.

    A browser sends what is typed by itself, and that may arrive after the form that the same person has saved.
    """
    length = sum(len(name) + len(value) for name, values in fields.items() for value in values)
    if campaign.state != CampaignState.DRAFT or length > MAX_LENGTH or not fields:
        return False
    own = TaskEntry.objects.filter(campaign=campaign, place=place, user=by)
    if from_version and own.filter(typed_at=None, version=from_version).exists():
        return False
    TaskEntry.objects.update_or_create(
        campaign=campaign,
        place=place,
        user=by,
        defaults={"seen_at": at, "typed_at": at, "version": from_version, "fields": dict(fields)},
    )
    return True


def saved(campaign: Campaign, place: str, *, from_version: str, by: User) -> None:
    """Forget what a person had typed at a task, which is saved now; `keep` refuses the version that they started from."""
    TaskEntry.objects.filter(campaign=campaign, place=place, user=by).update(typed_at=None, fields={}, version=from_version)


def discard(campaign: Campaign, place: str, *, by: User) -> None:
    """Forget what a person has typed at a task and not saved."""
    TaskEntry.objects.filter(campaign=campaign, place=place, user=by).update(typed_at=None, fields={})


def others_at(campaign: Campaign, *, by: User, at: datetime) -> list[TaskEntry]:
    """Return the tasks that other people have open now, or have typed at and not saved."""
    entries = TaskEntry.objects.filter(campaign=campaign).exclude(user=by).select_related("user").order_by("place", "user_id")
    return [entry for entry in entries if entry.typed_at is not None or at - entry.seen_at < PRESENT]
