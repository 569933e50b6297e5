"""The filters of HSDS on the list of services, which a harvester uses to read a part of it or what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.dateparse import parse_datetime

from api.http.fields import Instant, PatternText, StrictSerializer
from content.exporting.hsds import HsdsService
from content.exporting.hsds_ids import identifier

UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_MAX_SEARCH = 80


def search_field(help_text: str) -> PatternText:
    """Return a field for words to look for in names."""
    return PatternText(rf"[^\x00-\x1f]{{1,{_MAX_SEARCH}}}", max_length=_MAX_SEARCH, required=False, help_text=help_text)


class FilterQuery(StrictSerializer):
    """Which services to return; a service has to meet every filter.

    `search` looks at names alone: a description says what happened to somebody, which belongs in no URL.
    """

    search = search_field("Words of the name of the service or its organization, in any case and order.")
    taxonomy_term_id = PatternText(UUID, max_length=36, required=False, help_text="Services that have this term.")
    taxonomy_id = PatternText(UUID, max_length=36, required=False, help_text="Services that have a term of this taxonomy.")
    organization_id = PatternText(UUID, max_length=36, required=False, help_text="Services of this organization.")
    modified_after = Instant(
        required=False,
        help_text="Services whose entry was changed at this instant or later, and those of which that is not known.",
    )


#: The names of the filters.
FILTERS: Final = frozenset(FilterQuery().fields)


def matches(whole: HsdsService, last_modified: str | None, wanted: Mapping[str, Any]) -> bool:
    """Return whether a service meets every filter of the query; `whole` is its entry with everything that belongs to it."""
    attributes = whole.get("attributes", [])
    return (
        has_words(f"{whole['name']} {whole['organization']['name']}", wanted.get("search", ""))
        and _has(wanted.get("taxonomy_term_id"), {str(attribute["taxonomy_term_id"]) for attribute in attributes})
        and _has(wanted.get("taxonomy_id"), {identifier("taxonomy", str(attribute["link_type"])) for attribute in attributes})
        and _has(wanted.get("organization_id"), {whole["organization_id"]})
        and _is_changed(last_modified, wanted)
    )


def has_words(name: str, search: str) -> bool:
    """Return whether the name holds every word of a search, in any case and order."""
    folded = name.casefold()
    return all(word in folded for word in search.casefold().split())


def _has(wanted: str | None, found: set[str]) -> bool:
    return wanted is None or wanted in found


def _is_changed(last_modified: str | None, wanted: Mapping[str, Any]) -> bool:
    if "modified_after" not in wanted or last_modified is None:
        return True
    changed = parse_datetime(last_modified)
    return changed is None or bool(changed >= wanted["modified_after"])
