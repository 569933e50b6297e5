"""Which helpline a text names where the service that it named is no longer there."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from content.resolver.types import PackedService
from content.terms import WORLDWIDE, Role


def substitute_helpline(services: Iterable[PackedService], audiences: Collection[str]) -> PackedService | None:
    """Return the helpline that takes the most situations and audiences, the country's own first; None where there is none.

    It must be for all of the `audiences`. A helpline with an age limit is never chosen: the text around its name was written
    for readers of any age.
    """
    helplines = [
        service
        for service in services
        if Role.HELPLINE in service["roles"]
        and service["eligibility"]["min_age"] is None
        and service["eligibility"]["max_age"] is None
        and set(audiences) <= set(service["audiences"])
    ]
    return min(
        helplines,
        key=lambda s: (s["country"] == WORLDWIDE, -len(s["situations"]), -len(s["audiences"]), s["id"]),
        default=None,
    )
