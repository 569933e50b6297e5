"""Questions that are alike get the same plan, and a pack tells few of them apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings

from content.resolver.alike import alike
from content.resolver.resolve import Query, resolve
from tests.content.resolver.test_resolver_properties import OWN, instants, queries
from tests.packs import Packs

pytestmark = pytest.mark.django_db

#: The real packs, outside the arguments: hypothesis would write out all of them at a failure.
held: dict[tuple[str, str], Any] = {}


@pytest.fixture(autouse=True, scope="module")
def _hold(real_packs: Packs) -> None:
    held.update(real_packs)


@settings(max_examples=2000, deadline=None)
@given(query=queries, at=instants)
def test_the_plainest_question_gets_the_plan_of_the_one_that_was_asked(query: Query, at: datetime) -> None:
    pack = held[query.country if query.country in OWN else "ZZ", "en"]

    assert resolve(pack, alike(pack).plainest(query), at) == resolve(pack, query, at)


def test_a_million_ages_and_sites_are_few_questions() -> None:
    apart = alike(held["GB", "en"])

    asked = {
        apart.plainest(Query("GB", f"situation-{n % 7}", age=n % 121, age_in_image=n % 90, site=f"site-{n}"))
        for n in range(20_000)
    }

    assert len(asked) < 100


def test_what_a_pack_does_tell_apart_stays() -> None:
    apart = alike(held["GB", "en"])

    told = Query("GB", "blackmail", region="GB-WLS", age=18, site="snapchat", languages=("cy-GB", "EN"), can_speak=False)
    plainest = apart.plainest(told)

    assert (plainest.situation, plainest.region, plainest.age, plainest.site) == ("blackmail", "GB-WLS", 18, "snapchat")
    assert plainest.languages == ("cy", "en")
    assert apart.plainest(Query("GB", "blackmail", age=17)).age != plainest.age
    assert apart.plainest(Query("GB", "blackmail")).age is None
