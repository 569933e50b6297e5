"""Which questions a pack tells apart: all that are alike get the same plan, so it is made once for all of them.

A query holds more than a pack can tell: every age between two limits, every site that is not listed, every region that no
service is of. Where the resolver learns to look at something new, so must this; a property test compares the two.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from content.resolver.candidates import ADULT
from content.resolver.types import Query

#: No region, site or situation of a pack.
_NOWHERE = "-"


@dataclass(frozen=True, slots=True)
class Alike:
    """What one pack tells apart."""

    #: Ages at which something changes, from 0 up.
    ages: tuple[int, ...]
    regions: frozenset[str]
    services: frozenset[str]
    situations: frozenset[str]

    def plainest(self, query: Query) -> Query:
        """Return the query that stands for all that are answered as this one is."""
        return replace(
            query,
            situation=query.situation if query.situation in self.situations else _NOWHERE,
            region=query.region if query.region is None or query.region in self.regions else _NOWHERE,
            age=self._from(query.age),
            age_in_image=self._from(query.age_in_image),
            site=query.site if query.site is None or f"platform-{query.site}" in self.services else _NOWHERE,
            languages=tuple(tag.split("-")[0].lower() for tag in query.languages),
        )

    def _from(self, age: int | None) -> int | None:
        return None if age is None else self.ages[bisect_right(self.ages, age) - 1]


def alike(pack: Mapping[str, Any]) -> Alike:
    """Read from a pack what it tells apart."""
    services = pack["services"]
    rules = [service["eligibility"] for service in services]
    begin = {rule["min_age"] for rule in rules if rule["min_age"] is not None}
    end = {rule["max_age"] + 1 for rule in rules if rule["max_age"] is not None}
    return Alike(
        ages=tuple(sorted({0, ADULT, *begin, *end})),
        regions=frozenset(region for service in services for region in service["regions"]),
        services=frozenset(service["id"] for service in services),
        situations=frozenset(pack["labels"]["situations"]),
    )
