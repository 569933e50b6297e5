"""docs/resolver.md is complete: a resolver that was written from it alone makes the same plans."""

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
from tests import reference_resolver
from tests.content.resolver.test_resolver_properties import instants, many_examples, queries
from tests.content.resolver.test_resolver_vectors import random_instant, random_query
from tests.examples import examples
from tests.packs import Packs

PACKS = read_packs()
#: What services of random packs are made of, so that every rule of the document is combined with every other.
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


def test_the_reference_agrees_with_every_vector() -> None:
    assert reference_resolver.differences(VECTORS.parent) == []


def test_a_vector_with_another_answer_is_reported(tmp_path: Any) -> None:
    for name in ("resolver-packs.json", "resolver-vectors.json"):
        text = (VECTORS.parent / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(
            text.replace('"why": ["emergency", "national"', '"why": ["national", "emergency"', 1), encoding="utf-8"
        )

    assert len(reference_resolver.differences(tmp_path)) == 1


@pytest.mark.parametrize("part", range(4))
def test_both_make_the_same_plans_of_the_fixed_packs(part: int) -> None:
    rng = random.Random(f"fixed {part}")

    for _ in range(examples(1_000)):
        name = rng.choice(sorted(PACKS))
        assert_same_plan(PACKS[name], random_query(rng, name), random_instant(rng))


@pytest.mark.parametrize("part", range(4))
def test_both_make_the_same_plans_of_random_packs(part: int) -> None:
    rng = random.Random(f"shaken {part}")

    for _ in range(examples(100)):
        instant = random_instant(rng)
        pack = random_pack(rng, instant)
        for _ in range(10):
            near = instant + timedelta(minutes=rng.randrange(-4_000, 4_000))
            assert_same_plan(pack, random_query(rng, "GB"), rng.choice([near, random_instant(rng)]))


@pytest.mark.django_db
@many_examples
@given(query=queries, at=instants)
def test_both_make_the_same_plans_of_the_real_packs(real_packs: Packs, query: Query, at: datetime) -> None:
    pack = real_packs.get((query.country, "en")) or real_packs["ZZ", "en"]

    assert_same_plan(pack, query, at)


def assert_same_plan(pack: Any, query: Query, at: datetime) -> None:
    """Compare every field of the steps, the tips, and the channels of each named service."""
    given = asdict(query) | {"languages": list(query.languages)}

    plan = resolve(pack, query, at)
    expected = reference_resolver.plan(pack, given, at.isoformat())

    assert expected == plain(plan), (query, at)
    for service in plan.services.values():
        in_pack = next(s for s in pack["services"] if s["id"] == service["id"])
        assert reference_resolver.channels(pack, in_pack, given) == service["channels"], (query, service["id"])


def random_pack(rng: random.Random, instant: datetime) -> Any:
    """Make a pack of a dozen services with random fields, and notices around the instant."""
    services = [_random_service(rng, name, instant) for name in ["platform-snapchat", "platform-tiktok", *"abcdefghij"]]
    retired = [
        {"id": service["id"], "successor": rng.choice([None, "platform-tiktok", "c"])}
        for service in services
        if rng.random() < 0.05
    ]
    return {**PACKS["rules"], "services": services, "retired": retired}


def _random_service(rng: random.Random, name: str, instant: datetime) -> dict[str, Any]:
    low, high = rng.choice(LIMITS)
    roles = _some(rng, ROLES, 1, 2)
    situations = rng.choice([list(Situation.values), _some(rng, Situation.values, 1, 5)])
    return {
        "id": name,
        "country": rng.choice(["GB", "GB", "ZZ", "IN"]),
        "regions": rng.choice([[], [], ["GB-WLS"], ["GB-ENG", "GB-WLS"]]),
        "area": rng.choice([None, None, ["GB", "FR"], ["FR"]]),
        "roles": roles,
        "removal_power": rng.choice([None, None, "order", "request"]),
        "audiences": rng.choice([list(Audience.values), _some(rng, Audience.values, 1, 2)]),
        "situations": situations,
        "named_situations": _some(rng, situations, 0, 2),
        "eligibility": {"min_age": low, "max_age": high, "age_measured": rng.choice(["now", "image-taken"])},
        "languages": rng.choice([None, [], ["en"], ["cy", "en-GB"], ["pt-PT"]]),
        "zone": rng.choice(ZONES),
        "assured_until": rng.choice([None, "2026-06-01"]),
        "channels": [_random_channel(rng, position) for position in range(rng.choice([0, 1, 1, 2, 3]))],
        "notices": [_random_notice(rng, instant) for _ in range(rng.choice([0, 0, 1, 2, 3]))],
    }


def _random_notice(rng: random.Random, instant: datetime) -> dict[str, Any]:
    kind = rng.choice(NoticeKind.values)
    begins = instant + timedelta(minutes=rng.choice([rng.randrange(-3_000, 3_000), 60 * rng.randrange(-50, 50)]))
    until = begins + timedelta(minutes=rng.choice([30, 240, 720, 1_440, 4_000]))
    period = {"from": begins.isoformat(timespec="seconds"), "until": until.isoformat(timespec="seconds")}
    return {"kind": kind, "position": rng.choice([0, 1]) if kind == NoticeKind.CHANNEL_DOWN else None, **period}


def _random_channel(rng: random.Random, position: int) -> dict[str, Any]:
    return {
        "position": position,
        "type": rng.choice(["phone", "phone", "sms", "chat", "url", "email"]),
        "situations": rng.choice([None, None, None, _some(rng, Situation.values, 1, 4)]),
        "hours": rng.choice(HOURS),
        "zone": rng.choice(ZONES),
        "cost": rng.choice(["free", "free", "unknown"]),
        "anonymous": rng.choice([None, True, False]),
        "needs_voice": rng.choice([True, False]),
    }


def _some(rng: random.Random, values: Iterable[str], least: int, most: int) -> list[str]:
    pool = list(values)
    return rng.sample(pool, rng.randint(least, min(most, len(pool))))
