"""Record what an author changes in a campaign: each field with its value before and after, in the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypedDict

from core import audit
from core.audit_verbs import Verb
from core.instants import rfc3339
from core.models import User
from notifications.models.campaign import Campaign


class FieldChange(TypedDict):
    """One changed field; a text has the path `words.<locale>.<outer or inner>.<title or body>`."""

    field: str
    before: Any
    after: Any


def record_written(campaign: Campaign, *, by: User, at: datetime) -> None:
    """Record a new draft with all its texts."""
    changes = list(_differences({}, {"words": campaign.words}))
    audit.record(by=by, verb=Verb.CAMPAIGN_WRITTEN, row=campaign, at=at, name=campaign.name, changes=changes)


def record_edit(stored: Campaign, columns: Mapping[str, Any], *, by: User, at: datetime) -> None:
    """Record what `columns`, the new values, change in a stored draft; nothing where they are the same."""
    before = {name: getattr(stored, name) for name in columns}
    if changes := list(_differences(before, columns)):
        audit.record(by=by, verb=Verb.CAMPAIGN_EDITED, row=stored, at=at, name=stored.name, changes=changes)


def record_deleted(campaign: Campaign, *, by: User, at: datetime) -> None:
    """Record that a draft is deleted, with its last texts, in the transaction that deletes it."""
    changes = list(_differences({"words": campaign.words}, {}))
    audit.record(by=by, verb=Verb.CAMPAIGN_DELETED, row=campaign, at=at, name=campaign.name, changes=changes)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[FieldChange]:
    old, new = dict(_values(before)), dict(_values(after))
    for field in sorted({*old, *new}):
        if old.get(field) != new.get(field):
            yield {"field": field, "before": old.get(field), "after": new.get(field)}


def _values(columns: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each value as JSON, and each text of the words by itself."""
    for name, value in columns.items():
        if name == "words":
            yield from _texts("words", value)
        elif isinstance(value, datetime):
            yield name, rfc3339(value)
        elif isinstance(value, Campaign):
            yield name, value.pk
        else:
            yield name, value


def _texts(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inside in value.items():
            yield from _texts(f"{path}.{name}", inside)
    else:
        yield path, value
