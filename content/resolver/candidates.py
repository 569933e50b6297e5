"""Who may be offered to a reader at all: by place, by the age that counts, and by what each service is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from content.resolver.types import Query, Service

#: A missing age means under 18: what this reader may be shown must be right for a child.
ADULT = 18
_OLDEST_ASSUMED = ADULT - 1
#: An upper limit above this is a service for young adults, not one for under-18s (Childline's "under 19" still is).
_CHILD_LIMIT = 18

_SELF_HARM = "self-harm-risk"


@dataclass(eq=False, slots=True)
class Candidate:
    """A service that may be offered, and what the rules ask of it.

    Made for each service of each plan, so it is cheap to make: not frozen, and equal to itself alone.
    """

    service: Service
    id: str
    roles: Sequence[str]
    #: Whether it belongs to no country.
    worldwide: bool
    #: By the age rule: met (or none), or "condition" where only the reader can tell.
    fit: str
    #: As `language_place` says.
    language: int | None
    named: bool
    serves: bool
    for_audience: bool

    @property
    def crisis(self) -> bool:
        """Whether it is a crisis line: a helpline that names self-harm-risk itself."""
        return "helpline" in self.roles and _SELF_HARM in self.service["named_situations"]


def in_area(service: Service, query: Query) -> bool:
    """Tell whether the service works where the young person is; one of a region stays while the region is not known."""
    area = service.get("area")
    if area is not None and query.country not in area:
        return False
    return query.region is None or not service["regions"] or query.region in service["regions"]


def candidate(service: Service, query: Query, situation: str) -> Candidate | None:
    """Return the service with what the rules ask of it, or None where its ages leave it out."""
    fit = _fit(service["eligibility"], query)
    if fit == "no":
        return None
    return Candidate(
        service,
        service["id"],
        service["roles"],
        service["country"] == "ZZ",
        fit,
        language_place(service, query),
        # What it says of itself, and what it takes on besides because it helps with everything.
        situation in service["named_situations"],
        situation in service["situations"],
        query.audience in service["audiences"],
    )


def _fit(rule: Mapping[str, Any], query: Query) -> str:
    """Tell whether the ages fit: "none" (no rule), "yes", "no", or "condition" (the reader must judge)."""
    low, high = rule["min_age"], rule["max_age"]
    if low is None and high is None:
        return "none"
    adult_tool = low is not None and low >= ADULT
    if rule["age_measured"] == "image-taken":
        age = query.age_in_image
        if age is None and query.age is not None and query.age >= ADULT:
            # Both tools, each with its condition: nobody else can know how old the picture is.
            return "condition"
    else:
        age = query.age
    if age is None:
        if adult_tool or (high is not None and high < _OLDEST_ASSUMED):
            return "no"
        # Pictures are never younger than the person: under 18 now was under 18 then.
        known = rule["age_measured"] == "image-taken" and query.age is not None
        return "yes" if known else "condition"
    return "yes" if (low is None or age >= low) and (high is None or age <= high) else "no"


def language_place(service: Service, query: Query) -> int | None:
    """Return the place of the first wish that the service speaks, len(wishes) when none, None when not known."""
    spoken = service["languages"]
    if not spoken or not query.languages:
        return None
    have = {tag.split("-")[0].lower() for tag in spoken}
    for place, wish in enumerate(query.languages):
        if wish.split("-")[0].lower() in have:
            return place
    return len(query.languages)


def coverage(service: Service) -> str:
    """Return the reason that says where it works."""
    if service["country"] == "ZZ":
        return "worldwide"
    return "regional" if service["regions"] else "national"


def age_code(service: Service) -> str | None:
    """Return the reason that says its age rule in words, or None where no words fit it."""
    rule = service["eligibility"]
    where = "in-image" if rule["age_measured"] == "image-taken" else "now"
    if rule["min_age"] is not None and rule["min_age"] >= ADULT:
        return f"adult-{where}"
    if rule["max_age"] is not None and rule["max_age"] <= _CHILD_LIMIT:
        return f"under-18-{where}"
    return None


def age_holds(service: Service, query: Query) -> bool:
    """Tell whether the code's own words are true of the ages told (18 fits Childline, but is not under 18)."""
    age = query.age_in_image if service["eligibility"]["age_measured"] == "image-taken" else query.age
    return age is None or (age >= ADULT) == (age_code(service) or "").startswith("adult")


def made_for(c: Candidate, query: Query) -> bool:
    """Tell whether it is for readers like this one: by an age rule, or for this audience alone."""
    return c.fit != "none" or list(c.service["audiences"]) == [query.audience]


def mismatch(c: Candidate, query: Query) -> bool:
    """Tell whether it is known to speak none of the languages."""
    return c.language is not None and c.language >= len(query.languages)


def region_unknown(c: Candidate, query: Query) -> bool:
    """Tell whether it serves a region while the reader's is not known."""
    return query.region is None and bool(c.service["regions"])


def all_free(service: Service) -> bool:
    """Tell whether every channel is known to be free."""
    return all(channel["cost"] == "free" for channel in service["channels"])


def voice_only(service: Service) -> bool:
    """Tell whether one has to speak to reach it."""
    return all(channel["needs_voice"] for channel in service["channels"])
