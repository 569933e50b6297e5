"""What the checks of its channels say of a service."""

from __future__ import annotations

from content.compiling.channel_parts import service_assurance
from content.resolver.types import PackedAssurance


def check(checked_on: str | None, assured_until: str | None, *, assured: bool = True) -> PackedAssurance:
    return {"assured": assured, "checked_on": checked_on, "assured_until": assured_until}


def test_the_earliest_dates_of_the_channels_are_those_of_the_service() -> None:
    found = service_assurance([check("2026-11-02", "2027-01-31"), check("2026-11-01", "2027-02-01")])

    assert found == check("2026-11-01", "2027-01-31")


def test_a_channel_that_was_never_checked_leaves_the_service_without_dates() -> None:
    found = service_assurance([check("2026-11-02", "2027-01-31"), check(None, None, assured=False)])

    assert found == check(None, None, assured=False)


def test_an_expired_channel_makes_the_service_unassured_and_keeps_the_dates() -> None:
    found = service_assurance([check("2026-11-02", "2027-01-31"), check("2026-01-01", "2026-04-01", assured=False)])

    assert found == check("2026-01-01", "2026-04-01", assured=False)
