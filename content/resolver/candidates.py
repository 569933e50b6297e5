"""Which services can be offered to a reader at all: by place and by age, with what the rankings look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from content.resolver.essential_services import is_crisis_line, is_directory
from content.resolver.types import AgeRule, PackedService, Query

#: A missing age means under 18: what is shown then must be right for a child.
ADULT: Final = 18
_OLDEST_MINOR = ADULT - 1
_WORLDWIDE = "ZZ"

#: Language subtags that BCP 47 has deprecated, and those that name the same language in CLDR.
_REPLACED: Final = {"tl": "fil", "iw": "he", "in": "id", "ji": "yi", "jw": "jv", "mo": "ro", "no": "nb"}

#: How a reader's age meets the rule of a service: "unknown" where only the reader can tell.
AgeFit = Literal["no-rule", "met", "not-met", "unknown"]


@dataclass(eq=False, slots=True)
class Candidate:
    """A service that can be offered, with what the rankings look at.

    One is made for each service of each plan, so it must be cheap: it is not frozen, and it equals only itself.
    """

    service: PackedService
    id: str
    roles: Sequence[str]
    worldwide: bool
    age_fit: AgeFit
    #: See `language_rank`.
    language: int | None
    #: The service names the situation itself.
    named: bool
    #: The service takes the situation on, by name or because it takes on all of them.
    serves: bool
    for_audience: bool
    crisis_line: bool
    #: It leads on to helplines, and is none itself.
    directory: bool


def for_situation(service: PackedService, situation: str) -> PackedService:
    """Return the service without the channels that are for other situations."""
    channels = service["channels"]
    for channel in channels:
        if (named := channel.get("situations")) and situation not in named:
            break
    else:
        return service
    return {**service, "channels": [c for c in channels if situation in (c.get("situations") or (situation,))]}


def in_area(service: PackedService, query: Query) -> bool:
    """Return whether the service works where the young person is; a regional one stays while the region is not given."""
    area = service.get("area")
    if area is not None and query.country not in area:
        return False
    return query.region is None or not service["regions"] or query.region in service["regions"]


def candidate(service: PackedService, query: Query) -> Candidate | None:
    """Return the service as a candidate, or None where its age rule excludes the reader."""
    age_fit = fit_of_age(service["eligibility"], query)
    if age_fit == "not-met":
        return None
    return Candidate(
        service,
        service["id"],
        service["roles"],
        service["country"] == _WORLDWIDE,
        age_fit,
        language_rank(service, query),
        query.situation in service["named_situations"],
        query.situation in service["situations"],
        query.audience in service["audiences"],
        "helpline" in service["roles"] and is_crisis_line(service["roles"], service["named_situations"], channel_types(service)),
        "helpline" in service["roles"] and is_directory(service["roles"], service["country"], channel_types(service)),
    )


def fit_of_age(rule: AgeRule, query: Query) -> AgeFit:
    """Return how the young person's ages meet the age rule of a service or a tip."""
    low, high = rule["min_age"], rule["max_age"]
    if low is None and high is None:
        return "no-rule"
    if rule["age_measured"] == "image-taken":
        age = query.age_in_image
        if age is None and query.age is not None and query.age >= ADULT:
            # Only the reader can know how old the image is, so the tools for both ages are offered.
            return "unknown"
    else:
        age = query.age
    if age is None:
        for_adults = low is not None and low >= ADULT
        if for_adults or (high is not None and high < _OLDEST_MINOR):
            return "not-met"
        # Nobody is older in an image than now: under 18 now was under 18 then.
        known = rule["age_measured"] == "image-taken" and query.age is not None
        return "met" if known else "unknown"
    return "met" if (low is None or age >= low) and (high is None or age <= high) else "not-met"


def language_rank(service: PackedService, query: Query) -> int | None:
    """Return the index of the reader's first language that the service speaks.

    It is the number of languages where the service speaks none of them, and None where either side is not known.
    """
    if not service["languages"] or not query.languages:
        return None
    spoken = {primary_language(tag) for tag in service["languages"]}
    for rank, tag in enumerate(query.languages):
        if primary_language(tag) in spoken:
            return rank
    return len(query.languages)


def primary_language(tag: str) -> str:
    """Return the language subtag of a BCP 47 tag, in lower case; a deprecated one as the one that replaced it."""
    language = tag.split("-", maxsplit=1)[0].lower()
    return _REPLACED.get(language, language)


def tailored_to(c: Candidate, query: Query) -> bool:
    """Return whether the service is meant for readers like this one: by an age rule, or for this audience alone."""
    return c.age_fit != "no-rule" or list(c.service["audiences"]) == [query.audience]


def no_shared_language(c: Candidate, query: Query) -> bool:
    """Return whether the service is known to speak none of the reader's languages."""
    return c.language is not None and c.language >= len(query.languages)


def region_not_given(c: Candidate, query: Query) -> bool:
    """Return whether the service is regional while the reader's region is not given."""
    return query.region is None and bool(c.service["regions"])


def channel_types(service: PackedService) -> list[str]:
    """Return the types of the service's channels."""
    return [channel["type"] for channel in service["channels"]]


def is_free(service: PackedService) -> bool:
    """Return whether every channel is known to be free."""
    return all(channel["cost"] == "free" for channel in service["channels"])


def is_anonymous(service: PackedService) -> bool:
    """Return whether one of the channels is known to be anonymous."""
    return any(channel["anonymous"] for channel in service["channels"])


def voice_only(service: PackedService) -> bool:
    """Return whether every channel needs a voice."""
    return all(channel["needs_voice"] for channel in service["channels"])


def unusable(c: Candidate, query: Query) -> bool:
    """Return whether the reader cannot speak and every channel needs a voice."""
    return query.can_speak is False and voice_only(c.service)
