"""docs/resolver.md is enough to make plans by: a resolver written from it alone answers every question as ours does."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from content.resolver.resolve import resolve
from content.resolver.types import Query
from content.resolver.vectors import VECTORS, plain, read_packs
from content.terms import Audience, NoticeKind, Situation
from tests import reference_resolver as book
from tests.content.resolver.test_resolver_properties import every_case, instants, queries
from tests.content.resolver.test_resolver_vectors import random_instant, random_query
from tests.packs import Packs

PACKS = read_packs()
#: What services of shaken packs are made of: every rule of the document meets every other, real or not.
ROLES = ["emergency", "helpline", "police-report", "hotline-csam-report", "image-removal", "platform-report", "advice"]
HOURS = [
    *(
        None,
        "",
        "24/7",
        "24/7 off",
        "Mo-Su 00:00-24:00",
        "Mo-Su 09:00-23:00",
        "22:00-06:00",
        "Mo-Fr 09:00-17:00",
        "Mo-Fr 20:00-04:00",
    ),
    *("Sa-Su 10:00-12:00; Mo-Su 08:00-09:00", "Mo-Su 10:00-12:00, Sa 14:00-16:00", "Mo-Fr 09:00-17:00; PH off"),
    *("Mo-Fr 08:00-20:00; Sa-Su,PH 09:00-17:00", "Mo-Su,PH 10:00-20:00", 'Mo-Su 09:00-17:00 "by appointment"'),
    *("09:00-12:00 unknown, 12:00-17:00", "whenever we can"),
]
ZONES = [None, "Europe/London", "Pacific/Auckland", "Asia/Kolkata", "America/New_York", "Nowhere/At-all"]
LIMITS = [
    (None, None),
    (None, 16),
    (None, 17),
    (None, 18),
    (None, 25),
    (18, None),
    (16, None),
    (13, 17),
    (13, 25),
    (18, 30),
    (5, 12),
]


def test_every_vector_is_answered_by_the_book() -> None:
    assert book.differences(VECTORS.parent) == []


def test_a_vector_that_says_otherwise_is_told(tmp_path: Any) -> None:
    for name in ("resolver-packs.json", "resolver-vectors.json"):
        text = (VECTORS.parent / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(
            text.replace('"why": ["emergency", "national"', '"why": ["national", "emergency"', 1), encoding="utf-8"
        )

    assert len(book.differences(tmp_path)) == 1


@pytest.mark.parametrize("part", range(4))
def test_both_make_the_same_plans_of_the_fixed_packs(part: int) -> None:
    dice = random.Random(f"fixed {part}")

    for _ in range(1_000):
        name = dice.choice(sorted(PACKS))
        assert_same_plan(PACKS[name], random_query(dice, name), random_instant(dice))


@pytest.mark.parametrize("part", range(4))
def test_both_make_the_same_plans_of_packs_that_mix_every_rule(part: int) -> None:
    dice = random.Random(f"shaken {part}")

    for _ in range(100):
        moment = random_instant(dice)
        pack = shaken(dice, moment)
        for _ in range(10):
            near = moment + timedelta(minutes=dice.randrange(-4_000, 4_000))
            assert_same_plan(pack, random_query(dice, "GB"), dice.choice([near, random_instant(dice)]))


@pytest.mark.django_db
@every_case
@given(query=queries, at=instants)
def test_both_make_the_same_plans_of_the_real_packs(real_packs: Packs, query: Query, at: datetime) -> None:
    pack = real_packs.get((query.country, "en")) or real_packs["ZZ", "en"]

    assert_same_plan(pack, query, at)


def assert_same_plan(pack: dict[str, Any], query: Query, at: datetime) -> None:
    """Compare every field of the steps, the tips, and the channels of each service that is named."""
    told = asdict(query) | {"languages": list(query.languages)}

    ours = resolve(pack, query, at)
    theirs = book.plan(pack, told, at.isoformat())

    assert theirs == plain(ours), (query, at)
    for service in ours.services.values():
        in_pack = next(s for s in pack["services"] if s["id"] == service["id"])
        assert book.channels(in_pack, told) == service["channels"], (query, service["id"])


def shaken(dice: random.Random, moment: datetime) -> dict[str, Any]:
    """Make a pack of a dozen services in which anything goes with anything, with notices about the moment."""
    services = [_shaken_service(dice, name, moment) for name in ["platform-snapchat", "platform-tiktok", *"abcdefghij"]]
    retired = [{"id": service["id"], "successor": None} for service in services if dice.random() < 0.05]
    return {**PACKS["rules"], "services": services, "retired": retired}


def _shaken_service(dice: random.Random, name: str, moment: datetime) -> dict[str, Any]:
    low, high = dice.choice(LIMITS)
    roles = _some(dice, ROLES, 1, 2)
    situations = dice.choice([list(Situation.values), _some(dice, Situation.values, 1, 5)])
    return {
        "id": name,
        "country": dice.choice(["GB", "GB", "ZZ", "IN"]),
        "regions": dice.choice([[], [], ["GB-WLS"], ["GB-ENG", "GB-WLS"]]),
        "area": dice.choice([None, None, ["GB", "FR"], ["FR"]]),
        "roles": roles,
        "audiences": dice.choice([list(Audience.values), _some(dice, Audience.values, 1, 2)]),
        "situations": situations,
        "named_situations": _some(dice, situations, 0, 2),
        "eligibility": {"min_age": low, "max_age": high, "age_measured": dice.choice(["now", "image-taken"])},
        "languages": dice.choice([None, [], ["en"], ["cy", "en-GB"], ["pt-PT"]]),
        "zone": dice.choice(ZONES),
        "assured_until": dice.choice([None, "2026-06-01"]),
        "channels": [_shaken_channel(dice, place) for place in range(dice.choice([0, 1, 1, 2, 3]))],
        "notices": [_shaken_notice(dice, moment) for _ in range(dice.choice([0, 0, 1, 2, 3]))],
    }


def _shaken_notice(dice: random.Random, moment: datetime) -> dict[str, Any]:
    kind = dice.choice(NoticeKind.values)
    begins = moment + timedelta(minutes=dice.choice([dice.randrange(-3_000, 3_000), 60 * dice.randrange(-50, 50)]))
    until = begins + timedelta(minutes=dice.choice([30, 240, 720, 1_440, 4_000]))
    said = {"from": begins.isoformat(timespec="seconds"), "until": until.isoformat(timespec="seconds")}
    return {"kind": kind, "position": dice.choice([0, 1]) if kind == NoticeKind.CHANNEL_DOWN else None, **said}


def _shaken_channel(dice: random.Random, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "type": "phone",
        "hours": dice.choice(HOURS),
        "zone": dice.choice(ZONES),
        "cost": dice.choice(["free", "free", "unknown"]),
        "anonymous": dice.choice([None, True, False]),
        "needs_voice": dice.choice([True, False]),
    }


def _some(dice: random.Random, values: Iterable[str], least: int, most: int) -> list[str]:
    pool = list(values)
    return dice.sample(pool, dice.randint(least, min(most, len(pool))))
