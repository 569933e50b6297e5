"""The filters of HSDS on the list of services, which a harvester uses to read a part of it or what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

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


class Searched(NamedTuple):
    """What the filters look at in a service, made once for each release: a search must not take long over every service."""

    #: Its own name and its organization's, casefolded.
    names: str
    terms: frozenset[str]
    taxonomies: frozenset[str]
    organization: str

    @classmethod
    def of(cls, whole: HsdsService) -> Searched:
        """Return it of an entry with everything that belongs to it."""
        attributes = whole.get("attributes", [])
        return cls(
            f"{whole['name']} {whole['organization']['name']}".casefold(),
            frozenset(str(attribute["taxonomy_term_id"]) for attribute in attributes),
            frozenset(identifier("taxonomy", str(attribute["link_type"])) for attribute in attributes),
            str(whole["organization_id"]),
        )

    def matches(self, changed: datetime | None, wanted: Mapping[str, Any]) -> bool:
        """Return whether the service meets every filter of the query; `changed` is its last change, where that is known."""
        term, taxonomy, organization = (wanted.get(f"{name}_id") for name in ("taxonomy_term", "taxonomy", "organization"))
        return (
            (term is None or term in self.terms)
            and (taxonomy is None or taxonomy in self.taxonomies)
            and organization in (None, self.organization)
            and (changed is None or "modified_after" not in wanted or bool(changed >= wanted["modified_after"]))
            and ("search" not in wanted or _has_words(self.names, wanted["search"]))
        )


def has_words(name: str, search: str) -> bool:
    """Return whether the name holds every word of a search, in any case and order."""
    return _has_words(name.casefold(), search)


def _has_words(folded: str, search: str) -> bool:
    return all(word in folded for word in search.casefold().split())
