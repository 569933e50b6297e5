"""What happened to a campaign, in order: decisions of people, what the product did, and what slowed it down."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from core.audit_verbs import Verb
from core.models import AuditEntry
from core.models.user import SYSTEM_NAME
from notifications.campaigns.progress_history import note_kind
from notifications.models.campaign import Campaign
from notifications.models.progress_sample import ProgressSample

#: Entries of a timeline at most; the latest are kept.
MAX_ENTRIES = 200


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened."""

    at: datetime
    #: What happened, without the name of the person.
    text: str
    #: Who did it; "" for the product itself.
    by: str = ""
    reason: str = ""


def timeline(campaign: Campaign) -> list[TimelineEntry]:
    """Return what happened to a campaign since its last submission, the earliest first."""
    since = campaign.submitted_at or campaign.created_at
    until = campaign.finished_at
    everything = Q(verb__in=(Verb.SENDING_STOPPED, Verb.SENDING_RESUMED))
    if until is not None:
        everything &= Q(at__lte=until)
    own = Q(model="notifications.Campaign", row=str(campaign.pk))
    entries = AuditEntry.objects.filter(own | everything, at__gte=since).select_related("by").order_by("-at", "-id")
    found = [
        TimelineEntry(
            entry.at, str(Verb(entry.verb).label) if entry.verb in Verb.values else entry.verb,
            "" if entry.by.username == SYSTEM_NAME else entry.by.username, str(entry.details.get("reason", "")),
        )
        for entry in reversed(entries[:MAX_ENTRIES])
    ]  # fmt: skip
    found += _notes(campaign)
    return sorted(found, key=lambda entry: entry.at)[-MAX_ENTRIES:]


def _notes(campaign: Campaign) -> list[TimelineEntry]:
    """Return what the campaign waited for, each time that it changed."""
    found, last = [], ""
    for at, note in ProgressSample.objects.filter(campaign=campaign).order_by("at").values_list("at", "note"):
        kind = note_kind(note)
        if note and kind != last:
            found.append(TimelineEntry(at, note))
        last = kind if note else ""
    return found
