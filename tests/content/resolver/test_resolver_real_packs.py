"""Plans on the real packs, where the services matter."""

from __future__ import annotations

from typing import Any

import pytest

from content.resolver.resolve import resolve
from content.resolver.types import Query
from content.terms import Situation
from tests.make import NOON
from tests.packs import Packs


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (
            {"country": "GB", "age": 15, "region": "GB-WLS", "site": "snapchat", "languages": ("cy", "en")},
            {
                "danger-now": "gb-emergency-999",
                "talk": "gb-childline",
                "report": "gb-ceop-safety-centre",
                "take-down": "gb-report-remove",
                "tell-the-platform": "platform-snapchat",
            },
        ),
        (
            {"country": "GB", "age": 15, "audience": "parent"},
            {"report": "gb-ceop-safety-centre", "take-down": "gb-report-remove", "talk": "gb-nspcc-helpline"},
        ),
        ({"country": "GB", "age": 19, "age_in_image": 16}, {"report": "gb-police-101", "take-down": "zz-take-it-down"}),
        ({"country": "US", "age": 16}, {"report": "us-ncmec-cybertipline", "take-down": "zz-take-it-down"}),
        ({"country": "FR"}, {"take-down": "fr-3018", "report": "fr-17cyber"}),
        ({"country": "IN"}, {"talk": "in-child-helpline-1098", "report": "in-cybercrime-portal"}),
        ({"country": "GB", "situation": "csam-seen", "audience": "bystander"}, {"report": "gb-iwf-report"}),
        ({"country": "GB", "situation": "hacked-account", "audience": "parent"}, {"report": "gb-police-101"}),
        ({"country": "US", "situation": "self-harm-risk", "audience": "parent"}, {"talk": "us-988-lifeline"}),
    ],
)
def test_real_packs_lead_to_the_right_services(real_packs: Packs, fields: dict[str, Any], expected: dict[str, str]) -> None:
    query = Query(**{"situation": "blackmail", **fields})

    plan = resolve(real_packs[query.country, "en"], query, NOON)

    assert {s.step: s.service for s in plan.steps if s.step in expected} == expected


@pytest.mark.django_db
def test_112_is_offered_only_in_the_european_union(real_packs: Packs) -> None:
    worldwide = real_packs["ZZ", "en"]

    assert resolve(worldwide, Query("PT", "blackmail"), NOON).steps[0].service == "zz-eu-112"
    # It works in some countries, so nobody is told that it can be used from any.
    assert "national" in resolve(worldwide, Query("PT", "blackmail"), NOON).steps[0].why
    assert resolve(worldwide, Query("JP", "blackmail"), NOON).steps[0].service is None


@pytest.mark.django_db
def test_116_111_is_not_offered_until_its_area_is_entered(real_packs: Packs) -> None:
    for country in ("PT", "DE", "JP"):
        pack_of = real_packs["DE" if country == "DE" else "ZZ", "en"]
        for situation in Situation.values:
            assert "zz-eu-116111" not in resolve(pack_of, Query(country, situation), NOON).services
