"""Why a step names its service: the codes that a pack's labels put into words."""

from __future__ import annotations

from collections.abc import Iterable

from content.resolver.candidates import ADULT, Candidate, is_anonymous, is_free, voice_only
from content.resolver.types import PackedService, Query

#: A service with a higher upper limit is one for young adults, not one for under-18s. Childline's "under 19" still is one.
_CHILD_LIMIT = 18


def reasons(c: Candidate, step: str, query: Query) -> tuple[str, ...]:
    """Return the codes of the reasons why the step names this candidate."""
    codes = [
        "platform" if step == "tell-the-platform" else coverage(c.service),
        "your-situation" if c.serves else None,
        age_code(c.service) if c.age_fit != "no-rule" and _age_code_is_true(c.service, query) else None,
        "crisis-line" if c.crisis_line and step == "talk" else None,
        "directory" if c.directory and step == "talk" else None,
        "orders-removal" if step == "take-down" and c.service.get("removal_power") == "order" else None,
        "free" if is_free(c.service) else None,
        "anonymous" if is_anonymous(c.service) else None,
        "without-voice" if query.can_speak is False and not voice_only(c.service) else None,
        *language_codes(c.language, query),
    ]
    return tuple(code for code in codes if code is not None)


def emergency_reasons(service: PackedService, language: int | None, query: Query) -> tuple[str, ...]:
    """Return the codes of the reasons for an emergency service; `language` is its rank (see `language_rank`)."""
    free = ("free",) if is_free(service) else ()
    return ("emergency", coverage(service), *free, *language_codes(language, query))


def coverage(service: PackedService) -> str:
    """Return the code that says where the service works.

    A worldwide service that works in some countries only, such as another country's emergency number, serves this country.
    """
    if service["country"] == "ZZ" and service.get("area") is None:
        return "worldwide"
    return "regional" if service["regions"] else "national"


def language_codes(rank: int | None, query: Query) -> tuple[str, ...]:
    """Return the code that says whether a language is shared; none where that is not known."""
    if rank is None:
        return ()
    return ("your-language",) if rank < len(query.languages) else ("other-language",)


def age_code(service: PackedService) -> str | None:
    """Return the code for the age rule of the service, or None where no code fits it."""
    rule = service["eligibility"]
    moment = "in-image" if rule["age_measured"] == "image-taken" else "now"
    if rule["min_age"] is not None and rule["min_age"] >= ADULT:
        return f"adult-{moment}"
    if rule["max_age"] is not None and rule["max_age"] <= _CHILD_LIMIT:
        return f"under-18-{moment}"
    return None


def conditions(offered: Iterable[Candidate]) -> dict[str, str]:
    """Return by service id the age code that the reader has to judge, where the age that counts is not known."""
    return {c.id: code for c in offered if c.age_fit == "unknown" and (code := age_code(c.service)) is not None}


def _age_code_is_true(service: PackedService, query: Query) -> bool:
    """Return whether the code is true of the age given, if any: an 18-year-old may call Childline, but is not under 18."""
    age = query.age_in_image if service["eligibility"]["age_measured"] == "image-taken" else query.age
    return age is None or (age >= ADULT) == (age_code(service) or "").startswith("adult")
